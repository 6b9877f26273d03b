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

    /// How long a program may run before it is taken to hang, and is killed.
    private static let patience: Int32 = 300
    /// Two programs started at once must not inherit each other's pipes: those would stay open for too long.
    private static let starting = Lock(())

    /// Starts a program.
    /// - Parameters:
    ///   - path: its file, or a name to be looked for in the search path.
    ///   - environment: variables added to those of the test.
    ///   - directory: its working directory; that of the test if nil.
    /// - Throws: ``ProgramError``.
    init(
        _ path: String,
        _ arguments: [String] = [],
        environment: [String: String] = [:],
        directory: String? = nil
    ) throws {
        let words = [path] + arguments
        let started = try Self.starting.withLock { _ throws(ProgramError) in
            try Spawned(words, environment, directory)
        }
        name = words.joined(separator: " ")
        processID = started.processID
        input = Lock(started.input)
        let state = ProgramState()
        self.state = state
        let id = started.processID
        Self.pump(started.output, while: Self.patience, of: id, state) {
            $0.output += $1
        } ended: {
            $0.outputEnded = true
        }
        Self.pump(started.errors, while: Self.patience, of: id, state) {
            $0.errors += $1
        } ended: {
            $0.errorsEnded = true
        }
        SystemThread.start("test-wait") {
            // The id stays the program's own until `reap`, which happens under the lock that `signal` takes.
            systemAwait(id)
            state.update { $0.code = systemReap(id) }
        }
    }

    deinit {
        signal(SIGKILL)
        closeInput()
    }

    /// Sends a signal; to a program that has ended, nothing.
    func signal(_ number: Int32) {
        state.look { if $0.code == nil { kill(processID, number) } }
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
        if overdue { throw ProgramError("\(name): killed after \(Self.patience) s; it said: \(outcome.errors)") }
        return outcome
    }

    /// Reads a descriptor to its end, on a thread.
    private static func pump(
        _ descriptor: Int32,
        while patience: Int32,
        of processID: Int32,
        _ state: ProgramState,
        take: @escaping @Sendable (inout ProgramState.Values, ArraySlice<UInt8>) -> Void,
        ended: @escaping @Sendable (inout ProgramState.Values) -> Void
    ) {
        SystemThread.start("test-read") {
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                switch systemRead(descriptor, &buffer, patience: patience) {
                case .bytes(let count): state.update { take(&$0, buffer[..<count]) }
                case .end:
                    close(descriptor)
                    state.update(ended)
                    return
                case .silence:
                    state.update {
                        $0.overdue = true
                        if $0.code == nil { kill(processID, SIGKILL) }
                    }
                }
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

    private let values = Lock(Values())

    func look(_ body: (inout Values) -> Void) {
        values.withLock { body(&$0) }
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
