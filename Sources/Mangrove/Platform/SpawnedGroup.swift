#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

// A program and its watcher, started together in a process group of their own.
//
// The watcher is `/bin/sh`, waiting on a socket whose other end only this program holds. When this program dies, by
// whatever cause, the system closes that end, and the watcher kills its own group, itself included. It starts first and
// leads the group, so the program is never alive without it; and the group's number cannot go to others while the
// watcher has not been reaped.

/// The descriptors and process ids of a program just started.
struct SpawnedGroup {
    let program: pid_t
    /// The watcher, whose id is also the group's.
    let watcher: pid_t
    /// Our end of the watcher's socket.
    let watch: Int32
    let input: Int32
    let output: Int32
    let errors: Int32

    /// Programs that start at once must not inherit each other's pipes: where making one and marking it as not to be
    /// inherited are two steps, another start may fall between them. Process-wide, as descriptors are.
    private static let starting = Lock(())

    private static let watcherScript = "trap '' HUP INT QUIT TERM; read -r line; kill -KILL 0"

    /// Starts a program.
    static func spawn(_ command: ProgramCommand) throws(ProgramError) -> SpawnedGroup {
        try starting.withLock { _ throws(ProgramError) in
            var descriptors = SpawnDescriptors()
            do throws(SpawnFailure) {
                return try spawn(command, &descriptors)
            } catch {
                descriptors.close(allBut: [])
                throw .cannotStart(command.executable, error.reason)
            }
        }
    }

    private static func spawn(
        _ command: ProgramCommand,
        _ descriptors: inout SpawnDescriptors
    ) throws(SpawnFailure) -> SpawnedGroup {
        let watch = try descriptors.socketPair()
        let input = try descriptors.pipe()
        let output = try descriptors.pipe()
        let errors = try descriptors.pipe()
        let shell = ["/bin/sh", "-c", watcherScript]
        let watcher = try posixSpawn(shell, variables: [], group: 0, streams: [watch.1, nil, nil])
        do throws(SpawnFailure) {
            let program = try posixSpawn(
                [command.executable] + command.arguments,
                variables: command.variables(besides: posixEnvironment()),
                group: watcher,
                streams: [input.0, output.1, errors.1]
            )
            descriptors.close(allBut: [watch.0, input.1, output.0, errors.0])
            return SpawnedGroup(
                program: program,
                watcher: watcher,
                watch: watch.0,
                input: input.1,
                output: output.0,
                errors: errors.0
            )
        } catch {
            kill(watcher, SIGKILL)
            _ = reap(watcher)
            throw error
        }
    }

    /// Waits for a process to end and takes its status. Blocks.
    static func reap(_ process: pid_t) -> ProgramExit? {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0 {
            if errno != EINTR { return nil }
        }
        let signal = status & 0x7F
        return signal == 0 ? .status((status >> 8) & 0xFF) : .signal(signal)
    }

    /// Waits for a process to end and leaves its status, so that its id stays its own. Blocks.
    static func awaitEnd(_ process: pid_t) {
        var information = siginfo_t()
        while waitid(P_PID, id_t(process), &information, WEXITED | WNOWAIT) < 0 {
            if errno != EINTR { return }
        }
    }
}
