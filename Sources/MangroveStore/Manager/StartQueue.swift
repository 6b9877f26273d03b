/// The stores that are to be started, in the order in which they are: first those that somebody waits for, then by
/// priority, and among equals as they came.
///
/// A store can stand in it more than once; whoever takes it out looks whether it still needs to be started.
struct StartQueue: Sendable {
    /// Where a store stands.
    enum Place: Sendable, Equatable {
        /// Somebody waits for it.
        case asked
        case line(StorePriority)
    }

    /// A line from which the first is taken without moving the rest each time.
    private struct Line: Sendable {
        var ids: [String] = []
        var taken = 0

        mutating func next() -> String? {
            guard taken < ids.count else { return nil }
            defer { taken += 1 }
            if taken >= 64, taken * 2 >= ids.count {
                ids.removeFirst(taken)
                taken = 0
            }
            return ids[taken]
        }
    }

    /// Of those asked for, then of high, normal and low priority.
    private var lines = [Line](repeating: Line(), count: 4)

    /// Whether nobody stands in it.
    var isEmpty: Bool { lines.allSatisfy { $0.taken == $0.ids.count } }

    /// Puts a store at the end of its line.
    mutating func add(_ id: String, _ place: Place) {
        let number =
            switch place {
            case .asked: 0
            case .line(.high): 1
            case .line(.normal): 2
            case .line(.low): 3
            }
        lines[number].ids.append(id)
    }

    /// Takes the next one out.
    mutating func next() -> String? {
        for number in lines.indices {
            if let id = lines[number].next() { return id }
        }
        return nil
    }
}
