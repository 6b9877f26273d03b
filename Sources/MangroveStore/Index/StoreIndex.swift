/// Where every event of a store is: by global position, by stream and version, and by stream and id.
///
/// Held in memory. An event costs 4 bytes for its place in the log, 8 for its fingerprint, 4 for its place in its stream
/// and 5 to 11 (7 on average) in the fingerprint table: about 24, at most 32 once there are some thousands. A stream costs
/// about 200 bytes more. A store holds at most 4,294,967,294 events and as many streams; segments are at most 1 GiB.
///
/// A value without locks or I/O. Adding a record costs the same however many there are.
package struct StoreIndex: Sendable {
    /// A segment as the index needs it: the first record and the first event in it, and where its records end.
    package struct Segment: Sendable, Equatable {
        /// Index of the first record; names the file.
        package var first: UInt64
        /// Position of the first event.
        package var position: Int
        /// The end of its last record.
        package var end: Int
    }

    /// The most events a store can hold.
    package static let capacity = Int(UInt32.max) - 1

    /// The parts that grow with the log: what a checkpoint holds. Copying it copies references.
    package struct Image: Sendable {
        /// The segments that hold events, in order.
        package var segments: [Segment] = []
        /// For each position, the offset of its record in its segment.
        package var offsets = ChunkedArray<UInt32>()
        /// For each position, its fingerprint.
        package var fingerprints = ChunkedArray<UInt64>()
        /// The last record.
        package var lastIndex: UInt64 = 0
        /// Its term.
        package var lastTerm: UInt64 = 0
        /// The end of its frame.
        package var end: RecordLocation {
            segments.last.map { RecordLocation(segment: $0.first, offset: $0.end) }
                ?? RecordLocation(segment: 1, offset: SegmentFormat.header)
        }
    }

    package private(set) var image = Image()
    package private(set) var streams = StreamTable()
    private var table = FingerprintTable()
    private let fingerprint: Fingerprint

    /// Makes the index of an empty store.
    package init(_ identity: StoreIdentity) {
        fingerprint = Fingerprint(identity)
    }

    /// How many events there are; the next one's position.
    package var eventCount: Int { image.offsets.count }

    /// The stream's last version, or −1.
    package func version(of stream: String) -> Int {
        find(stream)?.version ?? -1
    }

    /// The stream's number for ``candidates(number:_:)``, and its last version; nil if it has no events.
    package func find(_ stream: String) -> (number: UInt32, version: Int)? {
        streams.number(of: stream).map { ($0, streams[$0].positions.count - 1) }
    }

    /// Where the record of the event at `position` stands; the position must exist.
    package func location(of position: Int) -> RecordLocation {
        // The last segment that starts at or before it; those without events are not in the list.
        var low = 0
        var high = image.segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if image.segments[middle].position <= position { low = middle } else { high = middle }
        }
        return RecordLocation(segment: image.segments[low].first, offset: Int(image.offsets[position]))
    }

    /// The positions of a stream's events whose versions are in `versions`, as far as they exist, ascending.
    package func positions(of stream: String, _ versions: Range<Int>) -> [Int] {
        guard let number = streams.number(of: stream) else { return [] }
        let existing = versions.clamped(to: 0..<streams[number].positions.count)
        return existing.map { Int(streams[number].positions[$0]) }
    }

    /// Positions at which the stream may hold an event with this id; nowhere else does it.
    package func candidates(stream: String, _ id: EventID) -> [Int] {
        streams.number(of: stream).map { candidates(number: $0, id) } ?? []
    }

    /// As ``candidates(stream:_:)``, for a stream that was found before.
    package func candidates(number: UInt32, _ id: EventID) -> [Int] {
        table.positions(of: fingerprint.of(stream: number, id), in: image.fingerprints).map { Int($0) }
    }

    /// Adds a record that follows the last one.
    /// - Throws: ``Malformed`` if it does not follow: nothing was added.
    package mutating func insert(_ record: RecordEntry) throws(Malformed) {
        try check(record)
        if image.segments.last?.first != record.location.segment {
            image.segments.append(Segment(first: record.location.segment, position: eventCount, end: 0))
        }
        image.segments[image.segments.count - 1].end = record.location.offset + record.size
        for part in record.parts {
            let number = streams.number(of: part.stream) ?? streams.add(part.stream)
            for id in part.ids {
                let position = UInt32(eventCount)
                let print = fingerprint.of(stream: number, id)
                image.offsets.append(UInt32(record.location.offset))
                image.fingerprints.append(print)
                table.insert(position, print, in: image.fingerprints)
                streams[number].positions.append(position)
            }
        }
        image.lastIndex = record.index
        image.lastTerm = record.term
    }

    private func check(_ record: RecordEntry) throws(Malformed) {
        guard record.index == image.lastIndex + 1 else {
            throw Malformed("record \(record.index) stands where \(image.lastIndex + 1) should")
        }
        guard record.term >= image.lastTerm else {
            throw Malformed("record \(record.index) has term \(record.term) after term \(image.lastTerm)")
        }
        guard record.flushed < record.index else {
            throw Malformed("record \(record.index) says record \(record.flushed) was there before it")
        }
        guard record.position == eventCount else {
            throw Malformed("record \(record.index) starts at position \(record.position), not \(eventCount)")
        }
        guard eventCount + record.count <= Self.capacity else { throw Malformed("the store is full") }
        // Only a batch that names a stream twice needs the dictionary; most batches have one part.
        var seen: [StreamKey: Int] = [:]
        for part in record.parts {
            let key = StreamKey(part.stream)
            let next = (seen.isEmpty ? nil : seen[key]) ?? version(of: part.stream) + 1
            guard part.version == next else {
                throw Malformed("stream '\(part.stream)' continues at version \(part.version), not \(next)")
            }
            if record.parts.count > 1 { seen[key] = next + part.ids.count }
        }
    }

    /// Rebuilds an index from what a checkpoint holds.
    /// - Throws: ``Malformed`` if the parts do not fit together.
    package init(_ identity: StoreIdentity, image: Image, streams: StreamTable) throws(Malformed) {
        self.init(identity)
        guard image.offsets.count == image.fingerprints.count else { throw Malformed("its columns differ in length") }
        var total = 0
        for number in 0..<streams.count { total += streams[UInt32(number)].positions.count }
        guard total == image.offsets.count else { throw Malformed("its streams do not add up to its events") }
        self.image = image
        self.streams = streams
        for position in 0..<image.fingerprints.count {
            table.insert(UInt32(position), image.fingerprints[position], in: image.fingerprints)
        }
    }
}

/// What the index needs to know of a record.
package struct RecordEntry: Sendable {
    /// One part: consecutive events of one stream.
    package struct Part: Sendable {
        /// The stream.
        package var stream: String
        /// The version of its first event.
        package var version: Int
        /// The events' ids.
        package var ids: [EventID]
    }

    /// The record's place in the log.
    package var index: UInt64
    /// Its term.
    package var term: UInt64
    /// The index up to which the log was durable before it was written.
    package var flushed: UInt64
    /// Where it stands.
    package var location: RecordLocation
    /// Bytes of its frame.
    package var size: Int
    /// The position of its first event.
    package var position: Int
    /// Its parts.
    package var parts: [Part]

    /// How many events it has.
    package var count: Int { parts.reduce(0) { $0 + $1.ids.count } }
}
