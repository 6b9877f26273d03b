import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Tells whoever has started the program that it is ready, and that it stops: in lines on a descriptor that it was given,
/// and in datagrams to the socket that a service manager names in `NOTIFY_SOCKET`.
///
/// Nobody there to be told is no reason to stop serving.
final class Readiness {
    private let descriptor: Int32?
    private let socketPath: String?

    /// - Parameters:
    ///   - descriptor: an open descriptor, or nil for none.
    ///   - socket: the path of a datagram socket, one that begins with `@` in the abstract name space; nil for none.
    /// - Throws: ``UsageError`` if there is no such descriptor.
    init(descriptor: Int?, socket: String?) throws(UsageError) {
        socketPath = socket.flatMap { $0.isEmpty ? nil : $0 }
        guard let descriptor else {
            self.descriptor = nil
            return
        }
        guard let number = Int32(exactly: descriptor), fcntl(number, F_GETFD) >= 0 else {
            throw UsageError("--ready-fd must be an open descriptor, and \(descriptor) is not")
        }
        // The programs that this one starts do not get it.
        _ = fcntl(number, F_SETFD, FD_CLOEXEC)
        self.descriptor = number
    }

    /// All stores that are to be started are.
    func ready() { tell("READY=1\n") }

    /// The program has begun to stop.
    func stopping() { tell("STOPPING=1\n") }

    private func tell(_ line: String) {
        let bytes = Array(line.utf8)
        if let descriptor { _ = write(descriptor, bytes, bytes.count) }
        if let socketPath { Self.send(bytes, to: socketPath) }
    }

    private static func send(_ bytes: [UInt8], to path: String) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(path.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        let room = MemoryLayout.size(ofValue: address.sun_path)
        guard name.count < room else { return }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        #if canImport(Glibc)
            let kind = Int32(SOCK_DGRAM.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        let sender = socket(AF_UNIX, kind, 0)
        guard sender >= 0 else { return }
        defer { close(sender) }
        // An abstract name is as long as it is said to be; a path ends with a zero byte.
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(offset + name.count + (name.first == 0 ? 0 : 1))
        withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                _ = sendto(sender, bytes, bytes.count, 0, pointer, length)
            }
        }
    }
}

/// The signals beside those that stop it to which a node that serves has an answer. One use at a time.
enum ServeSignals {
    // Safe: written once, before the handler is installed, and only read by it afterwards.
    nonisolated(unsafe) private static var writeEnd: Int32 = -1

    /// Has SIGHUP do nothing, and SIGUSR1 call `action` on a thread of its own.
    static func install(onUser action: @escaping @Sendable () -> Void) {
        signal(SIGHUP, SIG_IGN)
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        writeEnd = ends[1]
        let readEnd = ends[0]
        guard SystemThread.start("grove-signals", { watch(readEnd, action) }) else { return }
        signal(SIGUSR1) { _ in
            // All that a handler may safely do.
            var byte: UInt8 = 0
            _ = write(ServeSignals.writeEnd, &byte, 1)
        }
    }

    private static func watch(_ descriptor: Int32, _ action: @Sendable () -> Void) {
        while true {
            var byte: UInt8 = 0
            if read(descriptor, &byte, 1) == 1 { action() }
        }
    }
}
