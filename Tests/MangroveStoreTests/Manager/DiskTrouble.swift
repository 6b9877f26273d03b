import Mangrove
import MangroveTesting

/// A disk of which parts can be made read-only, as a system does with a file system it does not trust any more.
final class TroubledDisk: Disk {
    private let disk: SimulatedDisk
    fileprivate let readOnly = Lock<Set<String>>([])

    init(_ disk: SimulatedDisk) { self.disk = disk }

    /// Makes everything below a path read-only, or as it was.
    func remount(_ path: String, readOnly isReadOnly: Bool) {
        readOnly.withLock { paths in
            if isReadOnly { paths.insert(path) } else { paths.remove(path) }
        }
    }

    fileprivate func check(_ operation: String, _ path: String) throws(DiskError) {
        guard !readOnly.withLock({ paths in paths.contains { path.hasPrefix($0) } }) else {
            throw DiskError(.system(30), operation, path)
        }
    }

    func createDirectory(_ path: String) throws(DiskError) {
        try check("create directory", path)
        try disk.createDirectory(path)
    }
    func list(_ path: String) throws(DiskError) -> [String] { try disk.list(path) }
    func kind(of path: String) throws(DiskError) -> DiskEntryKind? { try disk.kind(of: path) }
    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        if mode != .read { try check("open", path) }
        return TroubledFile(try disk.open(path, mode), self, path)
    }
    func rename(_ source: String, to destination: String) throws(DiskError) {
        try check("rename", source)
        try disk.rename(source, to: destination)
    }
    func removeFile(_ path: String) throws(DiskError) {
        try check("remove", path)
        try disk.removeFile(path)
    }
    func removeDirectory(_ path: String) throws(DiskError) {
        try check("remove directory", path)
        try disk.removeDirectory(path)
    }
    func syncDirectory(_ path: String) throws(DiskError) { try disk.syncDirectory(path) }
    func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome { try disk.lock(path, note: note) }
    func freeSpace(at path: String) throws(DiskError) -> Int { try disk.freeSpace(at: path) }
}

private final class TroubledFile: DiskFile {
    private let file: any DiskFile
    private let disk: TroubledDisk
    private let path: String

    init(_ file: any DiskFile, _ disk: TroubledDisk, _ path: String) {
        self.file = file
        self.disk = disk
        self.path = path
    }

    func size() throws(DiskError) -> Int { try file.size() }
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int {
        try file.read(into: buffer, at: offset)
    }
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError) {
        try disk.check("write", path)
        try file.write(bytes, at: offset)
    }
    func truncate(to size: Int) throws(DiskError) {
        try disk.check("truncate", path)
        try file.truncate(to: size)
    }
    func flush() throws(DiskError) {
        try disk.check("flush", path)
        try file.flush()
    }
    func close() { file.close() }
}

extension SimulatedDisk {
    /// Removes a directory with all that is in it, behind everybody's back.
    func removeTree(_ path: String) throws {
        for name in try list(path) {
            let inner = path + "/" + name
            if try kind(of: inner) == .directory { try removeTree(inner) } else { try removeFile(inner) }
        }
        try removeDirectory(path)
    }
}
