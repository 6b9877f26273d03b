import Mangrove

extension StoreEngine {
    /// How many places are looked at in one call at most, where the indexes alone do not tell.
    private static var lookLimit: Int { 1 << 16 }
    /// A prefix that more streams start with is checked on the events.
    private static var streamLimit: Int { 1024 }

    /// Reads up to `count` events of all streams that a filter means, in the order of their positions, from `start` on.
    /// Blocks. Only durable events are seen.
    ///
    /// Types, tags and prefixes of few streams are found by the indexes: what lies between is not read.
    ///
    /// - Parameter now: what is too old for its stream at this time is left out; nil for nothing.
    /// - Returns: the events; and how far it looked, for the next call.
    /// - Throws: as ``readAll(start:count:now:)``, and ``StoreError/invalid(_:)`` for a filter beyond its limits.
    package func readAll(
        start: Int,
        count: Int,
        filter: EventFilter,
        now: Timestamp? = nil
    ) throws(StoreError) -> EventPage {
        try Self.check(start, count)
        try filter.check()
        try check()
        let lists = published.withLock { $0.index.lists }
        var cursor = PositionCursor(filter, lists, streamLimit: Self.streamLimit)
        var events: [RecordedEvent] = []
        var next = start
        var looked = 0
        while events.count < count, looked < Self.lookLimit {
            var positions: [Int] = []
            let wanted = min(Self.portion, count - events.count)
            while positions.count < wanted, let found = cursor.first(from: next) {
                positions.append(found)
                next = found + 1
            }
            guard !positions.isEmpty else {
                let end = max(lists.eventCount, start)
                return EventPage(events: try opened(events), next: end, isAtEnd: true)
            }
            looked += positions.count
            events += try left(of: self.events(at: positions), now).filter { filter.matches($0) }
        }
        return EventPage(events: try opened(events), next: next, isAtEnd: false)
    }
}
