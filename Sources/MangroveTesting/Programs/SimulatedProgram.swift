public import Mangrove

/// A program that runs in a simulation, as its own script sees it, and as a test does.
///
/// Standard output is a pipe of 64 KiB: who prints more than its process takes has to wait. Once the program has ended,
/// everything its script waits for throws `CancellationError`, and nothing it does is seen.
public final class SimulatedProgram: LaunchedProgram {
    /// What SIGTERM does.
    private enum Termination {
        case ends
        case ignored
        case runs(@Sendable (SimulatedProgram) async throws -> Void)
    }

    private enum Output {
        case line(String)
        case tooLong
    }

    private struct State {
        var input: [UInt8] = []
        var isInputOpen = true
        var output: [Output] = []
        var outputBytes = 0
        var isHandling = false
        /// A line was too long: nothing of the output is read any more.
        var isOutputOver = false
        var termination = Termination.ends
        var lingering = Duration.zero
        /// What it is ending with, from the moment it can do nothing any more.
        var ending: ProgramExit?
        var exit: ProgramExit?
        var isTold = false
        var signals: [Int32] = []
        var waiters: [UnsafeContinuation<Void, Never>] = []
    }

    private static let pipeSize = 1 << 16

    /// The number by which others know it.
    public let processID: Int32
    /// How it was started.
    public let command: ProgramCommand
    private let tasks: any TaskSpawner
    private let clock: any RuntimeClock
    private let events: @Sendable (ProgramEvent) -> Void
    private let state = Lock(State())

    init(
        _ processID: Int32,
        _ command: ProgramCommand,
        _ tasks: any TaskSpawner,
        _ clock: any RuntimeClock,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) {
        self.processID = processID
        self.command = command
        self.tasks = tasks
        self.clock = clock
        self.events = events
    }

    // MARK: For tests

    /// How it ended, once it has.
    public var exit: ProgramExit? { state.withLock { $0.exit } }

    /// The signals it was sent, first first: 15 for SIGTERM, 9 for SIGKILL.
    public var signals: [Int32] { state.withLock { $0.signals } }

    /// Ends it from outside, as a crash or somebody's kill would.
    public func end(_ exit: ProgramExit) {
        let lingering = state.withLock { state -> Duration? in
            guard state.ending == nil else { return nil }
            state.ending = exit
            return state.lingering
        }
        guard let lingering else { return }
        // From here on it can do nothing; who waits learns of it.
        change { _ in }
        guard lingering > .zero else { return gone() }
        _ = clock.schedule(after: lingering) { [self] in gone() }
    }

    // MARK: For its script

    /// Prints a line on standard output, and waits while the pipe is full.
    /// - Throws: `CancellationError` if the program has ended.
    public func print(_ line: String) async throws {
        try check()
        change { state in
            if line.utf8.count > command.lineLimit {
                state.output.append(.tooLong)
            } else {
                state.output.append(.line(line))
            }
            state.outputBytes += line.utf8.count + 1
        }
        pumpSoon()
        try await wait { $0.outputBytes <= Self.pipeSize || $0.isOutputOver }
    }

    /// Prints a line on standard error.
    /// - Throws: `CancellationError` if the program has ended.
    public func printError(_ line: String) throws {
        try check()
        events(.errors([line]))
    }

    /// Waits for the next line of standard input, without its end.
    /// - Returns: nil when the input has ended.
    /// - Throws: `CancellationError` if the program has ended.
    public func readLine() async throws -> String? {
        try await wait { $0.input.contains(0x0A) || !$0.isInputOpen }
        return state.withLock { state in
            guard !state.input.isEmpty else { return nil }
            let end = state.input.firstIndex(of: 0x0A)
            let line = String(decoding: state.input[..<(end ?? state.input.endIndex)], as: UTF8.self)
            state.input.removeFirst(end.map { $0 + 1 } ?? state.input.count)
            return line
        }
    }

    /// Waits for a time.
    /// - Throws: `CancellationError` if the program has ended.
    public func sleep(for time: Duration) async throws {
        let isOver = Lock(false)
        let timer = clock.schedule(after: time) { [self] in
            isOver.withLock { $0 = true }
            change { _ in }
        }
        defer { timer.cancel() }
        try await wait { _ in isOver.withLock { $0 } }
    }

    /// Waits for nothing but its end.
    /// - Throws: `CancellationError` when the program has ended.
    public func sleepForever() async throws -> Never {
        try await wait { _ in false }
        throw CancellationError()
    }

    /// Goes on as if nothing were when asked to end by SIGTERM.
    public func ignoreTermination() {
        change { $0.termination = .ignored }
    }

    /// Does something when asked to end by SIGTERM, instead of ending; ``end(_:)`` then ends it.
    public func onTermination(_ action: @escaping @Sendable (SimulatedProgram) async throws -> Void) {
        change { $0.termination = .runs(action) }
    }

    /// Takes so long to be gone after its end, as a program does whose memory or disk keeps the system busy.
    public func linger(for time: Duration) {
        change { $0.lingering = time }
    }

    func run(_ script: SimulatedPrograms.Script) async {
        do { end(try await script(self)) } catch {
            try? printError("\(error)")
            end(.status(1))
        }
    }

    // MARK: For its launcher

    /// Puts bytes behind those that wait to be read by it.
    public func send(_ bytes: [UInt8]) throws(ProgramError) {
        let limit = command.inputLimit
        let problem = state.withLock { state -> ProgramError? in
            guard state.isInputOpen, state.ending == nil else { return .inputClosed }
            guard bytes.count <= limit - state.input.count else { return .inputFull(limit: limit) }
            state.input += bytes
            return nil
        }
        if let problem { throw problem }
        change { _ in }
    }

    /// Ends its input.
    public func closeInput() {
        change { $0.isInputOpen = false }
    }

    /// Sends it SIGTERM.
    public func terminate() {
        let termination = state.withLock { state -> Termination? in
            guard state.ending == nil else { return nil }
            state.signals.append(15)
            return state.termination
        }
        switch termination {
        case .ends: end(.signal(15))
        case .runs(let action): tasks.spawn { [self] in try? await action(self) }
        case .ignored, nil: break
        }
    }

    /// Sends it SIGKILL.
    public func kill() {
        state.withLock { state in if state.ending == nil { state.signals.append(9) } }
        end(.signal(9))
    }

    // MARK: Inside

    private func check() throws {
        if state.withLock({ $0.ending != nil }) { throw CancellationError() }
    }

    /// Changes the state and wakes everyone who waits for a change.
    private func change(_ body: (inout State) -> Void) {
        let waiters = state.withLock { state in
            body(&state)
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wait(until isThere: (borrowing State) -> Bool) async throws {
        while true {
            let ready = state.withLock { state in state.ending != nil ? nil : isThere(state) }
            guard let ready else { throw CancellationError() }
            if ready { return }
            // One thread runs the whole simulation: nothing changes between the look and the waiting.
            await withUnsafeContinuation { continuation in state.withLock { $0.waiters.append(continuation) } }
        }
    }

    private func gone() {
        change { $0.exit = $0.ending }
        pumpSoon()
    }

    private func pumpSoon() {
        tasks.spawn { [self] in pump() }
    }

    private enum News {
        case lines([String])
        case tooLong
        case ended(ProgramExit?)
    }

    /// Tells what has been printed, one piece at a time, and at last the end.
    private func pump() {
        let news = state.withLock { state -> News? in
            guard !state.isHandling, !state.isTold else { return nil }
            if state.isOutputOver { state.output = [] }
            if case .tooLong = state.output.first {
                state.isOutputOver = true
                return .tooLong
            }
            var lines: [String] = []
            while case .line(let line)? = state.output.first {
                lines.append(line)
                state.output.removeFirst()
            }
            if !lines.isEmpty {
                state.isHandling = true
                return .lines(lines)
            }
            guard let exit = state.exit else { return nil }
            state.isTold = true
            return .ended(exit)
        }
        switch news {
        case .lines(let lines):
            events(.output(lines, handled: { [self] in handled(lines) }))
        case .tooLong:
            events(.lineTooLong)
            change { _ in }
            pumpSoon()
        case .ended(let exit):
            events(.ended(exit))
        case nil: break
        }
    }

    private func handled(_ lines: [String]) {
        change { state in
            state.isHandling = false
            state.outputBytes -= lines.reduce(0) { $0 + $1.utf8.count + 1 }
        }
        pumpSoon()
    }
}
