#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A Unix stream socket: an open descriptor, closed when the last reference to it goes, and so never while a thread is in
/// a call on it.
///
/// Calls block; they are made on socket threads only. Another thread ends them with ``shutdown(_:)``.
final class UnixSocket: Sendable {
    /// The directions a connection can be ended in.
    enum Direction {
        case reading
        case both
    }

    let descriptor: Int32

    /// Takes over an open descriptor.
    init(adopting descriptor: Int32) {
        self.descriptor = descriptor
        #if canImport(Darwin)
            var on: Int32 = 1
            setsockopt(descriptor, SOL_SOCKET, SO_NOSIGPIPE, &on, socklen_t(MemoryLayout<Int32>.size))
        #endif
    }

    deinit {
        close(descriptor)
    }

    /// Makes a socket that programs started by this one do not inherit.
    static func make() -> UnixSocket? {
        #if canImport(Darwin)
            let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
            guard descriptor >= 0 else { return nil }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        #elseif canImport(Musl)
            let descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
        #else
            let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        #endif
        return descriptor >= 0 ? UnixSocket(adopting: descriptor) : nil
    }

    /// Sends all of `bytes`; a closed other side is an error here and never a signal.
    /// - Returns: whether every byte was taken.
    func send(_ bytes: [UInt8]) -> Bool {
        #if canImport(Darwin)
            let flags: Int32 = 0
        #else
            let flags = Int32(MSG_NOSIGNAL)
        #endif
        return bytes.withUnsafeBytes { buffer in
            var sent = 0
            while sent < buffer.count {
                let rest = UnsafeRawBufferPointer(rebasing: buffer[sent...])
                let count = systemSend(descriptor, rest, flags)
                if count > 0 {
                    sent += count
                } else if errno != EINTR {
                    return false
                }
            }
            return true
        }
    }

    /// Receives exactly `count` bytes.
    /// - Returns: nil if the connection ends, fails or stays silent beyond its time limit before that.
    func receive(_ count: Int) -> [UInt8]? {
        var complete = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initialized in
            while initialized < count {
                let rest = UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(rebasing: buffer[initialized...]))
                let received = recv(descriptor, rest.baseAddress, rest.count, 0)
                if received > 0 {
                    initialized += received
                } else if received == 0 || errno != EINTR {
                    complete = false
                    return
                }
            }
        }
        return complete ? bytes : nil
    }

    /// Waits until there is something to receive, the end of the connection included.
    /// - Returns: false if the time is over before.
    func awaitInput(milliseconds: Int32) -> Bool {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&entry, 1, milliseconds) != 0
    }

    /// Ends the connection in one or both directions, waking threads that wait in calls on it.
    func shutdown(_ direction: Direction) {
        #if canImport(Darwin) || canImport(Musl)
            _ = systemShutdown(descriptor, direction == .reading ? Int32(SHUT_RD) : Int32(SHUT_RDWR))
        #else
            _ = systemShutdown(descriptor, Int32(direction == .reading ? SHUT_RD : SHUT_RDWR))
        #endif
    }

    /// Limits how long the kernel lets a call on the socket wait, or one that receives; 0 is for ever.
    func limitWaiting(seconds: Int, toReceive: Bool = false) {
        var time = timeval()
        time.tv_sec = seconds
        for option in toReceive ? [SO_RCVTIMEO] : [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }
}

// The methods above have the names of the system's functions, which these reach.

private func systemSend(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
    send(descriptor, bytes.baseAddress, bytes.count, flags)
}

private func systemShutdown(_ descriptor: Int32, _ how: Int32) -> Int32 {
    shutdown(descriptor, how)
}
