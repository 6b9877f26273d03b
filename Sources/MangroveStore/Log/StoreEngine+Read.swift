import Mangrove

extension StoreEngine {
    /// How many events are looked up and read at a time.
    private static var portion: Int { 1024 }

    /// Reads up to `count` events of a stream from `start` on; backwards they come newest first. Blocks.
    ///
    /// Versions from `start` on in the direction, as far as they exist: past the end, or of a stream that does not exist,
    /// there are none. Only durable events are seen.
    ///
    /// - Parameter start: the first version; nil is the first event, or backwards the last one.
    /// - Throws: ``StoreError/invalid(_:)`` for a negative start or a count below 1;
    ///   ``StoreError/damaged(store:file:offset:what:)``; ``StoreError/unavailable(store:why:)``.
    package func read(
        stream: String,
        start: Int? = nil,
        count: Int,
        direction: ReadDirection = .forward
    ) throws(StoreError) -> [RecordedEvent] {
        try Self.check(start, count)
        try check()
        let last = version(of: stream)
        guard last >= 0 else { return [] }
        switch direction {
        case .forward:
            let from = start ?? 0
            let to = from.addingReportingOverflow(count)
            return try read(stream, (from..<(to.overflow ? Int.max : to.partialValue)).clamped(to: 0..<last + 1))
        case .backward:
            let from = start ?? last
            guard from < Int.max else { return [] }
            // Not below zero, whatever the count.
            let lowest = max(0, from - min(count - 1, from))
            return try read(stream, (lowest..<from + 1).clamped(to: 0..<last + 1)).reversed()
        }
    }

    private func read(_ stream: String, _ versions: Range<Int>) throws(StoreError) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        var next = versions.lowerBound
        while next < versions.upperBound {
            let end = min(next + Self.portion, versions.upperBound)
            let wanted = published.withLock { published in
                published.index.positions(of: stream, next..<end).map { position in
                    EventReader.Wanted(position: position, location: published.index.location(of: position))
                }
            }
            events += try reader.read(wanted)
            next = end
        }
        return events
    }

    /// Reads up to `count` events of all streams in the order of their positions, from `start` on. Blocks. Only durable
    /// events are seen; past the end there are none.
    /// - Throws: as ``read(stream:start:count:direction:)``.
    package func readAll(start: Int = 0, count: Int) throws(StoreError) -> [RecordedEvent] {
        try Self.check(start, count)
        try check()
        let to = start.addingReportingOverflow(count)
        let positions = (start..<(to.overflow ? Int.max : to.partialValue)).clamped(to: 0..<eventCount)
        var events: [RecordedEvent] = []
        var next = positions.lowerBound
        while next < positions.upperBound {
            let end = min(next + Self.portion, positions.upperBound)
            events += try self.events(at: Array(next..<end))
            next = end
        }
        return events
    }

    /// The events at these positions, which are ascending and exist.
    func events(at positions: [Int]) throws(StoreError) -> [RecordedEvent] {
        try check()
        let wanted = published.withLock { published in
            positions.filter { 0..<published.index.eventCount ~= $0 }.map { position in
                EventReader.Wanted(position: position, location: published.index.location(of: position))
            }
        }
        return try reader.read(wanted)
    }

    /// The last durable version of a stream; −1 if it has no events.
    package func version(of stream: String) -> Int {
        published.withLock { $0.index.version(of: stream) }
    }

    /// The streams with their last durable versions, sorted by name. Takes time in proportion to their number.
    package func streams() -> [StreamInfo] {
        let all = published.withLock { $0.index.streams.all }
        var streams: [StreamInfo] = []
        streams.reserveCapacity(all.count)
        all.forEachChunk { entries in
            for entry in entries {
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

    /// Writes an index checkpoint, durably, and removes the older one. Blocks; appends and reads go on meanwhile.
    ///
    /// - Returns: how many events it covers, or nil if there was nothing new or another call is writing one.
    /// - Throws: ``StoreError/unavailable(store:why:)``; the older checkpoint is then still there and the engine works on.
    @discardableResult
    package func writeCheckpoint() throws(StoreError) -> Int? {
        try check()
        // Copies references; what is published is durable, so the checkpoint never runs ahead of the log.
        let copy: (StoreIndex.Image, ChunkedArray<StreamTable.Entry>)? = published.withLock { published in
            let events = published.index.eventCount
            guard !published.checkpointing, events > 0, published.checkpoint != events else { return nil }
            published.checkpointing = true
            return (published.index.image, published.index.streams.all)
        }
        guard let (image, streams) = copy else { return nil }
        defer { published.withLock { $0.checkpointing = false } }
        let checkpoints = CheckpointFiles(disk: disk, directory: directory)
        try checkpoints.write(image, streams, identity: manifest.identity)
        published.withLock { $0.checkpoint = image.offsets.count }
        return image.offsets.count
    }

    private static func check(_ start: Int?, _ count: Int) throws(StoreError) {
        if let start, start < 0 { throw .invalid("a read starts at 0 or later, not at \(start)") }
        guard count >= 1 else { throw .invalid("a read asks for at least one event, not for \(count)") }
    }
}
