#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Why a start failed, before it is known whose it was.
struct SpawnFailure: Error {
    let reason: String

    init(_ reason: String) { self.reason = reason }

    /// A call that failed with the thread's `errno`.
    init(call: String) { reason = call + ": " + String(cString: strerror(errno)) }
}

/// The variables of this program, as `name=value`.
func posixEnvironment() -> [String] {
    var variables: [String] = []
    var next: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = environ
    while let place = next, let variable = place.pointee {
        variables.append(String(cString: variable))
        next = place + 1
    }
    return variables
}

/// Starts a program.
/// - Parameters:
///   - words: its file, or a name to be looked for in the search path, and its arguments.
///   - variables: as `name=value`.
///   - group: the process group it joins; 0 for a new one, of which it is the leader.
///   - streams: its standard input, output and errors; nil for the null device.
func posixSpawn(
    _ words: [String],
    variables: [String],
    group: pid_t,
    streams: [Int32?]
) throws(SpawnFailure) -> pid_t {
    #if canImport(Darwin)
        var actions: posix_spawn_file_actions_t?
        var attributes: posix_spawnattr_t?
    #else
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, stream) in streams.enumerated() {
        let number = Int32(number)
        if let stream {
            posix_spawn_file_actions_adddup2(&actions, stream, number)
        } else {
            posix_spawn_file_actions_addopen(&actions, number, "/dev/null", O_RDWR, 0)
        }
    }
    // It starts with no signal blocked or ignored, whatever this program has done to its own.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    let handled = [
        SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGUSR1, SIGUSR2, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU,
    ]
    for number in handled { sigaddset(&signals, number) }
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setpgroup(&attributes, group)
    var flags = Int16(POSIX_SPAWN_SETSIGMASK) | Int16(POSIX_SPAWN_SETSIGDEF) | Int16(POSIX_SPAWN_SETPGROUP)
    #if canImport(Darwin)
        flags |= Int16(POSIX_SPAWN_CLOEXEC_DEFAULT)
    #endif
    posix_spawnattr_setflags(&attributes, flags)

    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup($0) } + [nil]
    defer { for text in arguments + settings { free(text) } }
    var process: pid_t = 0
    let status = posix_spawnp(&process, words[0], &actions, &attributes, &arguments, &settings)
    guard status == 0 else { throw SpawnFailure(String(cString: strerror(status))) }
    return process
}

/// Descriptors that are closed together if something goes wrong.
struct SpawnDescriptors {
    private var all: [Int32] = []

    /// A pipe that programs do not inherit: its reading end, and its writing end.
    mutating func pipe() throws(SpawnFailure) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        guard makePipe(&ends) == 0 else { throw SpawnFailure(call: "pipe") }
        return try keep(ends)
    }

    /// Two connected sockets that programs do not inherit: on Linux from the moment they are made.
    mutating func socketPair() throws(SpawnFailure) -> (Int32, Int32) {
        var ends: [Int32] = [-1, -1]
        #if canImport(Darwin)
            let type = SOCK_STREAM
        #elseif canImport(Musl)
            let type = SOCK_STREAM | SOCK_CLOEXEC
        #else
            let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        #endif
        guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { throw SpawnFailure(call: "socketpair") }
        return try keep(ends)
    }

    mutating func close(allBut kept: [Int32]) {
        for descriptor in all where !kept.contains(descriptor) { posixClose(descriptor) }
        all = []
    }

    /// Marks two descriptors as not to be inherited, and keeps them clear of those that standard streams have.
    private mutating func keep(_ ends: [Int32]) throws(SpawnFailure) -> (Int32, Int32) {
        var kept: [Int32] = []
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            guard end < 3 else {
                kept.append(end)
                continue
            }
            let copy = fcntl(end, F_DUPFD_CLOEXEC, 3)
            posixClose(end)
            if copy >= 0 { kept.append(copy) }
        }
        all += kept
        guard kept.count == 2 else { throw SpawnFailure("no descriptor is free") }
        return (kept[0], kept[1])
    }
}

// The member above has the name of the system's function, which this reaches.
private func makePipe(_ ends: inout [Int32]) -> Int32 { pipe(&ends) }

/// Sends a signal to a process, or to a group if the number is negative.
func posixKill(_ target: pid_t, _ signal: Int32) -> Int32 { kill(target, signal) }

/// Makes a descriptor's reads and writes return instead of waiting.
func posixSetNonBlocking(_ descriptor: Int32) {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
}

/// Writes as much as there is room for.
/// - Returns: how many bytes; -1 with `errno` set if none.
func posixWriteSome(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
    write(descriptor, bytes.baseAddress, bytes.count)
}

/// Reads what is there.
/// - Returns: how many bytes, 0 at the end; -1 with `errno` set if there is nothing yet.
func posixReadSome(_ descriptor: Int32, _ buffer: inout [UInt8]) -> Int {
    read(descriptor, &buffer, buffer.count)
}

/// Makes a write to a pipe that nobody reads an error in this thread, instead of the end of the program.
func posixBlockPipeSignal() {
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGPIPE)
    pthread_sigmask(SIG_BLOCK, &signals, nil)
}
