/// Everything a runtime takes from outside: time, chance, tasks, blocking threads, a disk, a place for its log, programs.
///
/// ``system(disk:logs:)`` brings the real ones. A simulation brings its own, and the same program then runs in virtual time, in one
/// thread, under a seed.
public struct RuntimeEnvironment: Sendable {
    /// Time and timers.
    public var clock: any RuntimeClock
    /// Random bits.
    public var randomness: any RuntimeRandomness
    /// Starts tasks.
    public var tasks: any TaskSpawner
    /// Threads for work that blocks.
    public var blocking: any BlockingThreads
    /// Files.
    public var disk: any Disk
    /// Where log events go.
    public var logs: any LogSink
    /// Puts errors into words, for the log and all else that is shown to people.
    public var redaction = ErrorRedaction.typeAndDescription
    /// The program the runtime is part of.
    public var host: any ProgramEnding
    /// Starts other programs.
    public var programs: any ProgramLauncher
    /// Tells of signals to stop.
    public var signals: any StopSignalSource
    /// Other machines.
    public var network: any Network
    #if DEBUG || MANGROVE_FAULTS
        /// Sees what processes do, and what goes wrong with them.
        package var probe: (any ProcessProbe)?
    #endif

    /// Makes an environment of its parts; without a launcher it has no programs, without a source no signals, and
    /// without a network no other machines.
    public init(
        clock: any RuntimeClock,
        randomness: any RuntimeRandomness,
        tasks: any TaskSpawner,
        blocking: any BlockingThreads,
        disk: any Disk,
        logs: any LogSink,
        host: any ProgramEnding = ThisProgram(),
        programs: any ProgramLauncher = NoPrograms(),
        signals: any StopSignalSource = NoStopSignals(),
        network: any Network = NoNetwork()
    ) {
        self.clock = clock
        self.randomness = randomness
        self.tasks = tasks
        self.blocking = blocking
        self.disk = disk
        self.logs = logs
        self.host = host
        self.programs = programs
        self.signals = signals
        self.network = network
    }
}

/// A point on a runtime's monotonic clock.
public struct RuntimeInstant: InstantProtocol, Hashable, Sendable {
    /// Nanoseconds since a moment that means nothing.
    public var nanoseconds: Int64

    /// Makes an instant.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// The instant `duration` later, as late as can be represented.
    public func advanced(by duration: Duration) -> RuntimeInstant {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(duration.wholeNanoseconds)
        return RuntimeInstant(nanoseconds: overflow ? (duration < .zero ? .min : .max) : sum)
    }

    /// The time from this instant to another.
    public func duration(to other: RuntimeInstant) -> Duration {
        .nanoseconds(other.nanoseconds) - .nanoseconds(nanoseconds)
    }

    /// Whether the first is earlier.
    public static func < (first: RuntimeInstant, second: RuntimeInstant) -> Bool {
        first.nanoseconds < second.nanoseconds
    }
}

extension Duration {
    /// The duration in nanoseconds, clamped to what 64 bits hold (292 years).
    public var wholeNanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        guard !overflow else { return seconds < 0 ? .min : .max }
        let (sum, overflowed) = whole.addingReportingOverflow(attoseconds / 1_000_000_000)
        return overflowed ? (seconds < 0 ? .min : .max) : sum
    }
}

/// A runtime's time: a monotonic clock with timers, and the civil time for stamps.
public protocol RuntimeClock: Sendable {
    /// The monotonic time.
    func now() -> RuntimeInstant

    /// The civil time in microseconds since 1970; it may jump.
    func civilMicroseconds() -> Int64

    /// Runs `action` once, at `deadline` or as soon after it as possible.
    ///
    /// The action runs on the clock's own thread and must be short.
    func schedule(at deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer

    /// How many timers are set, for ``Runtime/metrics()``; nil, unless implemented, where that is not known.
    var pendingTimers: Int? { get }
}

extension RuntimeClock {
    /// Not known.
    public var pendingTimers: Int? { nil }
}

/// A timer set on a ``RuntimeClock``.
public protocol RuntimeTimer: AnyObject, Sendable {
    /// Takes the timer back.
    /// - Returns: whether it was in time: false if the action has run, is running, or was cancelled before.
    @discardableResult
    func cancel() -> Bool
}

extension RuntimeClock {
    /// Runs `action` once, `delay` from now.
    public func schedule(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        schedule(at: now().advanced(by: delay), action)
    }
}

/// Ends the program, where a policy says so: see ``ZombiePolicy/endProgram``.
public protocol ProgramEnding: Sendable {
    /// Ends the program at once. Called from any thread; whether it returns is up to the environment.
    func end(because reason: String)
}

/// Random bits of a runtime.
public protocol RuntimeRandomness: Sendable {
    /// 64 random bits.
    func next() -> UInt64
}

/// Starts tasks: the only door through which framework code makes one.
public protocol TaskSpawner: Sendable {
    /// Starts a task that inherits nothing from its caller: no actor, no cancellation, no task-locals.
    @discardableResult
    func spawn(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never>

    /// Starts a task as ``spawn(_:)`` does. Where `body` is isolated to the actor that the caller is on, it may begin at once,
    /// on the calling thread, and run there until it suspends.
    func begin(_ body: sending @escaping @isolated(any) () async -> Void)

    /// Starts a task as ``spawn(_:)`` does, for work that must go on when everything else stands still: what supervisors decide,
    /// starts of children, turns made by timers.
    @discardableResult
    func spawnSupervision(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never>

    /// Has `report` told when the threads on which tasks run are all kept, and when one is free again.
    func reportProgress(to report: @escaping @Sendable (PoolProgress) -> Void)

    /// Whether a task that has run a cast goes on, when it is done, to a process that this made busy; if not, that process gets
    /// a task of its own at once.
    var followsCasts: Bool { get }
}

extension TaskSpawner {
    /// Starts it like any other.
    @discardableResult
    public func spawnSupervision(
        _ body: sending @escaping @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        spawn(body)
    }

    /// There is nothing to tell.
    public func reportProgress(to report: @escaping @Sendable (PoolProgress) -> Void) {}

    /// It does not.
    public var followsCasts: Bool { false }

    /// Starts a task that does not begin before the caller suspends or returns.
    public func begin(_ body: sending @escaping @isolated(any) () async -> Void) {
        spawn(body)
    }
}

/// Threads on which work may block.
public protocol BlockingThreads: Sendable {
    /// Runs `job` on one of the threads, in the order of submission as far as threads are free.
    func submit(_ job: @escaping @Sendable () -> Void)
}

extension BlockingThreads {
    /// Runs `work` on one of the threads and waits for it, without holding up the thread it is called on.
    ///
    /// The work is not interrupted by cancellation: what it does on disk is done or thrown.
    /// - Throws: what `work` throws.
    public func run<Result: Sendable>(_ work: @escaping @Sendable () throws -> Result) async throws -> Result {
        #if DEBUG || MANGROVE_FAULTS
            let cell = ProcessCell.current
            let work: @Sendable () throws -> Result = { try cell.map { try $0.asItself(work) } ?? work() }
        #endif
        return try await withUnsafeThrowingContinuation { continuation in
            submit { continuation.resume(with: Swift.Result(catching: work)) }
        }
    }
}
