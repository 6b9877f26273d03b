public import Mangrove

/// One thing that was done to a ``SimulatedDisk`` and succeeded, in the order it happened.
public enum DiskOperation: Sendable, Equatable {
    /// A directory was made.
    case createdDirectory(String)
    /// A file was opened.
    case opened(String, DiskOpenMode)
    /// Bytes were written to a file.
    case wrote(String, offset: Int, count: Int)
    /// A file was cut or extended.
    case truncated(String, size: Int)
    /// A file's bytes became durable.
    case flushed(String)
    /// A file or directory got another name.
    case renamed(String, to: String)
    /// A file was removed.
    case removedFile(String)
    /// A directory was removed.
    case removedDirectory(String)
    /// A directory's entries became durable.
    case syncedDirectory(String)
    /// A lock was taken.
    case locked(String)
    /// The power failed.
    case crashed
    /// Something a test wanted to see between the others; see ``SimulatedDisk/note(_:)``.
    case note(String)
}

/// What survives a ``SimulatedDisk/crash(_:)`` of all that was not made durable.
public enum CrashPolicy: Sendable, Hashable {
    /// Nothing.
    case dropAll
    /// Everything: only the program ended.
    case keepAll
    /// By the disk's seed, each unflushed write is lost, kept, or torn at any byte or sector, later ones independently of
    /// earlier ones; and each unsynced change of a directory has happened or not.
    case random
}

/// What can go wrong with a ``SimulatedDisk``.
public enum DiskFault: Sendable, Hashable {
    /// The power failed, with what that leaves.
    case crash(CrashPolicy)
    /// A flush failed.
    case failedFlush
    /// A write failed after a part of its bytes.
    case failedWrite
    /// A sync of a directory failed.
    case failedSync
    /// A write found the disk full.
    case full
    /// A byte changed by itself.
    case flippedByte
}
