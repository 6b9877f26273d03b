#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program just started, with our ends of its three pipes.
struct Spawned {
    let processID: Int32
    let input: Int32
    let output: Int32
    let errors: Int32

    /// Starts it. Not two at once: see where it is called.
    init(_ words: [String], _ environment: [String: String], _ directory: String?) throws(ProgramError) {
        // A program that ends before it has read its input must not end the tests.
        signal(SIGPIPE, SIG_IGN)
        var pipes: [(reader: Int32, writer: Int32)] = []
        func failure(_ reason: String) -> ProgramError {
            for pipe in pipes {
                close(pipe.reader)
                close(pipe.writer)
            }
            return ProgramError("\(words[0]): \(reason)")
        }
        for _ in 0..<3 {
            var ends: [Int32] = [-1, -1]
            guard pipe(&ends) == 0 else { throw failure("no pipe can be made") }
            for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
            pipes.append((ends[0], ends[1]))
        }

        #if canImport(Darwin)
            var actions: posix_spawn_file_actions_t?
            var attributes: posix_spawnattr_t?
        #else
            var actions = posix_spawn_file_actions_t()
            var attributes = posix_spawnattr_t()
        #endif
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].reader, 0)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].writer, 1)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].writer, 2)

        // The program starts with the signals as any shell would hand them on, whatever the tests have done to theirs.
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        for number in [SIGPIPE, SIGINT, SIGTERM] { sigaddset(&signals, number) }
        posix_spawnattr_setsigdefault(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF))

        // Not everywhere can a program be started in another directory than ours, so a shell goes there and becomes it.
        let words = directory.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] + words } ?? words
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var variables = Self.variables(with: environment).map { strdup($0) } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var started: pid_t = 0
        let status = posix_spawnp(&started, words[0], &actions, &attributes, &arguments, &variables)
        guard status == 0 else { throw failure(String(cString: strerror(status))) }
        close(pipes[0].reader)
        close(pipes[1].writer)
        close(pipes[2].writer)
        (processID, input, output, errors) = (started, pipes[0].writer, pipes[1].reader, pipes[2].reader)
    }

    /// The test's own environment with `changes`, without what would change what the programs do.
    private static func variables(with changes: [String: String]) -> [String] {
        var values: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        values["MANGROVE_DATA_DIR"] = nil
        return values.merging(changes) { $1 }.map { "\($0)=\($1)" }
    }
}

/// What came of reading from a program.
enum Piece {
    case bytes(Int)
    case end
    case silence
}

/// Reads what there is, once there is something. Blocks, for `patience` seconds at most.
func systemRead(_ descriptor: Int32, _ buffer: inout [UInt8], patience: Int32) -> Piece {
    while true {
        var watched = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        let ready = poll(&watched, 1, patience * 1_000)
        if ready == 0 { return .silence }
        let count = read(descriptor, &buffer, buffer.count)
        if count > 0 { return .bytes(count) }
        if count == 0 || errno != EINTR { return .end }
    }
}

/// Writes all of `bytes`. Blocks.
/// - Returns: whether they were taken.
func systemWrite(_ descriptor: Int32, _ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { buffer in
        var written = 0
        while written < buffer.count {
            let rest = UnsafeRawBufferPointer(rebasing: buffer[written...])
            let count = write(descriptor, rest.baseAddress, rest.count)
            if count > 0 { written += count } else if errno != EINTR { return false }
        }
        return true
    }
}

/// Waits until a program has ended, without taking its exit code: its id stays its own. Blocks.
func systemAwait(_ processID: Int32) {
    var information = siginfo_t()
    while waitid(P_PID, id_t(processID), &information, WEXITED | WNOWAIT) != 0 {
        if errno != EINTR { return }
    }
}

/// Takes the exit code of a program that has ended: 128 and the signal's number if a signal ended it.
func systemReap(_ processID: Int32) -> Int32 {
    var status: Int32 = 0
    while waitpid(processID, &status, 0) < 0 {
        if errno != EINTR { return -1 }
    }
    let signal = status & 0x7F
    return signal == 0 ? (status >> 8) & 0xFF : 128 + signal
}
