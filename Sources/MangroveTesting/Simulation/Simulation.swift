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
/// ``Mangrove/Runtime/spawn(_:)``.
public final class Simulation: Sendable {
    /// The seed.
    public let seed: UInt64
    /// The clock the runtime keeps its time by.
    public let clock = VirtualClock()
    /// The log events of the run, in order.
    public let logs = RecordedLogs()
    /// What would have ended the program.
    public let program = RecordedProgram()
    /// Sends the signals that stop a program.
    public let signals = SimulatedSignals()
    /// The programs that can be children of its supervisors.
    public let programs: SimulatedPrograms
    /// The disk the runtime keeps its files on.
    public let disk: any Disk
    /// The runtime under test.
    public let runtime: Runtime
    private let executor: SimulatedExecutor
    private let stepLimit: Int

    /// Makes a simulation.
    /// - Parameters:
    ///   - seed: chooses everything that is left open.
    ///   - disk: keeps the files; one that was used before simulates a restart.
    ///   - stepLimit: a run that takes more steps fails.
    ///   - adjust: changes the environment before the runtime is made: other sinks, a redaction.
    public init(
        seed: UInt64,
        disk: (any Disk)? = nil,
        stepLimit: Int = 5_000_000,
        adjust: (inout RuntimeEnvironment) -> Void = { _ in }
    ) {
        self.seed = seed
        self.stepLimit = stepLimit
        executor = SimulatedExecutor(seed: seed)
        self.disk = disk ?? SimulatedDisk(seed: seed)
        programs = SimulatedPrograms(tasks: SimulatedTasks(executor: executor), clock: clock)
        var environment = RuntimeEnvironment(
            clock: clock,
            randomness: SimulatedRandomness(seed: seed ^ 0x9E37_79B9_7F4A_7C15),
            tasks: SimulatedTasks(executor: executor, worksInPlace: !seed.isMultiple(of: 2)),
            blocking: SimulatedBlockingThreads(executor: executor),
            disk: self.disk,
            logs: logs,
            host: program,
            programs: programs,
            signals: signals
        )
        adjust(&environment)
        runtime = Runtime(environment)
    }

    /// A number that is equal for runs that took the same course.
    public var trace: UInt64 { executor.trace }

    /// Steps taken so far.
    public var steps: Int { executor.steps }

    /// Runs `body` to its end.
    /// - Throws: what `body` throws; ``SimulationError`` if it waits for something that can never come, or takes too many
    ///   steps.
    public func run<Result: Sendable>(
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
            if let result = outcome.withLock({ $0 }) { return try result.get() }
            if executor.steps >= limit { throw SimulationError.tooManySteps(stepLimit, seed: seed) }
            if executor.runOne() { continue }
            if !clock.advanceToNextTimer() { throw SimulationError.stuck(seed: seed, tree: runtime.tree().text) }
        }
    }

    /// Goes on with what the program left running, until nothing can go on without time passing.
    public func settle() {
        while executor.runOne() {}
    }
}

/// Why a simulated run could not come to its end.
public enum SimulationError: Error, Sendable, CustomStringConvertible {
    /// Everything waits, and no timer is set: a deadlock. The tree shows who was there.
    case stuck(seed: UInt64, tree: String)
    /// The run takes longer than allowed.
    case tooManySteps(Int, seed: UInt64)

    /// What happened, with the seed that replays it.
    public var description: String {
        switch self {
        case .stuck(let seed, let tree):
            "seed \(seed): everything waits and no timer is set\n\(tree)"
        case .tooManySteps(let limit, let seed):
            "seed \(seed): not at its end after \(limit) steps"
        }
    }
}
