import Mangrove

/// Restores stores of a backup into a data directory, in steps each of which blocks for a piece of the work.
///
/// ```
///  copy the files ──▶ open and verify each store ──▶ (somebody lets it) ──▶ RestoreStage.publish
///   digests checked     in the stage, out of sight
/// ```
///
/// Nothing can be seen of it until everything is copied, verified and durable. A store gets an identity of its own: its
/// history and that of the store it was taken from may part from here on.
struct RestoreRun: Sendable {
    /// One store on its way.
    private struct Part: Sendable {
        var plan: RestorePlan
        var id: String
        var identity: StoreIdentity
    }

    private struct Copying: Sendable {
        var file: BackupManifest.File
        var bytes: Int
        var source: any DiskFile
        var target: any DiskFile
        var offset = 0
        var hash = SHA256()
    }

    private static let piece = 1 << 20

    private let target: BackupTarget
    private let stage: RestoreStage
    private let backup: BackupManifest
    private var parts: [Part] = []
    private var part = 0
    /// What is left of the present store; nil before its first file.
    private var files: [(file: BackupManifest.File, bytes: Int)]?
    private var copying: Copying?
    private(set) var progress = OperationProgress()
    private(set) var report: RestoreReport

    /// Finds what is to be restored, and makes the stage. Blocks.
    /// - Parameter identity: makes identities.
    /// - Throws: ``StoreError``: `noSuchBackup`, `backupDamaged`, `noSuchStore`, `storeExists`, `invalid` or `refused` if
    ///   the request cannot be met.
    init(
        _ request: RestoreRequest,
        into data: String,
        on disk: any Disk,
        identity: () -> StoreIdentity
    ) throws(StoreError) {
        target = BackupTarget(disk: disk, path: request.source)
        stage = RestoreStage(disk: disk, data: data)
        let backup = try Self.choose(request, target)
        self.backup = backup
        report = RestoreReport(number: backup.number, made: backup.made, stores: [])
        guard request.newID == nil || request.store != nil else { throw .invalid("a new name is given to one store") }
        guard request.point == .end || request.store != nil else {
            throw .invalid("a point in time is that of one store: positions are a store's own")
        }
        for store in backup.stores where request.store ?? store.id == store.id {
            let id = request.newID ?? store.id
            try StoreID.check(id)
            if try onDisk(id, { () throws(DiskError) in try disk.kind(of: data + "/" + id) }) != nil {
                throw .storeExists(id)
            }
            let plan = try RestorePlan(target, backup, store, upTo: request.point)
            if id != store.id, try plan.hasSealedEvents(target) {
                throw .refused(
                    "events of store '\(store.id)' are encrypted for a store of that name: restored as '\(id)' they"
                        + " could not be read"
                )
            }
            parts.append(Part(plan: plan, id: id, identity: identity()))
            progress.total += plan.segments.reduce(0) { $0 + $1.bytes }
        }
        if let store = request.store, parts.isEmpty { throw .noSuchStore(store) }
        try stage.settle()
        try stage.begin()
    }

    private static func choose(_ request: RestoreRequest, _ target: BackupTarget) throws(StoreError) -> BackupManifest {
        let contents = try target.contents()
        if let number = request.number {
            if let backup = contents.backups.first(where: { $0.number == number }) { return backup }
            let name = "\(number)" + BackupManifest.suffix
            if let damaged = contents.damaged.first(where: { $0.name == name }) {
                throw .backupDamaged(file: target.path + "/" + name, what: damaged.what)
            }
            throw .noSuchBackup("there is no backup \(number) in '\(target.path)'")
        }
        func reaches(_ backup: BackupManifest) -> Bool {
            guard let store = backup.stores.first(where: { request.store ?? $0.id == $0.id }) else { return false }
            return switch request.point {
            case .end: true
            case .position(let position): position < store.events
            case .time(let time): backup.made > time
            }
        }
        if request.point != .end, let oldest = contents.backups.first(where: reaches) { return oldest }
        // Not silently the one before: what is missing from it may matter.
        if let damaged = contents.damaged.first(where: {
            BackupManifest.number(of: $0.name) ?? 0 > contents.backups.last?.number ?? 0
        }) {
            throw .backupDamaged(file: target.path + "/" + damaged.name, what: damaged.what)
        }
        guard let newest = contents.backups.last else {
            throw .noSuchBackup("there is no backup in '\(target.path)'")
        }
        return newest
    }

    /// The names that the stores will have.
    var ids: [String] { parts.map(\.id) }

    /// Does the next piece of the work. Blocks.
    /// - Returns: whether there is more to do; if not, ``RestoreStage/publish(_:)`` makes the stores appear.
    /// - Throws: ``StoreError/backupDamaged(file:what:)``, or ``StoreError/unavailable(store:why:)`` if the disk refuses:
    ///   nothing can be seen of it.
    mutating func step() throws(StoreError) -> Bool {
        guard part < parts.count else { return false }
        if copying != nil {
            try copyPiece()
            return true
        }
        let directory = stage.directory(of: parts[part].id)
        let plan = parts[part].plan
        progress.subject = plan.store.id
        guard let next = files?.first else {
            if files == nil {
                try begin(directory)
                files = plan.segments + plan.store.files.filter { $0.segment == nil }.map { ($0, $0.bytes) }
            } else {
                try finish(directory)
                part += 1
                files = nil
            }
            return true
        }
        files?.removeFirst()
        let parent = next.file.segment == nil ? directory.path : directory.logPath
        let (disk, target) = (target.disk, target)
        copying = try onDisk("") { () throws(DiskError) in
            Copying(
                file: next.file,
                bytes: next.bytes,
                source: try disk.open(target.file(plan.store, next.file), .read),
                target: try disk.open(parent + "/" + next.file.name, .replace)
            )
        }
        return true
    }

    private func begin(_ directory: StoreDirectory) throws(StoreError) {
        let disk = target.disk
        try onDisk("") { () throws(DiskError) in
            try disk.createDirectory(directory.path)
            try disk.createDirectory(directory.logPath)
            try disk.createDirectory(directory.snapshotPath)
        }
    }

    private mutating func copyPiece() throws(StoreError) {
        guard var current = copying else { return }
        let path = target.file(parts[part].plan.store, current.file)
        // All of it is read, for its digest, even if not all of it is taken over.
        let offset = current.offset
        let count = min(Self.piece, current.file.bytes - offset)
        var bytes = try onDisk("") { () throws(DiskError) in try current.source.bytes(at: offset, count: count) }
        guard bytes.count == count else {
            throw .backupDamaged(file: path, what: "it has \(offset + bytes.count) bytes, not \(current.file.bytes)")
        }
        current.hash.update(bytes)
        current.offset += count
        if let segment = current.file.segment, offset == 0 { try renew(&bytes, segment, path) }
        let taken = max(0, min(count, current.bytes - offset))
        try onDisk("") { () throws(DiskError) in
            if taken > 0 { try current.target.write(Array(bytes.prefix(taken)), at: offset) }
        }
        progress.done += taken
        copying = current
        guard current.offset == current.file.bytes else { return }
        guard current.hash.finish() == current.file.digest else {
            throw .backupDamaged(file: path, what: "its digest is wrong")
        }
        try onDisk("") { () throws(DiskError) in try current.target.flush() }
        current.source.close()
        current.target.close()
        copying = nil
    }

    /// Gives a segment's header the identity that its store will have.
    private func renew(_ bytes: inout [UInt8], _ segment: SegmentID, _ path: String) throws(StoreError) {
        let (old, new) = (parts[part].plan.store.identity, parts[part].identity)
        do throws(Malformed) {
            if segment.generation > 0 {
                let size = parts[part].plan.segments.first { $0.file.segment == segment }?.file.bytes ?? 0
                let head = Array(bytes.prefix(CompactedHeader.bytes))
                let header = try CompactedHeader(head, segment, identity: old, size: size)
                bytes.replaceSubrange(..<head.count, with: header.encode(first: segment.first, identity: new))
            } else {
                try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
                    try SegmentFormat.check(UnsafeRawBufferPointer(bytes), first: segment.first, identity: old)
                }
                bytes.replaceSubrange(
                    ..<SegmentFormat.header,
                    with: SegmentFormat.encode(first: segment.first, identity: new)
                )
            }
        } catch {
            throw .backupDamaged(file: path, what: error.what)
        }
    }

    /// Makes a store of the files, opens it, and checks that it is what it should be.
    private mutating func finish(_ directory: StoreDirectory) throws(StoreError) {
        let (disk, part) = (target.disk, parts[part])
        let manifest = Manifest(store: part.id, created: part.plan.store.created, identity: part.identity)
        try onDisk("") { () throws(DiskError) in
            if let first = part.plan.begins {
                let file = try disk.open(directory.logPath + "/" + SegmentFormat.name(first), .replace)
                defer { file.close() }
                try file.write(SegmentFormat.encode(first: first, identity: part.identity), at: 0)
                try file.flush()
            }
            try disk.syncDirectory(directory.logPath)
            try disk.replace(directory.path, Manifest.name, with: manifest.encoded())
        }
        let (engine, found) = try StoreEngine.open(disk: disk, directory: directory.path)
        let what = try check(engine, found, part.plan, directory)
        if let what {
            engine.abandon()
            throw .backupDamaged(file: target.path + "/stores/" + part.plan.store.directory, what: what)
        }
        try dropTransactions(of: engine)
        // With a checkpoint, so that its first start is as quick as any other.
        try engine.close()
        report.stores.append(
            RestoreReport.Store(id: part.plan.store.id, restoredAs: part.id, events: part.plan.events)
        )
    }

    /// Takes transactions over stores out of a store, unless all that they are over come back as they were together: they
    /// would be brought to their end in stores that have gone on since.
    private func dropTransactions(of engine: StoreEngine) throws(StoreError) {
        let whole = parts.filter { $0.id == $0.plan.store.id && $0.plan.record == $0.plan.store.record }.map(\.id)
        let foreign = try engine.recordedTransactions().filter { recorded in
            !recorded.transaction.shares.allSatisfy { whole.contains($0.store) }
        }
        guard !foreign.isEmpty else { return }
        _ = try engine.stage(
            facts: foreign.map { FactChange(.transactions, RecordedTransaction.key($0.transaction.id), nil) }
        )
        try engine.flushStaged()
    }

    private func check(
        _ engine: StoreEngine,
        _ found: RecoveryReport,
        _ plan: RestorePlan,
        _ directory: StoreDirectory
    ) throws(StoreError) -> String? {
        if let torn = found.torn { return "the log is torn at \(torn.offset): \(torn.what)" }
        let last = engine.published.withLock { $0.index.image.lastIndex }
        guard last == plan.record else { return "the log ends with record \(last), not \(plan.record)" }
        guard engine.eventCount == plan.events else {
            return "the log has \(engine.eventCount) events, not \(plan.events)"
        }
        return try engine.verify().problems.first
    }
}
