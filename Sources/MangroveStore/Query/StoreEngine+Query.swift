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

    /// Reads up to `count` events of all streams, or of those that a filter means, newest first, from `start` downwards. Blocks.
    /// Only durable events are seen.
    ///
    /// It goes back window by window, each of which is found by the indexes; where there is little, the next one is twice as wide.
    ///
    /// - Parameter start: the first position; nil is the last event.
    /// - Parameter now: what is too old for its stream at this time is left out; nil for nothing.
    /// - Returns: the events; and how far it looked, for the next call: -1 at the end.
    /// - Throws: as ``readAll(start:count:filter:now:)``.
    package func readAllBackward(
        start: Int? = nil,
        count: Int,
        filter: EventFilter? = nil,
        now: Timestamp? = nil
    ) throws(StoreError) -> EventPage {
        try Self.check(start, count)
        try filter?.check()
        try check()
        let filter = filter ?? .everything
        let lists = published.withLock { $0.index.lists }
        var end = min(start ?? lists.eventCount, lists.eventCount - 1) + 1
        var window = Self.portion
        var events: [RecordedEvent] = []
        var looked = 0
        while end > 0, events.count < count, looked < Self.lookLimit {
            let begin = max(0, end - window)
            let wanted = min(Self.portion, count - events.count)
            let found = Self.positions(in: begin..<end, filter, lists)
            let positions = Array(found.suffix(wanted))
            looked += positions.count
            events += try left(of: self.events(at: positions), now).reversed().filter { filter.matches($0) }
            if let first = positions.first, positions.count < found.count {
                end = first
                window = max(Self.portion, window / 2)
            } else {
                end = begin
                window = min(window * 2, lists.eventCount)
            }
        }
        return EventPage(events: try opened(events), next: end - 1, isAtEnd: end == 0)
    }

    private static func positions(
        in range: Range<Int>,
        _ filter: EventFilter,
        _ lists: PositionCursor.Lists
    ) -> [Int] {
        var cursor = PositionCursor(filter, lists, streamLimit: streamLimit)
        var positions: [Int] = []
        var next = range.lowerBound
        while let found = cursor.first(from: next), found < range.upperBound {
            positions.append(found)
            next = found + 1
        }
        return positions
    }
}
