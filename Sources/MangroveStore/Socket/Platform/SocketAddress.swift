#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A Unix socket's place in the file system, however long its path is.
///
/// The kernel's structure for such an address has room for about a hundred bytes. A longer path is reached by a shorter
/// one that leads to the same directory: on Linux the one the kernel gives every open descriptor under `/proc/self/fd`,
/// elsewhere a symbolic link in a temporary directory of its own. Either lasts only as long as `body` below.
struct SocketAddress {
    /// The name of a node's socket in its data directory.
    static let socketName = "grove.sock"

    /// The data directory.
    let directory: String

    /// The socket's path, as people would write it.
    var path: String { directory.hasSuffix("/") ? directory + Self.socketName : directory + "/" + Self.socketName }

    /// The bytes `sun_path` has room for, without the zero at the end.
    static let capacity = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Runs `body` with an address of the socket and the path that is in it.
    /// - Throws: ``SocketError`` if the directory cannot be reached, or what `body` throws.
    func with<Result>(
        _ operation: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t, String) throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        guard path.utf8.count > Self.capacity else { return try use(path, body) }
        #if os(Linux)
            let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            guard descriptor >= 0 else { throw failure(errno, operation) }
            defer { close(descriptor) }
            return try use("/proc/self/fd/\(descriptor)/" + Self.socketName, body)
        #else
            var template = Array("/tmp/grove-XXXXXX".utf8CString)
            guard let made = mkdtemp(&template), let target = realpath(directory, nil) else {
                throw failure(errno, operation)
            }
            defer { free(target) }
            let temporary = String(cString: made)
            defer { rmdir(temporary) }
            let link = temporary + "/d"
            guard symlink(target, link) == 0 else { throw failure(errno, operation) }
            defer { unlink(link) }
            return try use(link + "/" + Self.socketName, body)
        #endif
    }

    private func use<Result>(
        _ path: String,
        _ body: (UnsafePointer<sockaddr>, socklen_t, String) throws(SocketError) -> Result
    ) throws(SocketError) -> Result {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let size = socklen_t(MemoryLayout<sockaddr_un>.size)
        return try withUnsafePointer(to: &address) { pointer throws(SocketError) in
            try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { rebound throws(SocketError) in
                try body(rebound, size, path)
            }
        }
    }

    /// The error that a system call left behind.
    func failure(_ number: Int32, _ operation: String) -> SocketError {
        switch number {
        case ENOENT, ENOTDIR, ECONNREFUSED:
            SocketError(operation == "connect" ? .nobodyServing : .system(number), operation, path)
        case EACCES, EPERM: SocketError(.denied, operation, path)
        default: SocketError(.system(number), operation, path)
        }
    }
}

extension SocketAddress {
    /// Connects to the node that serves the directory.
    /// - Throws: ``SocketError``; `.nobodyServing` if there is none.
    func connect() throws(SocketError) -> UnixSocket {
        guard let socket = UnixSocket.make() else { throw failure(errno, "connect") }
        socket.limitWaiting(seconds: greetingSeconds)
        try with("connect") { address, size, _ throws(SocketError) in
            guard systemConnect(socket.descriptor, address, size) == 0 else { throw failure(errno, "connect") }
        }
        return socket
    }

    /// Makes the socket and listens on it, replacing one that a killed owner left.
    ///
    /// The caller has to hold the directory's lock: that is what makes the old socket a leftover. Only the owner may
    /// connect: the permissions are set before anybody can, because a socket that does not listen yet refuses everyone.
    func listen() throws(SocketError) -> UnixSocket {
        guard let socket = UnixSocket.make() else { throw failure(errno, "listen") }
        try with("bind") { address, size, path throws(SocketError) in
            try removeLeftover(path)
            guard bind(socket.descriptor, address, size) == 0 else { throw failure(errno, "bind") }
            guard chmod(path, 0o600) == 0, systemListen(socket.descriptor, 64) == 0 else {
                let number = errno
                unlink(path)
                throw failure(number, "listen")
            }
        }
        return socket
    }

    /// Removes the socket, if it is there.
    func remove() {
        try? with("remove") { _, _, path throws(SocketError) in try removeLeftover(path) }
    }

    private func removeLeftover(_ path: String) throws(SocketError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            if errno == ENOENT { return }
            throw failure(errno, "bind")
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else { throw SocketError(.inTheWay, "bind", self.path) }
        guard unlink(path) == 0 || errno == ENOENT else { throw failure(errno, "bind") }
    }
}

/// How long either side waits for the other's greeting.
let greetingSeconds = 5

private func systemConnect(_ socket: Int32, _ address: UnsafePointer<sockaddr>, _ size: socklen_t) -> Int32 {
    connect(socket, address, size)
}

private func systemListen(_ socket: Int32, _ backlog: Int32) -> Int32 {
    listen(socket, backlog)
}
