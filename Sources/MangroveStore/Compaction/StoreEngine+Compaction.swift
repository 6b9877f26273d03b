import Mangrove

/// What a compaction did.
public struct CompactionReport: Sendable, Equatable {
    /// Segments that were rewritten.
    public var segments = 0
    /// Bytes they had.
    public var bytesBefore = 0
    /// Bytes they have now.
    public var bytesAfter = 0
    /// Events that are not on the disk any more.
    public var events = 0
    /// Changes of settings, snapshots and the like that are not on the disk any more.
    public var facts = 0

    /// A compaction that did nothing.
    public init() {}

    /// The report in one line, for the log.
    var summary: String {
        "\(segments) segments of \(bytesBefore) bytes rewritten to \(bytesAfter), without \(events) events and "
            + "\(facts) changes of facts"
    }

    mutating func add(_ other: CompactionReport) {
        segments += other.segments
        bytesBefore += other.bytesBefore
        bytesAfter += other.bytesAfter
        events += other.events
        facts += other.facts
    }
}

extension StoreEngine {
    /// The segments of which at least this share of bytes is of no more use. The one that is written to is none of them.
    ///
    /// Takes time in proportion to the number of events and facts, none of it on the disk.
    package func compactable(share: Double) -> [SegmentID] {
        let (contents, gone) = published.withLock { ($0.index.contents, $0.index.gone) }
        var live: [UInt64: Int] = [:]
        for space in FactSpace.allCases {
            contents.facts[space].forEach { entry in
                live[entry.location.segment, default: 0] += FactsBody.size(entry.key, entry.size)
            }
        }
        let segments = contents.image.segments
        return zip(segments, segments.dropFirst()).compactMap { segment, next in
            var present = 0
            var dead = 0
            for position in segment.position..<next.position where contents.image.offsets[position] > 0 {
                present += 1
                if gone.contains(position) { dead += 1 }
            }
            let deadFacts = segment.factBytes - (live[segment.first] ?? 0)
            let bytes = max(segment.end - segment.factBytes, 0)
            let useless = deadFacts + (present > 0 ? bytes * dead / present : 0)
            guard dead > 0 || deadFacts > 0 else { return nil }
            return Double(useless) >= share * Double(segment.end) ? segment.file : nil
        }
    }

    /// Rewrites one segment without what is gone, and removes the file it replaces. Blocks; appends and reads go on
    /// meanwhile, but for the moment in which the index is told where things are now.
    ///
    /// The new file is complete and durable under its name before anybody reads from it, and the old one is there until
    /// then: a crash at any moment leaves one of the two. What is gone stays gone: why it is, is durable in the log.
    ///
    /// - Returns: what was done; nothing if the segment is not there as such any more or another call is at work.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``; or ``StoreError/unavailable(store:why:)`` if the disk
    ///   refuses, and the engine works on with what there was.
    package func compact(_ segment: SegmentID) throws(StoreError) -> CompactionReport {
        try check()
        let copy = published.withLock { published -> (StoreIndex.Contents, PositionSet)? in
            guard !published.compacting else { return nil }
            published.compacting = true
            return (published.index.contents, published.index.gone)
        }
        guard let (contents, gone) = copy else { return CompactionReport() }
        defer { published.withLock { $0.compacting = false } }
        let segments = contents.image.segments
        guard let number = segments.firstIndex(where: { $0.file == segment }), number + 1 < segments.count else {
            return CompactionReport()
        }
        let (old, next) = (segments[number], segments[number + 1])
        let new = SegmentID(segment.first, segment.generation + 1)
        var rewriter = SegmentRewriter(contents, gone, new, identity: manifest.identity)
        let header = try write(new, &rewriter, old, next)
        publish(new, header, rewriter.moved, instead: segment)
        try removeObsolete()
        var report = CompactionReport()
        report.segments = 1
        report.bytesBefore = old.end
        report.bytesAfter = header.size
        report.events = rewriter.events
        report.facts = rewriter.facts
        return report
    }

    private func write(
        _ new: SegmentID,
        _ rewriter: inout SegmentRewriter,
        _ old: StoreIndex.Segment,
        _ next: StoreIndex.Segment
    ) throws(StoreError) -> CompactedHeader {
        let (path, temporary) = (files.path(new), directory.logPath + "/" + SegmentFormat.name(new.first) + ".tmp")
        let (source, target) = try onDisk(store) { () throws(DiskError) in
            (try disk.open(files.path(old.file), .read), try disk.open(temporary, .replace))
        }
        defer {
            source.close()
            target.close()
        }
        let header: CompactedHeader
        do throws(SegmentRewriter.Failure) {
            header = try rewriter.rewrite(
                source,
                from: old.generation == 0 ? SegmentFormat.header : CompactedHeader.bytes,
                to: old.end,
                into: target,
                covering: (next.first - 1, next.position)
            )
        } catch {
            switch error {
            case .disk(let error): throw .unavailable(store: store, why: error.description)
            case .damaged(let offset, let what):
                throw .damaged(store: store, file: files.path(old.file), offset: offset, what: what)
            }
        }
        try onDisk(store) { () throws(DiskError) in
            try disk.rename(temporary, to: path)
            try disk.syncDirectory(directory.logPath)
        }
        return header
    }

    private func publish(
        _ new: SegmentID,
        _ header: CompactedHeader,
        _ moved: [MovedRecord],
        instead old: SegmentID
    ) {
        published.withLock { published in
            published.index.relocate(new, header, moved)
            published.compactions += 1
            published.obsolete.append(old)
            // The newest checkpoint knows where things were: the next is to be written even if nothing came in.
            published.checkpoint = nil
        }
        files.drop(old)
    }

    /// Removes the files that were replaced, unless somebody goes through all files now and so does it later.
    func removeObsolete() throws(StoreError) {
        let removable = published.withLock { published -> [SegmentID] in
            guard published.walkers == 0 else { return [] }
            defer { published.obsolete = [] }
            return published.obsolete
        }
        try onDisk(store) { () throws(DiskError) in
            for segment in removable { try disk.removeIfPresent(files.path(segment)) }
        }
    }

    /// Runs work that goes through all files of the log: none is removed meanwhile.
    func walking<Result>(_ body: () throws(StoreError) -> Result) throws(StoreError) -> Result {
        published.withLock { $0.walkers += 1 }
        defer {
            published.withLock { $0.walkers -= 1 }
            // What cannot be removed now is removed by the next start.
            try? removeObsolete()
        }
        return try body()
    }

    /// Streams that keep events for a while only, with the first version that is not too old. Blocks.
    ///
    /// - Parameter retention: what streams keep that have no limits of their own. The system's own streams, whose names begin
    ///   with `$`, keep everything then.
    package func expired(
        at now: Timestamp,
        retention: StoreRetention = StoreRetention()
    ) throws(StoreError) -> [(stream: String, before: Int)] {
        try check()
        let lives = published.withLock { $0.index.lives }
        var expired: [(stream: String, before: Int)] = []
        for (stream, life) in lives.isEmpty ? [] : lives.all {
            guard let maxAge = life.maxAge, !life.isTombstone else { continue }
            let first = try firstVersion(of: stream, notOlderThan: maxAge, at: now)
            if first > life.floor { expired.append((stream, first)) }
        }
        if retention != StoreRetention() {
            for info in streams() where !info.stream.hasPrefix("$") {
                let life = lives.isEmpty ? StreamLife() : lives[info.stream] ?? StreamLife()
                guard life.maxAge == nil, life.maxCount == nil, !life.isTombstone else { continue }
                var first = retention.maxCount.map { info.version + 1 - $0 } ?? 0
                if let maxAge = retention.maxAge?.microseconds {
                    first = max(first, try firstVersion(of: info.stream, notOlderThan: maxAge, at: now))
                }
                if first > life.floor { expired.append((info.stream, first)) }
            }
        }
        return expired.sorted { $0.stream < $1.stream }
    }
}
