#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// The system calls behind ``POSIXDisk``, as free functions: inside types with methods called `open` or `read` the C names
// would be hidden.

/// Makes an error of the thread's `errno`; call it right after the call that failed.
func posixError(_ operation: String, _ path: String) -> DiskError {
    let number = errno
    let code: DiskError.Code =
        switch number {
        case ENOENT: .notFound
        case EEXIST: .exists
        case ENOSPC, EDQUOT: .full
        case EACCES, EPERM: .denied
        default: .system(number)
        }
    return DiskError(code, operation, path)
}

/// Calls `body` again as long as a signal interrupts it.
func posixRetry(_ body: () -> Int) -> Int {
    while true {
        let result = body()
        if result >= 0 || errno != EINTR { return result }
    }
}

/// Opens `path` for this program only: what it starts does not inherit the descriptor.
func posixOpen(
    _ path: String,
    flags: Int32,
    permissions: mode_t = 0o644,
    operation: String
) throws(DiskError) -> Int32 {
    let descriptor = posixRetry { Int(open(path, flags | O_CLOEXEC, permissions)) }
    guard descriptor >= 0 else { throw posixError(operation, path) }
    return Int32(descriptor)
}

func posixOpen(_ path: String, _ mode: DiskOpenMode) throws(DiskError) -> Int32 {
    let flags =
        switch mode {
        case .read: O_RDONLY
        case .readWrite: O_RDWR
        case .create, .createPrivate: O_RDWR | O_CREAT | O_EXCL
        case .replace: O_RDWR | O_CREAT | O_TRUNC
        }
    return try posixOpen(path, flags: flags, permissions: mode == .createPrivate ? 0o600 : 0o644, operation: "open")
}

func posixClose(_ descriptor: Int32) {
    // Not again after EINTR: the descriptor is gone by then and its number may already be someone else's.
    _ = close(descriptor)
}

func posixSize(_ descriptor: Int32, _ path: String) throws(DiskError) -> Int {
    var status = stat()
    guard posixRetry({ Int(fstat(descriptor, &status)) }) == 0 else { throw posixError("size", path) }
    return Int(status.st_size)
}

func posixRead(
    _ descriptor: Int32,
    into buffer: UnsafeMutableRawBufferPointer,
    at offset: Int,
    _ path: String
) throws(DiskError) -> Int {
    var done = 0
    while done < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
        let count = posixRetry { pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done)) }
        guard count >= 0 else { throw posixError("read", path) }
        if count == 0 { break }
        done += count
    }
    return done
}

func posixWrite(
    _ descriptor: Int32,
    _ bytes: UnsafeRawBufferPointer,
    at offset: Int,
    _ path: String
) throws(DiskError) {
    var done = 0
    while done < bytes.count {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[done...])
        let count = posixRetry { pwrite(descriptor, rest.baseAddress, rest.count, off_t(offset + done)) }
        guard count >= 0 else { throw posixError("write", path) }
        // A call that writes nothing and reports nothing would loop here for ever.
        guard count > 0 else { throw DiskError(.system(EIO), "write", path) }
        done += count
    }
}

func posixTruncate(_ descriptor: Int32, to size: Int, _ path: String) throws(DiskError) {
    guard posixRetry({ Int(ftruncate(descriptor, off_t(size))) }) == 0 else { throw posixError("truncate", path) }
}

/// Brings a file's bytes to the device itself; with `metadata` also what only fsync brings.
func posixFlush(_ descriptor: Int32, metadata: Bool, _ path: String) throws(DiskError) {
    #if canImport(Darwin)
        // Here fsync leaves the bytes in the device's own cache.
        let result = posixRetry { Int(fcntl(descriptor, F_FULLFSYNC)) }
    #else
        let result = posixRetry { Int(metadata ? fsync(descriptor) : fdatasync(descriptor)) }
    #endif
    guard result == 0 else { throw posixError("flush", path) }
}

func posixSyncDirectory(_ path: String) throws(DiskError) {
    let descriptor = try posixOpen(path, flags: O_RDONLY | O_DIRECTORY, operation: "sync")
    defer { posixClose(descriptor) }
    #if canImport(Darwin)
        // File systems without the full flush for directories answer fsync.
        var result = posixRetry { Int(fcntl(descriptor, F_FULLFSYNC)) }
        if result != 0 { result = posixRetry { Int(fsync(descriptor)) } }
    #else
        let result = posixRetry { Int(fsync(descriptor)) }
    #endif
    guard result == 0 else { throw posixError("sync", path) }
}

/// Whether the exclusive lock was free and is now this descriptor's.
func posixTryLock(_ descriptor: Int32, _ path: String) throws(DiskError) -> Bool {
    if posixRetry({ Int(flock(descriptor, LOCK_EX | LOCK_NB)) }) == 0 { return true }
    if errno == EWOULDBLOCK { return false }
    throw posixError("lock", path)
}
