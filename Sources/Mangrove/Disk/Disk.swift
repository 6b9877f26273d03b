/// The file operations a runtime offers to what runs in it.
///
/// Every call blocks, so it is only made on the runtime's blocking threads, never on the cooperative pool. The runtime's
/// own disk is ``POSIXDisk``; simulations bring one that loses, tears and corrupts on request. Paths are plain strings;
/// relative ones are relative to the working directory.
///
/// Nothing here is durable until flushed: a file's bytes by ``DiskFile/flush()``, the existence, name or absence of a
/// file by ``syncDirectory(_:)`` on the directory that holds it.
public protocol Disk: Sendable {
    /// Creates a directory; fine if it exists. Its parent must exist.
    /// - Throws: ``DiskError``; nothing was created.
    func createDirectory(_ path: String) throws(DiskError)

    /// The names in a directory, sorted, without `.` and `..`.
    /// - Throws: ``DiskError``, with code `.notFound` if there is no such directory.
    func list(_ path: String) throws(DiskError) -> [String]

    /// What stands at `path`, or nil.
    func kind(of path: String) throws(DiskError) -> DiskEntryKind?

    /// Opens a file.
    /// - Throws: ``DiskError``: `.notFound` when opening a missing file for reading, `.exists` when creating one that is
    ///   there.
    func open(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> any DiskFile

    /// Gives a file or directory another name, replacing a file that has it.
    func rename(_ source: String, to destination: String) throws(DiskError)

    /// Removes a file.
    func removeFile(_ path: String) throws(DiskError)

    /// Removes an empty directory.
    func removeDirectory(_ path: String) throws(DiskError)

    /// Makes the entries of a directory durable: names created, renamed and removed in it.
    func syncDirectory(_ path: String) throws(DiskError)

    /// Takes the exclusive lock on the file at `path`, creating it if needed, without waiting.
    ///
    /// The lock is the kernel's, on an open descriptor: it ends with the process, however that ends, and leaves nothing to
    /// clean up. `note` is written into the file, for messages only.
    /// - Returns: the lock, or what the present holder wrote as its note.
    func lock(_ path: String, note: String) throws(DiskError) -> DiskLockOutcome

    /// Bytes free for this program on the file system that holds `path`.
    func freeSpace(at path: String) throws(DiskError) -> Int
}

/// An open file; closed when released, or by ``close()``.
public protocol DiskFile: AnyObject, Sendable {
    /// Bytes in the file.
    func size() throws(DiskError) -> Int

    /// Reads up to `buffer.count` bytes at `offset`; fewer only at the end of the file.
    func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(DiskError) -> Int

    /// Writes all of `bytes` at `offset`, extending the file as needed.
    /// - Throws: ``DiskError``; any part of the bytes may have been written.
    func write(_ bytes: UnsafeRawBufferPointer, at offset: Int) throws(DiskError)

    /// Cuts or extends (with zeros) the file.
    func truncate(to size: Int) throws(DiskError)

    /// Makes the file's bytes and size durable.
    /// - Throws: ``DiskError``; which of the unflushed bytes are durable is then unknown, and stays unknown: flushing again
    ///   proves nothing.
    func flush() throws(DiskError)

    /// Closes the file. Later calls throw; closing twice is fine.
    func close()
}

/// What stands at a path.
public enum DiskEntryKind: Sendable, Equatable {
    /// A regular file.
    case file
    /// A directory.
    case directory
    /// Anything else: a socket, a device.
    case other
}

/// How a file is opened. A file that is created can be read by everyone, unless the mode says otherwise.
public enum DiskOpenMode: Sendable, Equatable {
    /// For reading; it must exist.
    case read
    /// For reading and writing; it must exist.
    case readWrite
    /// For reading and writing; it must not exist.
    case create
    /// As ``create``, for a secret: nobody but the owner may read it.
    case createPrivate
    /// For reading and writing; created if it is not there, emptied if it is.
    case replace
}

/// The answer to ``Disk/lock(_:note:)``.
public enum DiskLockOutcome: Sendable {
    /// The lock is ours until the value is released.
    case held(any DiskLock)
    /// Somebody else has it; `note` is what they wrote.
    case heldElsewhere(note: String)
}

/// A held lock; given up by ``unlock()`` or when released.
public protocol DiskLock: AnyObject, Sendable {
    /// Gives the lock up. Twice is fine.
    func unlock()
}

/// A file operation that failed: which, where, and the system's error.
public struct DiskError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The kinds of failure callers tell apart.
    public enum Code: Sendable, Equatable {
        /// There is nothing at the path.
        case notFound
        /// There already is something at the path.
        case exists
        /// The file system is full, or a quota is.
        case full
        /// The program may not do this.
        case denied
        /// The file was closed.
        case closed
        /// Anything else: the `errno` value.
        case system(Int32)
    }

    /// What kind of failure it was.
    public var code: Code
    /// The operation, as a word: `open`, `write`, `flush`.
    public var operation: String
    /// The path it concerned.
    public var path: String

    /// Makes an error.
    public init(_ code: Code, _ operation: String, _ path: String) {
        self.code = code
        self.operation = operation
        self.path = path
    }

    /// One line: what failed, where, and why.
    public var description: String {
        let reason =
            switch code {
            case .notFound: "no such file or directory"
            case .exists: "it already exists"
            case .full: "no space left"
            case .denied: "permission denied"
            case .closed: "the file was closed"
            case .system(5): "the disk gave an input or output error"
            case .system(30): "the file system is read-only"
            case .system(let number): "system error \(number)"
            }
        return "\(operation) \(path): \(reason)"
    }
}
