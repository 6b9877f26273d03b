package import Mangrove

/// What opening a store found and did.
package struct RecoveryReport: Sendable, Equatable {
    /// How many events the checkpoint covered, or nil if there was none to use.
    package var checkpoint: Int?
    /// Checkpoints that were there but could not be used, and why.
    package var ignoredCheckpoints: [String] = []
    /// Records read from the log, after the checkpoint.
    package var records = 0
    /// The write that was under way when the power failed: file, where it was cut, bytes cut off.
    package var torn: Torn?
    /// A segment whose creation was under way.
    package var unfinishedSegment: String?
    /// Events in the store.
    package var events = 0
    /// Facts in the store.
    package var facts = 0

    /// A tail that was cut off.
    package struct Torn: Sendable, Equatable {
        /// The segment's file.
        package var file: String
        /// Where it now ends.
        package var offset: Int
        /// Bytes cut off; none of them was ever acknowledged.
        package var bytes: Int
        /// What was wrong with the first of them.
        package var what: String
    }
}

/// Brings a log that may have been left by a crash into order, and builds its index.
///
/// The rule for its end: let record n be the first that cannot be read, or is short, in the last segment. If a sound frame
/// after it says that record n was durable once, or if there is any later segment, or a checkpoint reaches to n, the log
/// is damaged and is refused with file and offset. Otherwise n was part of the write under way when the crash came, whose
/// parts can have reached the disk in any order; none of it was acknowledged, and the log is cut back to before n.
///
/// Where nothing but zeros follows the last record of the last segment, the log just ends: they are space that was prepared
/// for what never came. They are cut off too, so that what is written behind the records is only what this opening writes.
///
/// What is left of that last write is written and flushed once more. It may be in memory only: when a flush fails, the
/// system forgets that the pages were not stored, and only writing them again makes a later flush mean anything.
package struct LogRecovery {
    private let disk: any Disk
    private let directory: StoreDirectory
    private let identity: StoreIdentity
    private var index: StoreIndex
    /// The records of the last segment that are not known to be durable.
    private var unproven: [(index: UInt64, offset: Int)] = []
    /// Every record up to this one is known to be durable.
    private var proven: UInt64 = 0
    private var report = RecoveryReport()

    /// A log in order.
    package struct Outcome: Sendable {
        package var index: StoreIndex
        package var report: RecoveryReport
        /// The last record that the checkpoint covered, if there was one.
        package var checkpoint: UInt64?
        /// The segment that appends go to, and its size.
        package var active: RecordLocation
    }

    /// Recovers the log in `directory`.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``: nothing was changed. Or
    ///   ``StoreError/unavailable(store:why:)`` if the disk refuses: recovering again is safe.
    package static func run(
        disk: any Disk,
        directory: StoreDirectory,
        identity: StoreIdentity
    ) throws(StoreError) -> Outcome {
        var recovery = LogRecovery(disk: disk, directory: directory, identity: identity)
        return try recovery.run()
    }

    private init(disk: any Disk, directory: StoreDirectory, identity: StoreIdentity) {
        self.disk = disk
        self.directory = directory
        self.identity = identity
        index = StoreIndex(identity)
        index.isReplaying = true
    }

    private mutating func run() throws(StoreError) -> Outcome {
        let listing = try onDisk(directory.store) { () throws(DiskError) in
            try SegmentListing(disk, directory.logPath)
        }
        let files = listing.segments
        let segments = files.map { $0.first }
        guard segments.first == 1 else { throw damaged(1, 0, "the first segment is missing") }
        guard files.last?.generation == 0 else {
            throw damaged((segments.last ?? 0), 0, "the segment after this one is missing")
        }
        let found = try CheckpointFiles(disk: disk, directory: directory).newest(identity: identity)
        report.ignoredCheckpoints = found.ignored
        let checkpoint = found.index?.image.lastIndex
        if let loaded = found.index {
            index = loaded
            proven = index.image.lastIndex
            report.checkpoint = index.eventCount
            try checkPresence(files)
        }
        var active = index.image.end
        for file in files where file.first >= active.segment {
            let segment = file.first
            if file.generation > 0 {
                active = try scanCompacted(file)
                continue
            }
            active = try scan(segment, from: segment == active.segment ? active.offset : SegmentFormat.header, segments)
        }
        index.finishReplay()
        if let gap = index.unexplainedGap {
            throw damaged(active.segment, 0, "stream '\(gap.stream)' lacks events before version \(gap.version)")
        }
        try finish(active)
        try onDisk(directory.store) { () throws(DiskError) in try listing.clean(disk, directory.logPath) }
        report.events = index.eventCount
        report.facts = index.facts.count
        return Outcome(index: index, report: report, checkpoint: checkpoint, active: active)
    }

    /// Whether all the segments that the checkpoint covers are there, in full. Where one has been rewritten since, takes
    /// over where things now stand.
    private mutating func checkPresence(_ files: [SegmentID]) throws(StoreError) {
        let covered = index.image.segments
        guard let last = covered.last else { return }
        for file in files where file.first < last.first && !covered.contains(where: { $0.first == file.first }) {
            throw damaged(file.first, 0, "the checkpoint does not know this segment")
        }
        for segment in covered {
            guard let file = files.first(where: { $0.first == segment.first }) else {
                throw damaged(segment.first, 0, "the segment is missing")
            }
            guard file.generation == segment.generation else {
                guard file.generation > segment.generation else {
                    throw damaged(segment.first, 0, "the checkpoint knows the segment as it was rewritten later")
                }
                try relocate(file)
                continue
            }
            let size = try size(file)
            guard size >= segment.end else {
                throw damaged(
                    segment.first,
                    size,
                    "the segment ends here; its checkpoint says at \(segment.end) or later"
                )
            }
            guard size == segment.end || segment == last else {
                throw damaged(segment.first, segment.end, "the segment goes on after its last record")
            }
        }
    }

    /// Takes over where the records of a rewritten segment stand that the checkpoint covers.
    private mutating func relocate(_ file: SegmentID) throws(StoreError) {
        var reader = try CompactedReader(disk, directory, file, identity)
        var moved: [MovedRecord] = []
        while let record = try reader.next() {
            if record.index <= index.image.lastIndex { moved.append(MovedRecord(record)) }
        }
        index.relocate(file, reader.header, moved)
    }

    /// Reads the records of a rewritten segment that the checkpoint does not cover. It was durable before it had its name,
    /// as is all before it.
    private mutating func scanCompacted(_ file: SegmentID) throws(StoreError) -> RecordLocation {
        var reader = try CompactedReader(disk, directory, file, identity)
        let header = reader.header
        if index.image.lastIndex < header.last {
            if index.image.segments.last?.first != file.first { index.begin(file, header) }
            while let record = try reader.next() {
                guard record.index > index.image.lastIndex else { continue }
                do throws(Malformed) {
                    try index.insert(record)
                } catch {
                    throw reader.damaged(record.location.offset, error)
                }
                report.records += 1
            }
            do throws(Malformed) {
                try index.end(header)
            } catch {
                throw reader.damaged(0, error)
            }
        }
        prove(header.last)
        return RecordLocation(segment: file.first, offset: header.size)
    }

    /// Reads one segment's records from `offset` on, and returns where its records end.
    private mutating func scan(
        _ segment: UInt64,
        from offset: Int,
        _ segments: [UInt64]
    ) throws(StoreError) -> RecordLocation {
        let isLast = segment == segments.last
        let before = index.image.end
        guard segment == index.image.lastIndex + 1 || segment == before.segment else {
            throw damaged(segment, 0, "the segment before it ends with record \(index.image.lastIndex)")
        }
        let file = try onDisk(directory.store) { () throws(DiskError) in try disk.open(path(segment), .read) }
        defer { file.close() }
        let size = try size(SegmentID(segment))
        let head = try onDisk(directory.store) { () throws(DiskError) in
            try file.bytes(at: 0, count: SegmentFormat.header)
        }
        do throws(Malformed) {
            try head.withUnsafeBufferPointer { bytes throws(Malformed) in
                try SegmentFormat.check(UnsafeRawBufferPointer(bytes), first: segment, identity: identity)
            }
        } catch {
            try discardUnfinished(segment, file, size, isLast, error)
            return before
        }
        // That it was made proves all before it.
        if segment > 1 { prove(segment - 1) }
        var scanner = SegmentScanner(file: file, segment: segment, from: offset, to: size)
        while true {
            switch try onDisk(directory.store, { () throws(DiskError) in try scanner.next() }) {
            case .end:
                return RecordLocation(segment: segment, offset: scanner.offset)
            case .record(let record):
                try add(record)
            case .wrong(let offset, let what):
                throw damaged(segment, offset, what)
            case .torn(let what):
                let offset = scanner.offset
                let isPrepared = try onDisk(directory.store) { () throws(DiskError) in
                    isLast ? try PreparedSpace.isAll(of: file, from: offset, to: size) : false
                }
                if isPrepared { return RecordLocation(segment: segment, offset: offset) }
                guard isLast, try !wasDurable(&scanner) else { throw damaged(segment, offset, what) }
                report.torn = .init(file: path(segment), offset: offset, bytes: size - offset, what: what)
                return RecordLocation(segment: segment, offset: offset)
            }
        }
    }

    private mutating func add(_ record: RecordEntry) throws(StoreError) {
        do throws(Malformed) {
            try index.insert(record)
        } catch {
            throw damaged(record.location.segment, record.location.offset, error.what)
        }
        report.records += 1
        prove(record.flushed)
        unproven.append((record.index, record.location.offset))
    }

    private mutating func prove(_ index: UInt64) {
        guard index > proven else { return }
        proven = index
        unproven.removeAll { $0.index <= index }
    }

    /// Whether a sound frame after the present place shows that the record that should stand here was durable.
    private func wasDurable(_ scanner: inout SegmentScanner) throws(StoreError) -> Bool {
        let missing = index.image.lastIndex + 1
        return try onDisk(directory.store) { () throws(DiskError) in
            try scanner.resume { $0.index > missing && $0.flushed >= missing && $0.flushed < $0.index } != nil
        }
    }

    /// A last segment without a sound header and without records is one whose creation a crash interrupted.
    private mutating func discardUnfinished(
        _ segment: UInt64,
        _ file: any DiskFile,
        _ size: Int,
        _ isLast: Bool,
        _ error: Malformed
    ) throws(StoreError) {
        let last = index.image.lastIndex
        var scanner = SegmentScanner(file: file, segment: segment, from: 0, to: size)
        let found = try onDisk(directory.store) { () throws(DiskError) in
            try scanner.resume { $0.index > last } != nil
        }
        guard isLast, segment == last + 1, segment > 1, !found else { throw damaged(segment, 0, error.what) }
        let path = path(segment)
        let logPath = directory.logPath
        try onDisk(directory.store) { () throws(DiskError) in
            try disk.removeFile(path)
            try disk.syncDirectory(logPath)
        }
        report.unfinishedSegment = path
        prove(last)
    }

    /// Cuts off what is torn and writes again what may be in memory only.
    private func finish(_ active: RecordLocation) throws(StoreError) {
        let path = path(active.segment)
        let logPath = directory.logPath
        var start = unproven.first?.offset ?? active.offset
        // Nothing in the segment is proven: nor is its header then.
        if start == SegmentFormat.header { start = 0 }
        try onDisk(directory.store) { () throws(DiskError) in
            let file = try disk.open(path, .readWrite)
            defer { file.close() }
            // Longer, then shorter: an earlier cut may be in memory only as well, and to cut a file to the size it seems to
            // have would change nothing.
            try file.truncate(to: active.offset + 1)
            try file.truncate(to: active.offset)
            while start < active.offset {
                let bytes = try file.bytes(at: start, count: min(active.offset - start, 1 << 20))
                guard !bytes.isEmpty else { throw DiskError(.inputOutput, "read", path) }
                try file.write(bytes, at: start)
                start += bytes.count
            }
            try file.flush()
            try disk.syncDirectory(logPath)
        }
    }

    private func path(_ segment: UInt64) -> String {
        directory.logPath + "/" + SegmentFormat.name(segment)
    }

    private func size(_ segment: SegmentID) throws(StoreError) -> Int {
        let path = directory.logPath + "/" + segment.name
        return try onDisk(directory.store) { () throws(DiskError) in try disk.open(path, .read).size() }
    }

    private func damaged(_ segment: UInt64, _ offset: Int, _ what: String) -> StoreError {
        .damaged(store: directory.store, file: path(segment), offset: offset, what: what)
    }
}
