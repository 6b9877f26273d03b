internal import Synchronization

/// The world that processes live in: it starts trees, knows names, keeps time, and gives access to what is outside.
///
/// A runtime is a value that you make and pass on; there is no shared one, and two in one program do not know each other.
///
/// ```swift
/// let runtime = Runtime()
/// try await runtime.start(Supervisor { Worker("counter", name: "counter") { Counter() } })
/// ```
public final class Runtime: Sendable {
    /// What the runtime takes from outside.
    public let environment: RuntimeEnvironment
    /// The time.
    public var clock: any RuntimeClock { environment.clock }
    /// The registered names.
    let names = NameTable(partitions: 8)
    let nameWatchers = NameWatchers()
    let zombieList = Lock<[ProcessID: Zombie]>([:])
    /// What its supervisors reported lately.
    let reports = Lock(ReportHistory())
    /// How children failed lately, for the tree to show.
    let failures = Lock(FailureBook())
    let counters = RuntimeCounters()

    let node: UInt32
    private let serials = Atomic<UInt64>(0)
    private let living = Atomic<Int>(0)
    private let roots = Lock<[ProcessCell]>([])

    /// Makes a runtime.
    /// - Parameter environment: where time, chance, tasks, threads, files and log come from.
    public init(_ environment: RuntimeEnvironment) {
        self.environment = environment
        node = UInt32(truncatingIfNeeded: environment.randomness.next())
        let watch = PoolWatch(counters: counters, roots: roots, events: EventWriter(environment))
        environment.tasks.reportProgress { progress in watch.note(progress) }
    }

    /// Makes a runtime in the real world.
    public convenience init() {
        self.init(.system(disk: POSIXDisk()))
    }

    /// Starts a supervision tree and returns when all of it runs.
    ///
    /// The root has nobody above it: when it gives up, its end is logged, and ``Ref/exitReason()`` returns.
    /// - Throws: ``SpecError`` if anything in the tree is wrong, before any of it starts; ``SupervisorError`` if a child
    ///   failed to start, after what had started is stopped again.
    @discardableResult
    public func start(_ tree: Supervisor) async throws -> Ref<SupervisorProcess> {
        try await start(tree) { _ in }
    }

    /// As ``start(_:)``; `announce` is handed the root before it starts.
    @discardableResult
    func start(_ tree: Supervisor, announce: (ProcessCell) -> Void) async throws -> Ref<SupervisorProcess> {
        try tree.spec.validate()
        let cell = try await launch(tree.spec, under: nil) { [self] cell in
            announce(cell)
            roots.withLock { $0.append(cell) }
            cell.onDeath { [self] reason in
                roots.withLock { roots in roots.removeAll { $0 === cell } }
                let event = reason.isClean ? RuntimeEvents.rootEnded : RuntimeEvents.rootFailed
                emit(event) { (cell.path, reason) }
            }
        }
        return Ref(cell)
    }

    /// Stops everything, the tree started last first, each tree from its last leaf to its root.
    public func shutdown() async {
        while let root = roots.withLock({ $0.last }) {
            _ = await root.stop(.shutdown, within: .infinity)
            roots.withLock { roots in roots.removeAll { $0 === root } }
        }
    }

    /// The address of whoever has `name`, at each use.
    public func address<Target: ProcessActor>(_ name: ProcessName, of type: Target.Type) -> Address<Target> {
        Address(name, in: self)
    }

    /// How many processes live.
    public var processCount: Int { living.load(ordering: .relaxed) }

    /// Starts a task that belongs to nobody: it inherits no actor, no cancellation and no task-locals.
    @discardableResult
    public func spawn(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
        environment.tasks.spawn(body)
    }

    /// As ``spawn(_:)``, for a closure that is isolated to the actor it captures as its context's: the task begins there.
    func spawnIsolated(
        @_inheritActorContext _ body: sending @escaping @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        environment.tasks.spawn(body)
    }

    /// As ``spawnIsolated(_:)``, for work that must go on when everything else stands still.
    func spawnSupervisionIsolated(
        @_inheritActorContext _ body: sending @escaping @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        environment.tasks.spawnSupervision(body)
    }

    /// As ``spawnIsolated(_:)``, by a caller who is on that actor: see ``TaskSpawner/begin(_:)``.
    func beginIsolated(@_inheritActorContext _ body: sending @escaping @isolated(any) () async -> Void) {
        environment.tasks.begin(body)
    }

    /// Waits until `duration` has passed on the runtime's clock.
    /// - Throws: `CancellationError` if the task is cancelled meanwhile.
    public func sleep(for duration: Duration) async throws {
        try await sleep(until: clock.now().advanced(by: duration))
    }

    /// Waits until `deadline` on the runtime's clock.
    /// - Throws: `CancellationError` if the task is cancelled meanwhile.
    public func sleep(until deadline: RuntimeInstant) async throws {
        try await Sleeper().sleep(until: deadline, on: clock)
    }

    // MARK: Processes

    func nextSerial() -> UInt64 {
        serials.wrappingAdd(1, ordering: .relaxed).newValue
    }

    func nextProcessID() -> ProcessID {
        living.wrappingAdd(1, ordering: .relaxed)
        return ProcessID(node: node, serial: nextSerial())
    }

    func forget(_ cell: ProcessCell) {
        living.wrappingSubtract(1, ordering: .relaxed)
    }

    func forgetRoot(_ root: ProcessCell) {
        roots.withLock { roots in roots.removeAll { $0 === root } }
    }

    var rootCells: [ProcessCell] { roots.withLock { $0 } }
}
