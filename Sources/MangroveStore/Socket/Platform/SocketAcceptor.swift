#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A listening socket and the means to wake the thread that waits on it.
final class SocketAcceptor: Sendable {
    private let socket: UnixSocket
    private let wakeReader: Int32
    private let wakeWriter: Int32

    /// Takes over a listening socket.
    /// - Returns: nil if the system has no descriptors left.
    init?(_ socket: UnixSocket) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return nil }
        self.socket = socket
        (wakeReader, wakeWriter) = (ends[0], ends[1])
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        // A connection that is gone again before it is accepted must not make accept wait for the next one.
        _ = fcntl(socket.descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit {
        close(wakeReader)
        close(wakeWriter)
    }

    /// Makes ``next()`` return nil from now on.
    func stop() {
        var byte: UInt8 = 0
        _ = write(wakeWriter, &byte, 1)
    }

    /// Blocks until somebody connects.
    /// - Returns: the connection, or nil when the acceptor was stopped.
    func next() -> UnixSocket? {
        while true {
            var watched = [
                pollfd(fd: wakeReader, events: Int16(POLLIN), revents: 0),
                pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0),
            ]
            _ = poll(&watched, 2, -1)
            if watched[0].revents != 0 { return nil }
            guard watched[1].revents != 0 else { continue }
            let descriptor = accept(socket.descriptor, nil, nil)
            guard descriptor < 0 else {
                _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
                // Some systems hand the listening socket's mode down.
                _ = fcntl(descriptor, F_SETFL, 0)
                return UnixSocket(adopting: descriptor)
            }
            // Out of descriptors or memory: the connection stays in the queue, so look again a little later.
            if ![EINTR, EAGAIN, ECONNABORTED].contains(errno) { _ = poll(&watched, 1, 100) }
        }
    }
}
