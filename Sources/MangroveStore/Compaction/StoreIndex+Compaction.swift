extension StoreIndex {
    /// Begins a rewritten segment: what was in it and is not any more leaves gaps.
    mutating func begin(_ segment: SegmentID, _ header: CompactedHeader) {
        image.segments.append(
            Segment(
                first: segment.first,
                position: eventCount,
                end: header.size,
                generation: segment.generation,
                decided: header.decided,
                lastTerm: header.lastTerm
            )
        )
        isSparse = true
    }

    /// Ends a rewritten segment.
    /// - Throws: ``Malformed`` if it has more than it says it stands for.
    mutating func end(_ header: CompactedHeader) throws(Malformed) {
        guard header.last >= image.lastIndex, header.nextPosition >= eventCount,
            header.nextPosition <= Self.capacity
        else { throw Malformed("the segment has more than its header says") }
        skip(to: header.nextPosition)
        image.lastIndex = header.last
        image.lastTerm = max(image.lastTerm, header.lastTerm)
        image.segments[image.segments.count - 1].lastTerm = header.lastTerm
    }

    /// Takes the positions before `position` for those of events that are gone.
    mutating func skip(to position: Int) {
        while eventCount < position {
            gone.insert(eventCount)
            image.offsets.append(0)
            image.fingerprints.append(0)
        }
    }

    /// Takes the events of a stream before `version` for gone: the log does not have all of them any more.
    mutating func skip(_ number: UInt32, _ stream: String, to version: Int) {
        streams[number].positions.forEachChunk { chunk in
            for position in chunk { gone.insert(Int(position)) }
        }
        streams[number].positions = PositionList(base: version)
        gaps[stream] = version
    }

    /// Takes those positions for gone that no stream has: the log lacks the events that came next in their streams.
    mutating func loadGone() {
        var listed = PositionSet()
        streams.all.forEachChunk { entries in
            for entry in entries {
                entry.positions.forEachChunk { chunk in
                    for position in chunk { listed.insert(Int(position)) }
                }
            }
        }
        for position in 0..<eventCount where !listed.contains(position) { gone.insert(position) }
    }

    /// The stream of which events are missing that nothing says are gone, or nil.
    var unexplainedGap: (stream: String, version: Int)? {
        for (stream, version) in gaps.all where lives[stream]?.floor ?? 0 < version { return (stream, version) }
        return nil
    }

    /// A fact with the file it stands in, as that is now.
    func placed(_ entry: FactTable.Entry?) -> FactTable.Entry? {
        guard var entry else { return nil }
        guard entry.small == nil, isSparse else { return entry }
        entry.location.generation = image.segments.first { $0.first == entry.location.segment }?.generation ?? 0
        return entry
    }

    /// Takes over where the records of a rewritten segment now stand.
    ///
    /// - Parameter records: those left in it, as far as this index knows them.
    mutating func relocate(_ segment: SegmentID, _ header: CompactedHeader, _ moved: [MovedRecord]) {
        guard let number = image.segments.firstIndex(where: { $0.first == segment.first }) else { return }
        let start = image.segments[number].position
        let end = number + 1 < image.segments.count ? image.segments[number + 1].position : eventCount
        for position in start..<end { image.offsets[position] = 0 }
        var factBytes = 0
        var places: [FactSpace: [FactKey: Int]] = [:]
        for record in moved {
            for positions in record.positions {
                for position in positions.clamped(to: start..<end) {
                    image.offsets[position] = UInt32(record.offset)
                }
            }
            for fact in record.facts {
                factBytes += fact.size
                places[fact.space, default: [:]][fact.key] = record.offset
            }
        }
        for space in FactSpace.allCases {
            facts[space].relocate(within: segment.first, to: places[space] ?? [:])
        }
        image.segments[number].end = header.size
        image.segments[number].generation = segment.generation
        image.segments[number].decided = header.decided
        image.segments[number].factBytes = factBytes
        image.segments[number].lastTerm = header.lastTerm
        isSparse = true
    }
}

/// A record of a rewritten segment: what is in it, and where it stands now.
struct MovedRecord: Sendable {
    /// Where it stands.
    var offset: Int
    /// The positions of its events.
    var positions: [Range<Int>] = []
    /// The facts it sets, with the bytes each takes.
    var facts: [(space: FactSpace, key: FactKey, size: Int)] = []

    init(offset: Int) {
        self.offset = offset
    }

    init(_ record: RecordEntry) {
        offset = record.location.offset
        positions = record.parts.map { $0.position..<$0.position + $0.ids.count }
        if case .facts(let changes) = record.content {
            facts = changes.compactMap { change in
                change.size.map { (change.space, change.key, FactsBody.size(change.key, $0)) }
            }
        }
    }
}
