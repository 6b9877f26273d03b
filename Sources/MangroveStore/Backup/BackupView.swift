import Mangrove

/// One store of a backup as if it were a store's directory, to be read by whatever reads those: only the files that the
/// backup names are there, and each is as long as the backup says.
struct BackupView: Disk {
    private let target: BackupTarget
    private let store: BackupManifest.Store

    /// Shows a store of a backup, at the path that is its name.
    init(_ target: BackupTarget, _ store: BackupManifest.Store) {
        self.target = target
        self.store = store
    }

    /// The store's directory in this view.
    var directory: StoreDirectory { StoreDirectory(disk: self, path: store.id, store: store.id) }

    private var manifest: [UInt8] {
        Manifest(store: store.id, created: store.created, identity: store.identity).encoded()
    }

    func list(_ path: String) throws(DiskError) -> [String] {
        switch path {
        case directory.path: return [Manifest.name, "raft_logs", "snapshots"]
        case directory.logPath: return store.files.filter { $0.segment != nil }.map(\.name).sorted()
        case directory.snapshotPath: return []
        default: throw DiskError(.notFound, "list", path)
        }
    }

    func kind(of path: String) throws(DiskError) -> DiskEntryKind? {
        if [directory.path, directory.logPath, directory.snapshotPath].contains(path) { return .directory }
        return path == directory.path + "/" + Manifest.name || file(path) != nil ? .file : nil
    }

    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        guard mode == .read else { throw DiskError(.denied, "open", path) }
        if path == directory.path + "/" + Manifest.name { return BytesFile(manifest, path) }
        guard let file = file(path) else { throw DiskError(.notFound, "open", path) }
        return LimitedFile(try target.disk.open(target.file(store, file), .read), limit: file.bytes)
    }

    private func file(_ path: String) -> BackupManifest.File? {
        store.files.first { $0.segment != nil && directory.logPath + "/" + $0.name == path }
    }

    func createDirectory(_ path: String) throws(DiskError) { throw DiskError(.denied, "create", path) }
    func rename(_ source: String, to destination: String) throws(DiskError) {
        throw DiskError(.denied, "rename", source)
    }
    func removeFile(_ path: String) throws(DiskError) { throw DiskError(.denied, "remove", path) }
    func removeDirectory(_ path: String) throws(DiskError) { throw DiskError(.denied, "remove", path) }
    func syncDirectory(_ path: String) throws(DiskError) { throw DiskError(.denied, "sync", path) }
    func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome {
        throw DiskError(.denied, "lock", path)
    }
    func freeSpace(at path: String) throws(DiskError) -> Int { try target.disk.freeSpace(at: target.path) }
}

/// The first bytes of a file, as if there were no more.
private final class LimitedFile: DiskFile {
    private let file: any DiskFile
    private let limit: Int

    init(_ file: any DiskFile, limit: Int) {
        self.file = file
        self.limit = limit
    }

    func size() throws(DiskError) -> Int { min(try file.size(), limit) }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let count = max(0, min(buffer.count, limit - offset))
        guard count > 0 else { return 0 }
        return try file.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]), at: offset)
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        throw DiskError(.denied, "write", "a backup")
    }
    func truncate(to size: Int) throws(DiskError) { throw DiskError(.denied, "truncate", "a backup") }
    func flush() throws(DiskError) {}
    func close() { file.close() }
}

/// Bytes in memory as a file that can be read.
private final class BytesFile: DiskFile {
    private let bytes: [UInt8]
    private let path: String

    init(_ bytes: [UInt8], _ path: String) {
        self.bytes = bytes
        self.path = path
    }

    func size() throws(DiskError) -> Int { bytes.count }

    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        let part = bytes.dropFirst(max(0, offset)).prefix(buffer.count)
        buffer.copyBytes(from: part)
        return part.count
    }

    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        throw DiskError(.denied, "write", path)
    }
    func truncate(to size: Int) throws(DiskError) { throw DiskError(.denied, "truncate", path) }
    func flush() throws(DiskError) {}
    func close() {}
}
