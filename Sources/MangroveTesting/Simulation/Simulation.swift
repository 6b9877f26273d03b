public import Mangrove

/// Runs a program that uses a ``Runtime`` in one thread and virtual time, under a seed: equal seeds give equal runs.
///
/// The seed chooses which of the tasks that could go on does, at every step. Time stands still while anything can go on,
/// and then jumps to the next timer. The program is the one that runs in production; only the environment differs.
///
/// ```swift
/// try Simulation(seed: 7).run { simulation in
///     let runtime = simulation.runtime
///     try await runtime.start(Supervisor { … })
///     try await runtime.sleep(for: .seconds(3_600))   // takes no time
/// }
/// ```
///
/// A bare `Task {}` in the program escapes to Swift's own pool and with it the seed: start tasks with
/// ``Mangrove/Runtime/spawn(_:)``. One that touches the clock, a process or a task of the simulation while it runs is found, and
/// ends the run with ``SimulationError/escaped(what:seed:replay:)``.
public final class Simulation: Sendable {
    /// The seed.
    public let seed: UInt64
    /// The clock the runtime keeps its time by.
    public let clock: VirtualClock
    /// The log events of the run, in order.
    public let logs: RecordedLogs
    /// What goes wrong, and what did.
    public let faults: Faults
    /// What would have ended the program.
    public let program = RecordedProgram()
    /// Sends the signals that stop a program.
    public let signals = SimulatedSignals()
    /// The programs that can be children of its supervisors.
    public let programs: SimulatedPrograms
    /// The disk the runtime keeps its files on.
    public let disk: any Disk
    /// The threads on which the runtime has blocking work done.
    public let threads: SimulatedThreads
    /// The network between the simulation's machines.
    public let network: SimulatedNetwork
    /// The runtime under test.
    public let runtime: Runtime
    /// The command that makes exactly this run again.
    public let replay: String
    let tasks: SimulatedTasks
    let ledger: TaskLedger?
    let invariants = Lock<[Invariant]>([])
    let nodes = Lock<[SimulatedNode]>([])
    private let executor: SimulatedExecutor
    private let stepLimit: Int
    private let checks: Checks
    private let recording: Trace

    /// Makes a simulation.
    /// - Parameters:
    ///   - seed: chooses everything that is left open.
    ///   - disk: keeps the files; one that was used before simulates a restart.
    ///   - stepLimit: a run that takes more steps fails.
    ///   - tracing: whether every turn and every line of the log is kept to be read in ``traceLines``. Those of the seed that the
    ///     environment variable `MANGROVE_SEED` names are kept in any case, and printed when the run ends.
    ///   - priorities: what the priorities of tasks mean.
    ///   - keepsTasks: whether every task is kept until the end, so that ``expectNoTaskWaits()`` can look for those
    ///     that never end.
    ///   - adjust: changes the environment before the runtime is made: other sinks, a redaction.
    public init(
        seed: UInt64,
        disk: (any Disk)? = nil,
        stepLimit: Int = 5_000_000,
        tracing: Bool = false,
        priorities: SimulatedPriorities = .ignored,
        keepsTasks: Bool = false,
        adjust: (inout RuntimeEnvironment) -> Void = { _ in }
    ) {
        self.seed = seed
        self.stepLimit = stepLimit
        replay = Replay.command(seed: seed)
        UsedSeeds.current?.add(seed)
        let checks = Checks()
        self.checks = checks
        clock = VirtualClock(checks: checks)
        executor = SimulatedExecutor(seed: seed, checks: checks, priorities: priorities)
        faults = Faults(seed: seed)
        recording = Trace(clock: clock, executor: executor, isFull: tracing || TestSettings.seed == seed)
        logs = RecordedLogs(trace: recording)
        self.disk = disk ?? SimulatedDisk(seed: seed)
        ledger = keepsTasks ? TaskLedger() : nil
        tasks = SimulatedTasks(executor: executor, worksInPlace: !seed.isMultiple(of: 2), ledger: ledger)
        programs = SimulatedPrograms(tasks: SimulatedTasks(executor: executor), clock: clock)
        threads = SimulatedThreads(tasks: tasks, clock: clock)
        network = SimulatedNetwork(seed: seed, clock: clock)
        var environment = RuntimeEnvironment(
            clock: clock,
            randomness: SimulatedRandomness(seed: seed ^ 0x9E37_79B9_7F4A_7C15, checks: checks),
            tasks: tasks,
            blocking: threads,
            disk: self.disk,
            logs: logs,
            host: program,
            programs: programs,
            signals: signals,
            network: network.host("localhost")
        )
        #if DEBUG || MANGROVE_FAULTS
            environment.probe = SimulationProbe(faults: faults, trace: recording, checks: checks, prefix: "")
        #endif
        adjust(&environment)
        runtime = Runtime(environment)
    }

    /// A number that is equal for runs that took the same course: it folds every choice, and every start, turn, fault and end of a
    /// process with its time. It is the same in another run of the program too.
    public var trace: UInt64 { recording.hash }

    /// What happened to processes, in order: starts, ends, points reached and faults; every turn too, where the run is traced.
    public var events: [SimulationEvent] { recording.events }

    /// The events after the first `count`: what is new to somebody who has seen so many.
    public func events(after count: Int) -> [SimulationEvent] { recording.events(after: count) }

    /// The run to read, a line for each turn, start, end, fault and log event, where it is traced: step, virtual time, process.
    public var traceLines: [String] { recording.lines }

    /// Steps taken so far.
    public var steps: Int { executor.steps }

    /// Runs `body` to its end.
    /// - Throws: what `body` throws; ``SimulationError`` if it waits for something that can never come, takes too many steps, or does
    ///   what cannot be replayed.
    public func run<Result: Sendable>(
        _ body: @escaping @Sendable (Simulation) async throws -> Result
    ) throws -> Result {
        defer { if TestSettings.seed == seed { printTrace() } }
        return try checks.driving { try drive(body) }
    }

    private func drive<Result: Sendable>(
        _ body: @escaping @Sendable (Simulation) async throws -> Result
    ) throws -> Result {
        let outcome = Lock<Swift.Result<Result, any Error>?>(nil)
        SimulatedTasks(executor: executor).spawnProgram { [self] in
            let result: Swift.Result<Result, any Error>
            do { result = .success(try await body(self)) } catch { result = .failure(error) }
            outcome.withLock { $0 = result }
        }
        let limit = executor.steps + stepLimit
        while true {
            if let what = checks.escape { throw SimulationError.escaped(what: what, seed: seed, replay: replay) }
            if let result = outcome.withLock({ $0 }) {
                try checkFaultsExist()
                return try result.get()
            }
            if executor.steps >= limit { throw SimulationError.tooManySteps(stepLimit, seed: seed, replay: replay) }
            if executor.runOne() {
                try takeStock()
                continue
            }
            if let process = checks.heldOutside() {
                throw SimulationError.heldOutside(process: process, seed: seed, replay: replay)
            }
            if clock.advanceToNextTimer() {
                try takeStock()
                continue
            }
            // If it waits for a task on a thread of somebody else's, that is the better thing to say.
            CurrentThread.standAside(milliseconds: 250) { executor.isIdle && checks.escape == nil }
            if executor.isIdle, checks.escape == nil { throw stuck() }
        }
    }

    /// After every step.
    private func takeStock() throws(SimulationError) {
        for node in nodes.withLock({ $0 }) { node.noticeCrash() }
        try checkInvariants()
    }

    #if DEBUG || MANGROVE_FAULTS
        func probe(of node: String) -> any ProcessProbe {
            SimulationProbe(faults: faults, trace: recording, checks: checks, prefix: node + ":")
        }
    #endif

    /// Goes on with what the program left running, until nothing can go on without time passing.
    public func settle() {
        checks.driving { while executor.runOne() {} }
    }

    private func stuck() -> SimulationError {
        let runtimes = [runtime] + nodes.withLock { $0 }.map(\.runtime)
        let waits = runtimes.flatMap { $0.standingProcesses() }.map { process in
            process.awaited.isEmpty
                ? "\(process.label) is in turn \(process.turn), which waits for nothing that the runtime knows of"
                : "\(process.label) waits for \(process.awaited.joined(separator: " and "))"
        }
        return .stuck(seed: seed, waits: waits, tree: runtimes.map { $0.tree().text }.joined(), replay: replay)
    }

    private func checkFaultsExist() throws(SimulationError) {
        #if !(DEBUG || MANGROVE_FAULTS)
            if !faults.isEmpty { throw .faultsCompiledOut }
        #endif
    }

    private func printTrace() {
        let lines = traceLines.joined(separator: "\n")
        let hash = String(trace, radix: 16)
        TestSettings.complain("trace of seed \(seed), \(steps) steps, hash \(hash)\n\(lines)\n")
    }
}
