#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Another program, started by this one.
final class ChildProgram: Sendable {
    /// Its process id.
    let processID: Int32
    private let output: Int32

    /// Starts `program` with `arguments`; what it prints is read with ``readOutput(_:)``. Its standard error is dropped.
    /// - Parameter program: a path, or a name to be looked for in the search path.
    /// - Throws: ``StreamError`` if it cannot be started.
    init(_ program: String, _ arguments: [String]) throws(StreamError) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw StreamError(name: program, reason: "no pipe can be made") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
        #else
            var actions = posix_spawn_file_actions_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
        var words: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var started: pid_t = 0
        let status = posix_spawnp(&started, program, &actions, nil, words, environ)
        close(ends[1])
        guard status == 0 else {
            close(ends[0])
            throw StreamError(name: program, reason: String(cString: strerror(status)))
        }
        processID = started
        output = ends[0]
    }

    deinit {
        close(output)
    }

    /// Hands what the program prints to `take`, piece by piece, until it closes its output. Blocks.
    func readOutput(_ take: ([UInt8]) throws -> Void) throws {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(output, &buffer, buffer.count)
            if count > 0 {
                try take(Array(buffer[..<count]))
            } else if count == 0 {
                return
            } else if errno != EINTR {
                throw StreamError(name: "a child program", reason: String(cString: strerror(errno)))
            }
        }
    }

    /// Sends it a signal.
    func signal(_ number: Int32) {
        kill(processID, number)
    }

    /// Waits for its end. Blocks.
    /// - Returns: its exit code, or 128 and the number of the signal that ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(processID, &status, 0) < 0 {
            if errno != EINTR { return -1 }
        }
        let signal = status & 0x7F
        return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
    }

    /// The number of the signal that cannot be caught.
    static var killSignal: Int32 { SIGKILL }
    /// The number of the signal that asks a program to stop.
    static var stopSignal: Int32 { SIGTERM }
}

extension System {
    /// This program's own id.
    static var processID: Int32 { getpid() }

    /// The path of this program's own file.
    static var ownPath: String {
        var buffer = [UInt8](repeating: 0, count: 4_096)
        let count = buffer.withUnsafeMutableBytes { bytes -> Int in
            guard let start = bytes.baseAddress else { return 0 }
            return readlink("/proc/self/exe", start.assumingMemoryBound(to: CChar.self), bytes.count)
        }
        // Where the system does not tell it this way, the way it was called has to do.
        return count > 0 ? String(decoding: buffer[..<count], as: UTF8.self) : CommandLine.arguments.first ?? "grove"
    }

    /// Makes a directory of our own for temporary files.
    static func makeTemporaryDirectory(_ prefix: String) throws(StreamError) -> String {
        let base = environment("TMPDIR").flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp"
        var template = Array((base + "/" + prefix + "XXXXXX").utf8CString)
        guard mkdtemp(&template) != nil else {
            throw StreamError(name: base, reason: String(cString: strerror(errno)))
        }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
