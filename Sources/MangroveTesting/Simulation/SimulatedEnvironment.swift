public import Mangrove

/// Starts tasks on the simulation's executor.
struct SimulatedTasks: TaskSpawner {
    let executor: SimulatedExecutor
    /// Whether what a runtime on the system's pool does without a change of task is done so here. Half of all seeds do, so that
    /// both the orders that this gives and those that it hides are tried.
    var worksInPlace = false
    /// Keeps the tasks that are started, where that is asked for.
    var ledger: TaskLedger?

    var followsCasts: Bool { worksInPlace }

    func begin(_ body: sending @escaping @isolated(any) () async -> Void) {
        if worksInPlace, #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            keep(Task.immediateDetached(executorPreference: executor, operation: body))
        } else {
            spawn(body)
        }
    }

    @discardableResult
    func spawn(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
        keep(Task.detached(executorPreference: executor, operation: body))
    }

    /// Starts a task of the simulation's own.
    func spawnUncounted(_ body: sending @escaping @isolated(any) () async -> Void) {
        Task.detached(executorPreference: executor, operation: body)
    }

    @discardableResult
    private func keep(_ task: Task<Void, Never>) -> Task<Void, Never> {
        ledger?.add(task, step: executor.steps)
        return task
    }

    /// Starts the task of the program itself: it keeps its caller's task-locals, by which a test library knows which test an
    /// expectation belongs to.
    @discardableResult
    func spawnProgram(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
        Task(executorPreference: executor, operation: body)
    }
}

/// The simulation's random bits.
final class SimulatedRandomness: RuntimeRandomness {
    private let generator: Lock<SeededGenerator>
    private let checks: Checks

    init(seed: UInt64, checks: Checks) {
        self.checks = checks
        generator = Lock(SeededGenerator(seed: seed))
    }

    func next() -> UInt64 {
        checks.touched { "draws random bits" }
        return generator.withLock { $0.next() }
    }
}

/// A program that goes on when it should end, and remembers why.
public final class RecordedProgram: ProgramEnding {
    private let recorded = Lock<[String]>([])

    /// Makes one that has not been ended.
    public init() {}

    /// Remembers the reason.
    public func end(because reason: String) {
        recorded.withLock { $0.append(reason) }
    }

    /// Why it should have ended, first reason first.
    public var reasons: [String] { recorded.withLock { $0 } }
}

/// Keeps log events for a test to look at.
public final class RecordedLogs: LogSink {
    private let recorded = Lock<[LogEvent]>([])
    private let trace: Trace?

    /// Makes an empty recorder.
    public init() { trace = nil }

    init(trace: Trace) { self.trace = trace }

    /// Keeps the event.
    public func record(_ event: LogEvent) {
        trace?.add(event)
        recorded.withLock { $0.append(event) }
    }

    /// The events so far, oldest first.
    public var events: [LogEvent] { recorded.withLock { $0 } }

    /// The events of one name.
    public func events(named name: String) -> [LogEvent] {
        events.filter { $0.name == name }
    }
}
