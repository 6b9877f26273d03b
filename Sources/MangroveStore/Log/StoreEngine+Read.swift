import Mangrove

extension StoreEngine {
    /// How many events are looked up and read at a time.
    static var portion: Int { 1024 }

    /// Reads up to `count` events of a stream from `start` on; backwards they come newest first. Blocks.
    ///
    /// Versions from `start` on in the direction, as far as they exist and are not gone: past the end, or of a stream that
    /// does not exist, there are none. Only durable events are seen.
    ///
    /// - Parameter start: the first version; nil is the first event, or backwards the last one.
    /// - Parameter now: what is too old for its stream at this time is left out; nil for nothing.
    /// - Throws: ``StoreError/invalid(_:)`` for a negative start or a count below 1;
    ///   ``StoreError/damaged(store:file:offset:what:)``; ``StoreError/unavailable(store:why:)``.
    package func read(
        stream: String,
        start: Int? = nil,
        count: Int,
        direction: ReadDirection = .forward,
        now: Timestamp? = nil
    ) throws(StoreError) -> [RecordedEvent] {
        try Self.check(start, count)
        try check()
        let (whole, maxAge) = published.withLock { published in
            (published.index.left(of: stream, 0..<Int.max), published.index.lives[stream]?.maxAge)
        }
        guard !whole.isEmpty else { return [] }
        var left = whole
        if let maxAge, let now {
            let first = try firstVersion(of: stream, notOlderThan: maxAge, at: now)
            left = min(max(first, whole.lowerBound), whole.upperBound)..<whole.upperBound
        }
        switch direction {
        case .forward:
            let from = max(start ?? 0, left.lowerBound)
            let to = from.addingReportingOverflow(count)
            return try opened(read(stream, (from..<(to.overflow ? Int.max : to.partialValue)).clamped(to: left)))
        case .backward:
            let from = start ?? left.upperBound - 1
            guard from < Int.max else { return [] }
            // Not below zero, whatever the count.
            let lowest = max(0, from - min(count - 1, from))
            return try opened(read(stream, (lowest..<from + 1).clamped(to: left))).reversed()
        }
    }

    private func read(_ stream: String, _ versions: Range<Int>) throws(StoreError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        var next = versions.lowerBound
        while next < versions.upperBound {
            let end = min(next + Self.portion, versions.upperBound)
            let positions = published.withLock { $0.index.positions(of: stream, next..<end) }
            events += try self.events(at: positions)
            next = end
        }
        return events
    }

    /// Reads up to `count` events of all streams in the order of their positions, from `start` on. Blocks. Only durable
    /// events are seen; those that are gone are passed over, and past the end there are none.
    /// - Throws: as ``read(stream:start:count:direction:now:)``.
    package func readAll(start: Int = 0, count: Int, now: Timestamp? = nil) throws(StoreError) -> [RecordedEvent] {
        try Self.check(start, count)
        try check()
        var events: [RecordedEvent] = []
        var next = start
        while events.count < count {
            let wanted = min(Self.portion, count - events.count)
            let positions = published.withLock { $0.index.present(from: next, count: wanted) }
            guard let last = positions.last else { break }
            events += try left(of: self.events(at: positions), now)
            next = last + 1
        }
        return try opened(events)
    }

    /// The events at these positions, which are ascending, as far as they exist and are not gone.
    func events(at positions: [Int]) throws(StoreError) -> [RecordedEvent] {
        try check()
        return try retryingPlaces { () throws(StoreError) in
            let wanted = published.withLock { published in
                positions.filter { 0..<published.index.eventCount ~= $0 && !published.index.gone.contains($0) }
                    .map { EventReader.Wanted(position: $0, location: published.index.location(of: $0)) }
            }
            return try reader.read(wanted)
        }
    }

    /// Looks up places and reads from them, again if a segment was rewritten in between and its file is not there any more.
    func retryingPlaces<Result>(_ read: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        while true {
            let before = published.withLock { $0.compactions }
            do throws(StoreError) {
                return try read()
            } catch {
                guard case .unavailable = error, published.withLock({ $0.compactions }) != before else { throw error }
            }
        }
    }

    /// The last durable version of a stream; −1 if it never had events. Events that are gone count.
    package func version(of stream: String) -> Int {
        published.withLock { $0.index.version(of: stream) }
    }

    /// The streams that have events left, with their last durable versions, sorted by name. Takes time in proportion to the
    /// number of streams.
    package func streams() -> [StreamInfo] {
        let (all, lives) = published.withLock { ($0.index.streams.all, $0.index.lives) }
        var streams: [StreamInfo] = []
        streams.reserveCapacity(all.count)
        all.forEachChunk { entries in
            for entry in entries where lives.isEmpty || lives[entry.name]?.floor ?? 0 < entry.positions.count {
                streams.append(StreamInfo(stream: entry.name, version: entry.positions.count - 1))
            }
        }
        return streams.sorted { $0.stream.utf8.lexicographicallyPrecedes($1.stream.utf8) }
    }

    /// How many streams there are.
    package var streamCount: Int {
        published.withLock { $0.index.streams.count }
    }

    /// Closes segments that nobody has read from since the last call. Call it now and then.
    package func closeIdleFiles() {
        files.closeIdle()
    }

    static func check(_ start: Int?, _ count: Int) throws(StoreError) {
        if let start, start < 0 { throw .invalid("a read starts at 0 or later, not at \(start)") }
        guard count >= 1 else { throw .invalid("a read asks for at least one event, not for \(count)") }
    }
}
