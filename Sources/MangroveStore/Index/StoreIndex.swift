/// Where every event of a store is: by global position, by stream and version, by stream and id, by type and by tag; which
/// of them are gone; and the facts beside them.
///
/// Held in memory. An event costs 4 bytes for its place in the log, 8 for its fingerprint, 4 for its place in its stream, 4
/// for its place among those of its type, and 5 to 11 (7 on average) in the fingerprint table: about 27, at most 32 once
/// there are some thousands. Each tag of an event costs 4 more; a bit an event is spent where events are gone. A stream
/// costs about 200 bytes more, as does a type or a tag; facts what ``FactTable`` says. A store holds at most 4,294,967,294
/// events and as many streams; segments are at most 1 GiB.
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
        /// How often it was rewritten.
        package var generation: UInt32 = 0
        /// What is gone from it was decided with the log known up to this record.
        package var decided: UInt64 = 0
        /// The term of the last record that it stands for.
        package var lastTerm: UInt64 = 0
        /// Bytes of the facts set in it.
        package var factBytes = 0
        /// Whether it has changes of facts.
        package var hasFacts = false

        /// Its file.
        package var file: SegmentID { SegmentID(first, generation) }
    }

    /// The most events a store can hold.
    package static let capacity = Int(UInt32.max) - 1

    /// The parts that grow with the log: what a checkpoint holds. Copying it copies references.
    package struct Image: Sendable {
        /// The segments that hold records, in order.
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

    /// All that a checkpoint holds. Copying it copies references.
    package struct Contents: Sendable {
        package var image = Image()
        /// The streams by number.
        package var streams = ChunkedArray<NameTable.Entry>()
        /// The types by number.
        package var types = ChunkedArray<NameTable.Entry>()
        /// The tags by number.
        package var tags = ChunkedArray<NameTable.Entry>()
        package var facts = FactTables()
    }

    /// What a checkpoint of this index holds.
    package var contents: Contents {
        Contents(image: image, streams: streams.all, types: types.all, tags: tags.all, facts: facts)
    }

    package internal(set) var image = Image()
    package internal(set) var streams = NameTable()
    package internal(set) var types = NameTable()
    package internal(set) var tags = NameTable()
    package internal(set) var facts = FactTables()
    /// The streams that do not keep everything.
    package internal(set) var lives = NameMap<StreamLife>()
    /// The positions of events that are gone.
    package internal(set) var gone = PositionSet()
    /// How many events and changes of facts were added since the index was made, for somebody to decide by.
    package private(set) var added = 0
    /// Whether records are being added that are in the log already; see ``finishReplay()``.
    var isReplaying = false
    /// Whether events are missing from the log.
    var isSparse = false
    /// Streams of which the log lacks the events before a version.
    var gaps = NameMap<Int>()
    private var table = FingerprintTable()
    private let fingerprint: Fingerprint

    /// Makes the index of an empty store.
    package init(_ identity: StoreIdentity) {
        fingerprint = Fingerprint(identity)
    }

    /// How many events there have been; the next one's position.
    package var eventCount: Int { image.offsets.count }

    /// The stream's last version, or −1. Events that are gone count.
    package func version(of stream: String) -> Int {
        find(stream)?.version ?? -1
    }

    /// The stream's number for ``candidates(number:_:)``, and its last version; nil if it never had events.
    package func find(_ stream: String) -> (number: UInt32?, version: Int)? {
        let number = streams.number(of: stream)
        let last = number.map { streams[$0].positions.count - 1 } ?? -1
        // A floor above all events that the log still has stands for those that it had.
        let floor = lives.isEmpty ? 0 : lives[stream]?.floor ?? 0
        let version = max(last, floor - 1)
        return version < 0 ? nil : (number, version)
    }

    /// Where the record of the event at `position` stands; the position must exist.
    package func location(of position: Int) -> RecordLocation {
        // The last segment that starts at or before it: of those that start at the same position, only it has events.
        var low = 0
        var high = image.segments.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if image.segments[middle].position <= position { low = middle } else { high = middle }
        }
        let segment = image.segments[low]
        return RecordLocation(
            segment: segment.first,
            offset: Int(image.offsets[position]),
            generation: segment.generation
        )
    }

    /// The versions of a stream that are left of `versions`, as a range: what is gone is always at the beginning.
    package func left(of stream: String, _ versions: Range<Int>) -> Range<Int> {
        guard let number = streams.number(of: stream) else { return 0..<0 }
        let list = streams[number].positions
        let floor = lives.isEmpty ? 0 : lives[stream]?.floor ?? 0
        return versions.clamped(to: min(max(floor, list.base), list.count)..<list.count)
    }

    /// The positions of a stream's events whose versions are in `versions`, as far as they are left, ascending.
    package func positions(of stream: String, _ versions: Range<Int>) -> [Int] {
        guard let number = streams.number(of: stream) else { return [] }
        return left(of: stream, versions).map { Int(streams[number].positions[$0]) }
    }

    /// Up to `count` positions from `start` on of events that are not gone.
    package func present(from start: Int, count: Int) -> [Int] {
        var positions: [Int] = []
        var next = gone.firstAbsent(from: start)
        while positions.count < count, next < eventCount {
            positions.append(next)
            next = gone.firstAbsent(from: next + 1)
        }
        return positions
    }

    /// Positions at which the stream may hold an event with this id; nowhere else does it.
    package func candidates(stream: String, _ id: EventID) -> [Int] {
        streams.number(of: stream).map { candidates(number: $0, id) } ?? []
    }

    /// As ``candidates(stream:_:)``, for a stream that was found before.
    package func candidates(number: UInt32, _ id: EventID) -> [Int] {
        let found = table.positions(of: fingerprint.of(stream: number, id), in: image.fingerprints).map { Int($0) }
        return gone.count == 0 ? found : found.filter { !gone.contains($0) }
    }

    /// Adds a record that follows the last one.
    /// - Throws: ``Malformed`` if it does not follow: nothing was added.
    package mutating func insert(_ record: RecordEntry) throws(Malformed) {
        try check(record)
        if image.segments.last?.first != record.location.segment {
            image.segments.append(Segment(first: record.location.segment, position: eventCount, end: 0))
        }
        let segment = image.segments.count - 1
        image.segments[segment].end = max(image.segments[segment].end, record.location.offset + record.size)
        image.segments[segment].lastTerm = record.term
        switch record.content {
        case .events(let parts):
            for part in parts { insert(part, at: record.location) }
        case .facts(let changes):
            added += changes.count
            facts.apply(changes, at: record.location)
            image.segments[segment].hasFacts = true
            for change in changes {
                image.segments[segment].factBytes += change.size.map { FactsBody.size(change.key, $0) } ?? 0
            }
            for change in changes where change.space == .streamSettings { try applySettings(change) }
        }
        image.lastIndex = record.index
        image.lastTerm = record.term
    }

    private mutating func insert(_ part: RecordEntry.Part, at location: RecordLocation) {
        added += part.ids.count
        let number = streams.number(of: part.stream) ?? streams.add(part.stream)
        if isSparse {
            skip(to: part.position)
            if streams[number].positions.count < part.version { skip(number, part.stream, to: part.version) }
        }
        for id in part.ids {
            let position = UInt32(eventCount)
            let print = fingerprint.of(stream: number, id)
            image.offsets.append(UInt32(location.offset))
            image.fingerprints.append(print)
            table.insert(position, print, in: image.fingerprints)
        }
        streams[number].positions.append(part.position..<part.position + part.ids.count)
        index(part)
        if !lives.isEmpty, !isReplaying, let life = lives[part.stream] { raiseFloor(of: part.stream, life) }
    }

    private mutating func index(_ part: RecordEntry.Part) {
        var start = 0
        while start < part.types.count {
            // Events that come together are mostly of one type.
            let type = StreamKey(part.types[start])
            var end = start + 1
            while end < part.types.count, StreamKey(part.types[end]) == type { end += 1 }
            let number = types.number(of: type.name) ?? types.add(type.name)
            types[number].positions.append(part.position + start..<part.position + end)
            start = end
        }
        for (offset, names) in part.tags {
            for tag in names {
                let number = tags.number(of: tag) ?? tags.add(tag)
                tags[number].positions.append(UInt32(part.position + offset))
            }
        }
    }

    private func check(_ record: RecordEntry) throws(Malformed) {
        guard record.index == image.lastIndex + 1 || isCompacted(record) && record.index > image.lastIndex else {
            throw Malformed("record \(record.index) stands where \(image.lastIndex + 1) should")
        }
        guard record.term >= image.lastTerm else {
            throw Malformed("record \(record.index) has term \(record.term) after term \(image.lastTerm)")
        }
        guard record.flushed < record.index else {
            throw Malformed("record \(record.index) says record \(record.flushed) was there before it")
        }
        if case .events(let parts) = record.content {
            let last = parts.last.map { $0.position + $0.ids.count } ?? 0
            guard last <= Self.capacity else { throw Malformed("the store is full") }
            try check(parts, record.index, isCompacted(record))
        }
    }

    private func check(_ parts: [RecordEntry.Part], _ index: UInt64, _ isCompacted: Bool) throws(Malformed) {
        // Only a batch that names a stream twice needs the dictionary; most batches have one part.
        var seen: [StreamKey: Int] = [:]
        var position = eventCount
        for part in parts {
            guard part.position == position || isCompacted && part.position > position else {
                throw Malformed("record \(index) has position \(part.position), not \(position)")
            }
            position = part.position + part.ids.count
            let key = StreamKey(part.stream)
            let next = (seen.isEmpty ? nil : seen[key]) ?? version(of: part.stream) + 1
            guard part.version == next || isSparse && part.version > next else {
                throw Malformed("stream '\(part.stream)' continues at version \(part.version), not \(next)")
            }
            if parts.count > 1 { seen[key] = part.version + part.ids.count }
        }
    }

    /// Whether the record is from a rewritten segment, in which some may be missing.
    private func isCompacted(_ record: RecordEntry) -> Bool {
        image.segments.last.map { $0.first == record.location.segment && $0.generation > 0 } ?? false
    }

    /// Rebuilds an index from what a checkpoint holds, for the records after it to be added and the replay to be finished.
    /// - Throws: ``Malformed`` if the parts do not fit together.
    package init(_ identity: StoreIdentity, _ contents: Contents) throws(Malformed) {
        self.init(identity)
        image = contents.image
        guard image.offsets.count == image.fingerprints.count else { throw Malformed("its columns differ in length") }
        streams = NameTable(contents.streams)
        types = NameTable(contents.types)
        tags = NameTable(contents.tags)
        facts = contents.facts
        isSparse = image.segments.contains { $0.generation > 0 }
        if isSparse { loadGone() }
        let offsets = image.offsets
        table = FingerprintTable(of: image.fingerprints) { offsets[$0] > 0 }
        isReplaying = true
        try loadSettings()
    }
}
