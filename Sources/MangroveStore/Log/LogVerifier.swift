package import Mangrove

/// Reads every record of a store and checks every rule that the log keeps, noting what is wrong instead of stopping.
///
/// Checked: the manifest; that all segments are there, with sound headers; each record's frame and checksum; that indexes,
/// terms, positions and versions continue; that no stream has an id twice; that checkpoints agree with the log. After a
/// record that cannot be read, checksums are still checked but what should continue from it no longer can be.
///
/// Changes nothing. A write cut off by a crash at the very end is not wrong: opening the store mends it.
package struct LogVerifier {
    private let disk: any Disk
    private let directory: StoreDirectory
    /// Nothing from here on is looked at: somebody is writing there.
    private let limit: RecordLocation?
    private var index = StoreIndex(StoreIdentity(high: 0, low: 0))
    /// Whether the index still has all records so far.
    private var continuous = true
    private var report: VerifyReport
    /// Ids found twice, with the first one's position.
    private var repeated: [(position: Int, what: String)] = []
    /// What of each checkpoint is compared when the log has been read.
    private let files: SegmentFiles

    /// Verifies the store in `directory`.
    /// - Parameter limit: where to stop, if the store is in use.
    /// - Throws: ``StoreError/noSuchStore(_:)``, or ``StoreError/unavailable(store:why:)`` if the disk cannot be read.
    package static func run(
        disk: any Disk,
        directory: StoreDirectory,
        limit: RecordLocation? = nil
    ) throws(StoreError) -> VerifyReport {
        var verifier = LogVerifier(disk: disk, directory: directory, limit: limit)
        return try verifier.run()
    }

    private init(disk: any Disk, directory: StoreDirectory, limit: RecordLocation?) {
        self.disk = disk
        self.directory = directory
        self.limit = limit
        files = SegmentFiles(disk: disk, directory: directory.logPath, limit: 4)
        report = VerifyReport(store: directory.store, records: 0, events: 0, streams: 0, bytes: 0, problems: [])
    }

    private mutating func run() throws(StoreError) -> VerifyReport {
        var identity: StoreIdentity?
        do throws(StoreError) {
            switch try directory.state() {
            case .absent, .leftover: throw .noSuchStore(directory.store)
            case .store(let manifest): identity = manifest.identity
            }
        } catch {
            guard case .damaged(_, let file, let offset, let what) = error else { throw error }
            note(file, offset, what)
        }
        if let identity { index = StoreIndex(identity) }
        index.isReplaying = true
        let path = directory.logPath
        let segments = try onDisk(directory.store) { () throws(DiskError) in try SegmentListing(disk, path) }
            .segments.filter { $0.first <= limit?.segment ?? .max }
        if segments.first?.first != 1 { note(files.path(SegmentID(1)), 0, "the first segment is missing") }
        for segment in segments {
            if continuous, segment.first != index.image.lastIndex + 1 {
                note(files.path(segment), 0, "the segment before it ends with record \(index.image.lastIndex)")
                continuous = false
            }
            if segment.generation > 0, let identity {
                try verifyCompacted(segment, identity)
            } else {
                try verify(segment, identity, isLast: segment == segments.last)
            }
        }
        index.finishReplay()
        if continuous, let gap = index.unexplainedGap {
            note(path, 0, "stream '\(gap.stream)' lacks events before version \(gap.version)")
        }
        for repeated in repeated where !index.gone.contains(repeated.position) { report.problems.append(repeated.what) }
        if let identity { try compareCheckpoints(identity) }
        report.streams = index.streams.count
        return report
    }

    private mutating func note(_ file: String, _ offset: Int, _ what: String) {
        report.problems.append("\(file) at \(offset): \(what)")
    }

    private mutating func verify(_ segment: SegmentID, _ identity: StoreIdentity?, isLast: Bool) throws(StoreError) {
        let path = files.path(segment)
        let (file, size) = try onDisk(directory.store) { () throws(DiskError) in
            let file = try disk.open(path, .read)
            return (file, try file.size())
        }
        defer { file.close() }
        let end = segment.first == limit?.segment ? min(size, limit?.offset ?? size) : size
        report.bytes += end
        if let identity, let problem = try header(file, segment, identity) {
            // An unfinished last segment holds no record.
            if isLast, size <= SegmentFormat.header, segment.first > 1 { return }
            note(path, 0, problem)
        }
        var scanner = SegmentScanner(file: file, segment: segment.first, from: SegmentFormat.header, to: end)
        while true {
            switch try onDisk(directory.store, { () throws(DiskError) in try scanner.next() }) {
            case .end: return
            case .record(let record): try verify(record, path)
            case .wrong(let offset, let what):
                note(path, offset, what)
                continuous = false
            case .torn(let what):
                let offset = scanner.offset
                let isPrepared = try onDisk(directory.store) { () throws(DiskError) in
                    isLast && limit == nil ? try PreparedSpace.isAll(of: file, from: offset, to: end) : false
                }
                if isPrepared {
                    report.bytes -= end - offset
                    return
                }
                let missing = index.image.lastIndex + 1
                let found = try onDisk(directory.store) { () throws(DiskError) in try scanner.resume { _ in true } }
                if found == nil, isLast, limit == nil { return }
                let isTorn = isLast && limit == nil && continuous && found.map { $0.header.flushed < missing } ?? true
                if !isTorn { note(path, offset, what) }
                continuous = false
            }
        }
    }

    private mutating func verifyCompacted(_ segment: SegmentID, _ identity: StoreIdentity) throws(StoreError) {
        do throws(StoreError) {
            var reader = try CompactedReader(disk, directory, segment, identity)
            report.bytes += reader.header.size
            if continuous { index.begin(segment, reader.header) }
            while let record = try reader.next() { try verify(record, files.path(segment)) }
            guard continuous else { return }
            do throws(Malformed) {
                try index.end(reader.header)
            } catch {
                throw reader.damaged(0, error)
            }
        } catch {
            guard case .damaged(_, let file, let offset, let what) = error else { throw error }
            note(file, offset, what)
            continuous = false
        }
    }

    private func header(
        _ file: any DiskFile,
        _ segment: SegmentID,
        _ identity: StoreIdentity
    ) throws(StoreError) -> String? {
        let bytes = try onDisk(directory.store) { () throws(DiskError) in
            try file.bytes(at: 0, count: SegmentFormat.header)
        }
        do throws(Malformed) {
            try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
                try SegmentFormat.check(UnsafeRawBufferPointer(bytes), first: segment.first, identity: identity)
            }
            return nil
        } catch {
            return error.what
        }
    }

    private mutating func verify(_ record: RecordEntry, _ path: String) throws(StoreError) {
        report.records += 1
        report.events += record.count
        report.facts += record.factCount
        guard continuous else { return }
        try verifyIDs(record, path)
        do throws(Malformed) {
            try index.insert(record)
        } catch {
            note(path, record.location.offset, error.what)
            continuous = false
        }
    }

    /// An id whose fingerprint is in the stream already is looked up to be compared in full.
    private mutating func verifyIDs(_ record: RecordEntry, _ path: String) throws(StoreError) {
        let reader = EventReader(store: directory.store, files: files, pieceSize: 64 << 10)
        var inRecord: [StreamKey: Set<EventID>] = [:]
        for part in record.parts {
            for id in part.ids {
                let isRepeated = record.count > 1 && !inRecord[StreamKey(part.stream), default: []].insert(id).inserted
                let candidates = index.candidates(stream: part.stream, id).sorted().map {
                    EventReader.Wanted(position: $0, location: index.location(of: $0))
                }
                let isPresent = try candidates.isEmpty ? false : reader.read(candidates).contains { $0.id == id }
                guard isRepeated || isPresent else { continue }
                let what = "\(path) at \(record.location.offset): stream '\(part.stream)' has the event id \(id) twice"
                // Fine if the log says further on that the first of the two is gone.
                repeated.append((isRepeated ? .max : candidates[0].position, what))
            }
        }
    }

    private mutating func compareCheckpoints(_ identity: StoreIdentity) throws(StoreError) {
        // Against a log that could not be read to its end, nothing can be said.
        guard continuous else { return }
        let checkpoints = CheckpointFiles(disk: disk, directory: directory)
        let found = try checkpoints.newest(identity: identity)
        for ignored in found.ignored { report.problems.append("\(directory.snapshotPath)/\(ignored)") }
        guard let checkpoint = found.index, limit == nil || checkpoint.image.lastIndex <= index.image.lastIndex else {
            return
        }
        if let difference = checkpoint.difference(from: index) {
            let name = CheckpointFormat.name(checkpoint.image.lastIndex)
            report.problems.append("\(directory.snapshotPath)/\(name): \(difference)")
        }
    }
}

extension StoreEngine {
    /// Verifies a store that nobody has open; see ``LogVerifier``. Blocks for as long as reading all of it takes.
    /// - Parameter directory: the store's directory.
    /// - Parameter store: the store's name; nil if it is the directory's last component.
    /// - Throws: ``StoreError/noSuchStore(_:)``, or ``StoreError/unavailable(store:why:)`` if the disk cannot be read.
    package static func verify(
        disk: any Disk,
        directory: String,
        store: String? = nil
    ) throws(StoreError) -> VerifyReport {
        try LogVerifier.run(disk: disk, directory: StoreDirectory(disk: disk, path: directory, store: store))
    }

    /// Verifies this store up to its last durable event, while it goes on working.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if the disk cannot be read or the engine has failed.
    package func verify() throws(StoreError) -> VerifyReport {
        try check()
        return try walking { () throws(StoreError) in
            let end = published.withLock { $0.index.image.end }
            return try LogVerifier.run(disk: disk, directory: directory, limit: end)
        }
    }
}
