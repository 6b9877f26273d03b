/// Goes through the positions that meet a condition, in order, without looking at those that do not.
///
/// Made of the index's lists: one list, any of several, all of several. Whoever asks gives the position to go on from, and
/// no list is searched further than that takes.
struct PositionCursor {
    private indirect enum Node {
        /// Every position below a number.
        case every(below: Int)
        /// The positions of a list; the number is where in it we are.
        case list(PositionList, at: Int)
        /// The positions of any of these, kept as a heap by where each of them is.
        case any([(next: Int, node: Node)])
        /// The positions that all of these have.
        case all([Node])
    }

    private var node: Node

    /// The first position from `position` on, or nil. Never asked for less than before.
    mutating func first(from position: Int) -> Int? {
        Self.seek(&node, position)
    }

    private static func seek(_ node: inout Node, _ position: Int) -> Int? {
        switch node {
        case .every(let end):
            return position < end ? position : nil
        case .list(let list, let at):
            let found = list.first(from: at, atLeast: position)
            node = .list(list, at: found)
            return found < list.count ? Int(list[found]) : nil
        case .any(var heap):
            // Not copied while it is changed.
            node = .any([])
            defer { node = .any(heap) }
            while let top = heap.first, top.next < position {
                var moved = top.node
                if let next = seek(&moved, position) {
                    heap[0] = (next, moved)
                } else {
                    heap.swapAt(0, heap.count - 1)
                    heap.removeLast()
                }
                sink(&heap)
            }
            return heap.first?.next
        case .all(var nodes):
            node = .all([])
            defer { node = .all(nodes) }
            var candidate = position
            var agreeing = 0
            var turn = 0
            while agreeing < nodes.count {
                guard let next = seek(&nodes[turn], candidate) else { return nil }
                agreeing = next == candidate ? agreeing + 1 : 1
                candidate = next
                turn = (turn + 1) % nodes.count
            }
            return candidate
        }
    }

    private static func sink(_ heap: inout [(next: Int, node: Node)]) {
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].next < heap[least].next {
                least = child
            }
            if least == parent { return }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    private static func any(_ lists: [PositionList]) -> Node {
        if lists.count == 1 { return .list(lists[0], at: lists[0].base) }
        // Sorted, which is a heap.
        let nodes = lists.filter { !$0.isEmpty }.map { (Int($0[$0.base]), Node.list($0, at: $0.base)) }
        return .any(nodes.sorted { $0.0 < $1.0 }.map { (next: $0.0, node: $0.1) })
    }
}

extension PositionCursor {
    /// The names whose lists a cursor goes through.
    struct Lists {
        var streams: ChunkedArray<NameTable.Entry>
        var types: NameTable
        var tags: NameTable
        var eventCount: Int
    }

    /// The positions of the events that a filter means.
    ///
    /// - Parameter limit: an alternative that means the streams of a prefix is left to be checked on the events if they are
    ///   more than this; then positions are among those found that it does not mean.
    init(_ filter: EventFilter, _ lists: Lists, streamLimit limit: Int = .max) {
        let alternatives = filter.alternatives.map { Self.node($0, lists, limit) }
        node =
            alternatives.count == 1
            ? alternatives[0]
            : .any(
                alternatives.compactMap { alternative in
                    var node = alternative
                    return Self.seek(&node, 0).map { (next: $0, node: node) }
                }
                .sorted { $0.next < $1.next }
            )
    }

    private static func node(_ alternative: EventFilter.Alternative, _ lists: Lists, _ limit: Int) -> Node {
        var nodes: [Node] = []
        if !alternative.types.isEmpty || !alternative.typePrefixes.isEmpty {
            nodes.append(any(types(alternative, lists.types)))
        }
        for tag in alternative.tags {
            nodes.append(any(lists.tags.number(of: tag).map { [lists.tags[$0].positions] } ?? []))
        }
        if !alternative.streamPrefix.isEmpty, let streams = streams(alternative.streamPrefix, lists.streams, limit) {
            nodes.append(any(streams))
        }
        return switch nodes.count {
        case 0: .every(below: lists.eventCount)
        case 1: nodes[0]
        default: .all(nodes)
        }
    }

    private static func types(_ alternative: EventFilter.Alternative, _ types: NameTable) -> [PositionList] {
        var numbers = Set(alternative.types.compactMap { types.number(of: $0) })
        if !alternative.typePrefixes.isEmpty {
            for number in 0..<UInt32(types.count) where alternative.matches(type: types[number].name) {
                numbers.insert(number)
            }
        }
        return numbers.sorted().map { types[$0].positions }
    }

    private static func streams(
        _ prefix: String,
        _ streams: ChunkedArray<NameTable.Entry>,
        _ limit: Int
    ) -> [PositionList]? {
        var found: [PositionList] = []
        streams.forEachChunk { entries in
            for entry in entries where found.count <= limit && entry.name.utf8.starts(with: prefix.utf8) {
                found.append(entry.positions)
            }
        }
        return found.count <= limit ? found : nil
    }
}

extension StoreIndex {
    /// What cursors go through. Copies references.
    var lists: PositionCursor.Lists {
        PositionCursor.Lists(streams: streams.all, types: types, tags: tags, eventCount: eventCount)
    }

    /// The first position from `start` on of an event that a filter means and that is not gone.
    func first(_ filter: EventFilter, from start: Int) -> Int? {
        var cursor = PositionCursor(filter, lists)
        var next = start
        while let found = cursor.first(from: next) {
            guard gone.contains(found) else { return found }
            next = found + 1
        }
        return nil
    }
}
