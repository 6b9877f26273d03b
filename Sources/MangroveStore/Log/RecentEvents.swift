import Mangrove

/// The events that were committed last, for those who follow the log closely: what they ask for next is here, so that they
/// take no time of the threads that write.
///
/// Kept only while somebody has asked to follow, and bounded in number and bytes. Without gaps: what is here from a place
/// on is all there is from there on.
final class RecentEvents: Sendable {
    private struct State {
        var events: ArraySlice<RecordedEvent> = []
        var bytes = 0
        var isWanted = false
    }

    private static let most = 2_048
    private static let mostBytes = 4 << 20

    private let state = Lock(State())

    /// Somebody follows.
    func want() {
        state.withLock { $0.isWanted = true }
    }

    /// Whether somebody follows.
    var isWanted: Bool { state.withLock { $0.isWanted } }

    /// Adds what was just made durable.
    func add(_ events: [RecordedEvent]) {
        guard let first = events.first else { return }
        state.withLock { state in
            if let last = state.events.last, last.position + 1 != first.position {
                (state.events, state.bytes) = ([], 0)
            }
            state.events += events
            state.bytes += events.reduce(0) { $0 + $1.weight }
            while state.events.count > Self.most || state.bytes > Self.mostBytes, let dropped = state.events.popFirst()
            {
                state.bytes -= dropped.weight
            }
        }
    }

    /// Lets go of all of them.
    func forget() {
        state.withLock { ($0.events, $0.bytes) = ([], 0) }
    }

    /// Up to `count` events from a position on.
    /// - Returns: nil if the one at the position is not here.
    func events(from position: Int, count: Int) -> [RecordedEvent]? {
        state.withLock { state in
            guard let first = state.events.first, let last = state.events.last,
                first.position...last.position ~= position
            else { return nil }
            // Positions have no gaps here.
            return Array(state.events.dropFirst(position - first.position).prefix(count))
        }
    }

    /// Up to `count` events of a stream from a version on.
    /// - Returns: nil if the one of the version is not here.
    func events(of stream: String, from version: Int, count: Int) -> [RecordedEvent]? {
        state.withLock { state in
            // From the newest on, for that is mostly where it is; by number, because to take out an event costs more than to
            // look at it there.
            let key = StreamKey(stream)
            var found: [Int] = []
            var index = state.events.endIndex
            while index > state.events.startIndex {
                index -= 1
                guard StreamKey(state.events[index].stream) == key else { continue }
                guard state.events[index].version >= version else { break }
                found.append(index)
            }
            guard let first = found.last, state.events[first].version == version else { return nil }
            return found.suffix(count).reversed().map { state.events[$0] }
        }
    }
}

extension RecordedEvent {
    /// About how many bytes it takes.
    fileprivate var weight: Int { data.count + (metadata?.count ?? 0) + stream.utf8.count + 128 }
}
