#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// Starts programs of the operating system, each in a process group that is killed when this program dies.
///
/// A program costs two threads here, and a waiting shell beside it.
public struct SystemPrograms: ProgramLauncher {
    /// Makes a launcher.
    public init() {}

    /// Starts a program.
    public func launch(
        _ command: ProgramCommand,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) throws(ProgramError) -> any LaunchedProgram {
        let wake: (Int32, Int32)
        var descriptors = SpawnDescriptors()
        do throws(SpawnFailure) { wake = try descriptors.socketPair() } catch {
            throw .cannotStart(command.executable, error.reason)
        }
        let group: SpawnedGroup
        do throws(ProgramError) { group = try SpawnedGroup.spawn(command) } catch {
            descriptors.close(allBut: [])
            throw error
        }
        let program = SystemProgram(group, wake: wake.1, inputLimit: command.inputLimit)
        let pump = ProgramPump(program, group, wake: wake.0, command.lineLimit, events)
        // Without its threads nobody could say what becomes of it.
        guard SystemThread.start("mangrove-program", { pump.run() }) else {
            program.kill()
            program.reap()
            program.close()
            for descriptor in [wake.0, group.input, group.output, group.errors] { posixClose(descriptor) }
            throw .cannotStart(command.executable, "no thread is free")
        }
        let isWatched = SystemThread.start("mangrove-wait") {
            SpawnedGroup.awaitEnd(group.program)
            program.reap()
        }
        guard isWatched else {
            program.kill()
            program.reap()
            throw .cannotStart(command.executable, "no thread is free")
        }
        return program
    }
}

/// A program of the operating system that was launched.
final class SystemProgram: LaunchedProgram {
    private struct State {
        /// What waits to be read by the program.
        var input: [UInt8] = []
        var isInputOpen = true
        var isInputEnding = false
        /// Whether its lines are being handled.
        var isHandling = false
        var hasEnded = false
        var exit: ProgramExit?
        /// Our end of the socket that wakes the pump, until it has gone.
        var wake: Int32?
    }

    /// What the pump has to do next.
    struct Work {
        var hasEnded: Bool
        var exit: ProgramExit?
        var isHandling: Bool
        var hasInput: Bool
        var closesInput: Bool
    }

    let processID: Int32
    private let group: SpawnedGroup
    private let inputLimit: Int
    private let state: Lock<State>

    init(_ group: SpawnedGroup, wake: Int32, inputLimit: Int) {
        self.group = group
        self.inputLimit = inputLimit
        posixSetNonBlocking(wake)
        processID = group.program
        state = Lock(State(wake: wake))
    }

    func send(_ bytes: [UInt8]) throws(ProgramError) {
        try state.withLock { state throws(ProgramError) in
            guard state.isInputOpen, !state.isInputEnding, !state.hasEnded else { throw .inputClosed }
            guard bytes.count <= inputLimit - state.input.count else { throw .inputFull(limit: inputLimit) }
            state.input += bytes
            ring(&state)
        }
    }

    func closeInput() {
        state.withLock { state in
            state.isInputEnding = true
            ring(&state)
        }
    }

    func terminate() {
        // Inside the lock its id is its own: `reap` takes it too.
        state.withLock { state in
            if !state.hasEnded { _ = posixKill(group.program, SIGTERM) }
        }
    }

    func kill() {
        state.withLock { state in
            if !state.hasEnded { _ = posixKill(-group.watcher, SIGKILL) }
        }
    }

    /// Takes the status of the program, which has ended or was killed, and ends what is left of its group.
    func reap() {
        state.withLock { state in
            guard !state.hasEnded else { return }
            state.exit = SpawnedGroup.reap(group.program)
            // The group's number is still its own, as the watcher, its leader, has not been reaped.
            _ = posixKill(-group.watcher, SIGKILL)
            _ = SpawnedGroup.reap(group.watcher)
            posixClose(group.watch)
            state.hasEnded = true
            ring(&state)
        }
    }

    // MARK: For the pump

    var work: Work {
        state.withLock { state in
            Work(
                hasEnded: state.hasEnded,
                exit: state.exit,
                isHandling: state.isHandling,
                hasInput: state.isInputOpen && !state.input.isEmpty,
                closesInput: state.isInputOpen && state.isInputEnding && state.input.isEmpty
            )
        }
    }

    func handling(_ isHandling: Bool) {
        state.withLock { state in
            state.isHandling = isHandling
            if !isHandling { ring(&state) }
        }
    }

    /// Writes what the program takes of its input, which must not block.
    /// - Returns: whether the input is still open.
    func writeInput() -> Bool {
        state.withLock { state in
            let count = state.input.withUnsafeBytes { posixWriteSome(group.input, $0) }
            if count > 0 {
                state.input.removeFirst(count)
            } else if count < 0, errno != EAGAIN, errno != EINTR {
                state.isInputOpen = false
                state.input = []
            }
            return state.isInputOpen
        }
    }

    func inputClosed() {
        state.withLock { $0.isInputOpen = false }
    }

    /// Gives the wake-up socket back.
    func close() {
        state.withLock { state in
            if let wake = state.wake.take() { posixClose(wake) }
        }
    }

    private func ring(_ state: inout State) {
        var byte: UInt8 = 0
        // Full means that the pump is about to wake anyway.
        if let wake = state.wake { _ = withUnsafeBytes(of: &byte) { posixWriteSome(wake, $0) } }
    }
}
