import Mangrove
import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: readiness and signals")
struct ReadinessTests {
    /// A shell that gives the node a descriptor, which it reads itself.
    private func shell(_ script: String, _ arguments: String...) throws -> RunningProgram {
        try RunningProgram("/bin/sh", ["-c", script, "sh", Site.program] + arguments)
    }

    @Test("On the descriptor it is given a node says when its stores serve, and when it begins to stop")
    func descriptor() async throws {
        let site = Site()
        for store in ["x", "y"] { #expect(try await site.grove("stores", "create", store).code == 0) }
        // What comes first on the descriptor is that it is ready; then the script stops it, and prints all that came.
        let node = try shell(
            """
            exec 3>&1
            "$1" serve --data "$2" --ready-fd 3 >/dev/null 2>&1 &
            echo $!
            wait $!
            echo ended $?
            """,
            site.data
        )
        let number = try #require(await node.line().flatMap { Int32($0) })
        #expect(await node.line() == "READY=1")
        let health = try await site.grove("health")
        #expect(health == .init(code: 0, output: "healthy: the node and 2 stores\n", errors: ""))
        kill(number, SIGTERM)
        #expect(await node.line() == "STOPPING=1")
        #expect(await node.line() == "ended 0")
        #expect(await node.wait() == 0)
    }

    @Test("A descriptor that is not open is said before anything is opened")
    func badDescriptor() async throws {
        let site = Site()
        let outcome = try await site.grove("serve", "--ready-fd=99")
        #expect(outcome.code == 2)
        #expect(outcome.errors == "grove: --ready-fd must be an open descriptor, and 99 is not\n")
        #expect(try !site.exists("lock"))
    }

    @Test("The socket of a service manager is told the same", arguments: [false, true])
    func notifySocket(abstract: Bool) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let place = abstract ? "@mangrove-test-\(UInt64.random(in: 0 ... .max))" : try site.directory("run") + "/notify"
        let listener = try DatagramListener(place)
        let node = try RunningProgram(
            "/usr/bin/env",
            ["NOTIFY_SOCKET=\(place)", Site.program, "serve", "--data", site.data]
        )
        #expect(await node.line() != nil)
        #expect(listener.receive() == "READY=1\n")
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
        #expect(listener.receive() == "STOPPING=1\n")
    }

    @Test("SIGHUP changes nothing, and SIGUSR1 prints the tree")
    func signals() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        node.signal(SIGHUP)
        node.signal(SIGUSR1)
        #expect(try await site.grove("append", "x", "s", input: "{\"type\":\"t\",\"data\":1}\n").code == 0)
        node.signal(SIGTERM)
        let outcome = try await node.outcome()
        #expect(outcome.code == 0)
        #expect(outcome.errors.contains("store-manager"))
    }
}

/// A datagram socket that somebody else sends to.
private final class DatagramListener: Sendable {
    private let descriptor: Int32

    init(_ place: String) throws {
        #if canImport(Glibc)
            let kind = Int32(SOCK_DGRAM.rawValue)
        #else
            let kind = SOCK_DGRAM
        #endif
        descriptor = socket(AF_UNIX, kind, 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        var name = Array(place.utf8)
        if name.first == UInt8(ascii: "@") { name[0] = 0 }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let offset = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) ?? 2
        let length = socklen_t(offset + name.count + (name.first == 0 ? 0 : 1))
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, length) }
        }
        guard descriptor >= 0, bound == 0 else { throw ProgramError("no socket at \(place): \(errno)") }
    }

    deinit {
        close(descriptor)
    }

    /// Waits for the next datagram.
    func receive() -> String {
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = recv(descriptor, &bytes, bytes.count, 0)
        return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
}
