public import Mangrove

/// What a check of one store of a backup found.
public struct BackupCheckReport: Sendable, Equatable {
    /// Which backup of its target it is.
    public var number: Int
    /// When its positions were taken.
    public var made: Timestamp
    /// The store; empty where the backup's manifest cannot be read.
    public var store: String
    /// How many events there had been: the position after the last.
    public var events: Int
    /// Bytes of the store's files.
    public var bytes: Int
    /// What is wrong; empty for a sound backup.
    public var problems: [String]

    /// Says what was found.
    public init(number: Int, made: Timestamp, store: String, events: Int, bytes: Int, problems: [String]) {
        self.number = number
        self.made = made
        self.store = store
        self.events = events
        self.bytes = bytes
        self.problems = problems
    }
}

/// Checks backups: the manifest, the digest of every file, and of the log that they make up all that `verify` checks of a
/// store's.
struct BackupCheck: Sendable {
    private let target: BackupTarget

    init(_ target: BackupTarget) {
        self.target = target
    }

    /// Checks all backups of the target, or one. Blocks for as long as reading all of it takes.
    /// - Throws: ``StoreError/noSuchBackup(_:)``; ``StoreError/unavailable(store:why:)`` if the disk cannot be read.
    func run(number: Int? = nil) throws(StoreError) -> [BackupCheckReport] {
        let contents = try target.contents()
        var reports: [BackupCheckReport] = []
        // A file that several backups have in the same length is read once.
        var digests: [String: [UInt8]] = [:]
        for backup in contents.backups where number ?? backup.number == backup.number {
            for store in backup.stores { reports.append(try check(backup, store, &digests)) }
        }
        for (name, what) in contents.damaged {
            guard let found = BackupManifest.number(of: name), number ?? found == found else { continue }
            reports.append(
                BackupCheckReport(
                    number: found,
                    made: Timestamp(microseconds: 0),
                    store: "",
                    events: 0,
                    bytes: 0,
                    problems: ["\(target.path)/\(name): \(what)"]
                )
            )
        }
        guard !reports.isEmpty || contents.backups.contains(where: { $0.number == number }) else {
            let which = number.map { "backup \($0)" } ?? "backup"
            throw .noSuchBackup("there is no \(which) in '\(target.path)'")
        }
        return reports
    }

    private func check(
        _ backup: BackupManifest,
        _ store: BackupManifest.Store,
        _ digests: inout [String: [UInt8]]
    ) throws(StoreError) -> BackupCheckReport {
        var problems: [String] = []
        for file in store.files {
            let path = target.file(store, file)
            let key = "\(path) \(file.bytes)"
            let digest: [UInt8]
            if let known = digests[key] {
                digest = known
            } else {
                guard let found = try self.digest(path, file.bytes) else {
                    problems.append("\(path): the file is missing, or shorter than \(file.bytes) bytes")
                    continue
                }
                digest = found
                digests[key] = found
            }
            guard digest != file.digest else { continue }
            problems.append("\(path): the digest of its first \(file.bytes) bytes is wrong")
        }
        // Of files that are not what they were nothing else is worth saying.
        if problems.isEmpty, !store.files.isEmpty, store.record > 0 {
            let view = BackupView(target, store)
            let report = try LogVerifier.run(disk: view, directory: view.directory)
            problems += report.problems
        }
        return BackupCheckReport(
            number: backup.number,
            made: backup.made,
            store: store.id,
            events: store.events,
            bytes: store.bytes,
            problems: problems
        )
    }

    private func digest(_ path: String, _ count: Int) throws(StoreError) -> [UInt8]? {
        let disk = target.disk
        return try onDisk("") { () throws(DiskError) in
            guard try disk.kind(of: path) == .file else { return nil }
            let file = try disk.open(path, .read)
            defer { file.close() }
            var hash = SHA256()
            var offset = 0
            while offset < count {
                let bytes = try file.bytes(at: offset, count: min(1 << 20, count - offset))
                guard !bytes.isEmpty else { return nil }
                hash.update(bytes)
                offset += bytes.count
            }
            return hash.finish()
        }
    }
}

/// What can be done with backups where no node is needed.
public enum Backups {
    /// Checks all backups in a directory, or the one with a number: the manifest, the digest of every file, and every rule
    /// that the logs they hold keep.
    ///
    /// - Returns: what was found, for each backup and store; all are sound if no report has problems.
    /// - Throws: ``StoreError/noSuchBackup(_:)``; ``StoreError/unavailable(store:why:)`` if the disk cannot be read.
    public static func check(
        _ directory: String,
        number: Int? = nil,
        in runtime: Runtime
    ) async throws -> [BackupCheckReport] {
        let target = BackupTarget(disk: runtime.environment.disk, path: directory)
        return try await runtime.environment.blocking.run { try BackupCheck(target).run(number: number) }
    }
}
