#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The file systems of this machine.
///
/// Descriptors are not inherited by programs started from this one. Calls interrupted by a signal go on.
public struct POSIXDisk: Disk {
    /// Makes a disk; any number of them are the same one.
    public init() {}

    /// Creates a directory; fine if it exists. Its parent must exist.
    /// - Throws: ``DiskError``; nothing was created.
    public func createDirectory(_ path: String) throws(DiskError) {
        if posixRetry({ Int(mkdir(path, 0o755)) }) == 0 { return }
        let error = posixError("create directory", path)
        if error.code == .exists, try kind(of: path) == .directory { return }
        throw error
    }

    /// The names in a directory, sorted, without `.` and `..`. A name that is not UTF-8 comes with its faults repaired,
    /// and so names nothing.
    /// - Throws: ``DiskError``, with code `.notFound` if there is no such directory.
    public func list(_ path: String) throws(DiskError) -> [String] {
        guard let directory = opendir(path) else { throw posixError("list", path) }
        defer { closedir(directory) }
        var names: [String] = []
        while true {
            // The end and a failure both come as nil; only errno tells them apart.
            errno = 0
            guard let entry = readdir(directory) else { break }
            let name = withUnsafePointer(to: &entry.pointee.d_name) { field in
                field.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: field.pointee)) {
                    String(cString: $0)
                }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        guard errno == 0 else { throw posixError("list", path) }
        return names.sorted()
    }

    /// What stands at `path`, or nil. A symbolic link counts as what it leads to.
    /// - Throws: ``DiskError`` if it cannot be told.
    public func kind(of path: String) throws(DiskError) -> DiskEntryKind? {
        var status = stat()
        guard posixRetry({ Int(stat(path, &status)) }) == 0 else {
            let error = posixError("look up", path)
            if error.code == .notFound || error.code == .system(ENOTDIR) { return nil }
            throw error
        }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return .file
        case S_IFDIR: return .directory
        default: return .other
        }
    }

    /// Opens a file.
    /// - Throws: ``DiskError``: `.notFound` when opening a missing file for reading, `.exists` when creating one that is
    ///   there.
    public func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile {
        POSIXFile(path: path, descriptor: try posixOpen(path, mode))
    }

    /// Gives a file or directory another name, replacing a file that has it. Readers see the one or the other.
    /// - Throws: ``DiskError``; nothing was renamed.
    public func rename(_ source: String, to destination: String) throws(DiskError) {
        guard posixRetry({ Int(renameat(AT_FDCWD, source, AT_FDCWD, destination)) }) == 0 else {
            throw posixError("rename", source)
        }
    }

    /// Removes a file.
    /// - Throws: ``DiskError``; nothing was removed.
    public func removeFile(_ path: String) throws(DiskError) {
        guard posixRetry({ Int(unlink(path)) }) == 0 else { throw posixError("remove", path) }
    }

    /// Removes an empty directory.
    /// - Throws: ``DiskError``; nothing was removed.
    public func removeDirectory(_ path: String) throws(DiskError) {
        guard posixRetry({ Int(rmdir(path)) }) == 0 else { throw posixError("remove directory", path) }
    }

    /// Makes the entries of a directory durable: names created, renamed and removed in it.
    /// - Throws: ``DiskError``; which of them are durable is then unknown.
    public func syncDirectory(_ path: String) throws(DiskError) {
        try posixSyncDirectory(path)
    }

    /// Takes the exclusive lock on the file at `path`, creating it if needed, without waiting.
    ///
    /// Another descriptor of this same program is refused as well. The note is read without the lock when refused, so the
    /// note of a holder that is just starting can be empty or an older one's.
    /// - Returns: the lock, or what the present holder wrote as its note.
    /// - Throws: ``DiskError``; the lock was not taken.
    public func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome {
        let descriptor = try posixOpen(path, flags: O_RDWR | O_CREAT, operation: "lock")
        let file = POSIXFile(path: path, descriptor: descriptor)
        guard try posixTryLock(descriptor, path) else {
            var text = [UInt8](repeating: 0, count: 256)
            let count = try text.withUnsafeMutableBufferPointer { buffer throws(DiskError) in
                try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
            }
            file.close()
            return .heldElsewhere(note: String(decoding: text.prefix(count), as: UTF8.self))
        }
        try file.truncate(to: 0)
        try Array(note.utf8).withUnsafeBufferPointer { buffer throws(DiskError) in
            try file.write(UnsafeRawBufferPointer(buffer), at: 0)
        }
        return .held(POSIXLock(file: file))
    }

    /// Bytes free for this program on the file system that holds `path`.
    /// - Throws: ``DiskError`` if it cannot be told.
    public func freeSpace(at path: String) throws(DiskError) -> Int {
        var status = statvfs()
        guard posixRetry({ Int(statvfs(path, &status)) }) == 0 else { throw posixError("measure", path) }
        let (bytes, overflow) = UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize))
        return overflow ? Int.max : Int(clamping: bytes)
    }
}
