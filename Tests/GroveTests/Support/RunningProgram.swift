import Mangrove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// A program that runs as a process of its own beside the test, and is killed when nobody holds it any more.
///
/// Its output is taken as it comes, by threads that are not those of tasks, so it never waits for the test to read.
final class RunningProgram: Sendable {
    /// The process id.
    let processID: Int32
    private let name: String
    private let state: ProgramState
    private let input: Lock<Int32?>

    /// Two programs started at once must not inherit each other's pipes: those would stay open for too long.
    private static let starting = Lock(())

    /// Something to be done once a program has printed so many lines, or else when it ends.
    ///
    /// It is done by the thread that reads the output, at once, however busy those of tasks are.
    struct Trigger: Sendable {
        var lines: Int
        /// What to do; it is handed what sends a signal to the program.
        var act: @Sendable (_ signal: (Int32) -> Void) -> Void
    }

    /// Starts a program.
    /// - Parameters:
    ///   - path: its file, or a name to be looked for in the search path.
    ///   - input: all of its standard input, if it is known already.
    ///   - environment: variables added to those of the test.
    ///   - directory: its working directory; that of the test if nil.
    /// - Throws: ``ProgramError``.
    init(
        _ path: String,
        _ arguments: [String] = [],
        input text: String? = nil,
        environment: [String: String] = [:],
        directory: String? = nil,
        trigger: Trigger? = nil
    ) throws {
        let words = [path] + arguments
        let started = try Self.starting.withLock { _ throws(ProgramError) in
            try Spawned(words, environment, directory)
        }
        name = words.joined(separator: " ")
        processID = started.processID
        input = Lock(text == nil ? started.input : nil)
        let state = ProgramState(started.processID)
        self.state = state
        SystemThread.start("test-wait") {
            // The id stays the program's own until `reap`, which happens under the lock that `signal` takes.
            systemAwait(started.processID)
            state.update { $0.code = systemReap(started.processID) }
        }
        SystemThread.start("test-read") {
            var lines = 0
            var pending = trigger
            func act(_ ended: Bool) {
                guard let trigger = pending, ended || lines >= trigger.lines else { return }
                pending = nil
                trigger.act { state.signal($0) }
            }
            act(false)
            Self.pump(started.output, state) { piece in
                state.update { $0.output += piece }
                if pending != nil { lines += piece.count { $0 == 0x0A } }
                act(false)
            }
            act(true)
            state.update { $0.outputEnded = true }
        }
        SystemThread.start("test-read") {
            Self.pump(started.errors, state) { piece in state.update { $0.errors += piece } }
            state.update { $0.errorsEnded = true }
        }
        if let text {
            SystemThread.start("test-write") {
                // A program that ends without reading all of it is none the worse for it.
                _ = systemWrite(started.input, Array(text.utf8))
                close(started.input)
            }
        }
    }

    deinit {
        signal(SIGKILL)
        closeInput()
    }

    /// Sends a signal; to a program that has ended, nothing.
    func signal(_ number: Int32) {
        state.signal(number)
    }

    /// Writes to its standard input.
    /// - Throws: ``ProgramError`` if it does not read any more.
    func write(_ text: String) async throws {
        guard let descriptor = input.withLock({ $0 }) else { throw ProgramError("\(name): the input is closed") }
        let bytes = Array(text.utf8)
        let name = name
        try await onThread {
            guard systemWrite(descriptor, bytes) else { throw ProgramError("\(name): it does not read its input") }
        }
    }

    /// Ends its standard input. Not while something is being written.
    func closeInput() {
        let descriptor = input.withLock { input in
            defer { input = nil }
            return input
        }
        if let descriptor { close(descriptor) }
    }

    /// The next line of its standard output, without the line end; nil when it has closed it.
    func line() async -> String? {
        await state.wait { values in
            if let end = values.output[values.taken...].firstIndex(of: 0x0A) {
                defer { values.taken = end + 1 }
                return .some(String(decoding: values.output[values.taken..<end], as: UTF8.self))
            }
            return values.outputEnded ? .some(nil) : nil
        }
    }

    /// Waits for its end.
    /// - Returns: its exit code, or 128 and the number of the signal that ended it.
    @discardableResult
    func wait() async -> Int32 {
        await state.wait { $0.code }
    }

    /// Waits for its end and for the end of its output.
    /// - Throws: ``ProgramError`` if it had to be killed because it did not end.
    func outcome() async throws -> Program.Outcome {
        let (outcome, overdue) = await state.wait { values -> (Program.Outcome, Bool)? in
            guard let code = values.code, values.outputEnded, values.errorsEnded else { return nil }
            let output = String(decoding: values.output, as: UTF8.self)
            let errors = String(decoding: values.errors, as: UTF8.self)
            return (Program.Outcome(code: code, output: output, errors: errors), values.overdue)
        }
        if overdue {
            throw ProgramError("\(name): killed, because it neither went on nor ended; it said: \(outcome.errors)")
        }
        return outcome
    }

    /// Reads a descriptor to its end. Blocks.
    ///
    /// A program that says nothing for five minutes while somebody waits for it is taken to hang, and killed.
    private static func pump(_ descriptor: Int32, _ state: ProgramState, take: (ArraySlice<UInt8>) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        var silences = 0
        while true {
            switch systemRead(descriptor, &buffer, patience: 10) {
            case .bytes(let count):
                silences = 0
                take(buffer[..<count])
            case .end:
                close(descriptor)
                return
            case .silence:
                silences = state.isAwaited ? silences + 1 : 0
                if silences == 30 { state.giveUp() }
            }
        }
    }
}

/// What is known of a running program, and who waits to know more.
private final class ProgramState: Sendable {
    struct Values {
        var output: [UInt8] = []
        /// How much of the output was handed out as lines.
        var taken = 0
        var errors: [UInt8] = []
        var outputEnded = false
        var errorsEnded = false
        var code: Int32?
        var overdue = false
        fileprivate var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let processID: Int32
    private let values = Lock(Values())

    init(_ processID: Int32) { self.processID = processID }

    /// Whether somebody waits for something.
    var isAwaited: Bool { values.withLock { !$0.waiters.isEmpty } }

    /// Sends a signal to the program, as long as its id is its own.
    func signal(_ number: Int32) {
        values.withLock { if $0.code == nil { kill(processID, number) } }
    }

    func giveUp() {
        values.withLock { $0.overdue = true }
        signal(SIGKILL)
    }

    func update(_ body: (inout Values) -> Void) {
        let waiters = values.withLock { values in
            body(&values)
            defer { values.waiters = [] }
            return values.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Waits until `find` finds what it looks for.
    func wait<Found: Sendable>(_ find: @Sendable (inout Values) -> Found?) async -> Found {
        while true {
            if let found = values.withLock({ find(&$0) }) { return found }
            await withCheckedContinuation { continuation in
                let late = values.withLock { values in
                    // Something may have come since the look above.
                    var copy = values
                    if find(&copy) != nil { return true }
                    values.waiters.append(continuation)
                    return false
                }
                if late { continuation.resume() }
            }
        }
    }
}
