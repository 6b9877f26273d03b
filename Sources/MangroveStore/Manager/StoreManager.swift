import Mangrove

/// Creates, starts, watches and removes the stores of a node.
///
/// A store whose subtree gives up is started again: at once the first time, then after pauses that grow while it does not
/// last. One that is damaged is not; the node has to be restarted once it is mended. Stores fail each for itself: none
/// counts against another.
///
/// ```
///  stopped ──start──▶ starting ──▶ running ──gave up──▶ stopped (pause) ──▶ starting …
///                        │ failed                          │ damaged
///                        └──────▶ stopped (pause)          ▼
///                        └─ damaged ───────────────────▶ damaged
/// ```
actor StoreManager: ProcessActor, SignalHandling {
    static let name: ProcessName = "store-manager"
    static let storesName: ProcessName = "stores"

    private struct Entry {
        var status: StoreInfo.Status
        /// Why it is not running, if that was not asked for.
        var problem: StoreError?
        /// Its subtree, or the one it last had.
        var process: Ref<SupervisorProcess>?
        var startedAt: RuntimeInstant?
        /// How often in a row it did not start, or did not last.
        var failures = 0
        /// Whether it will be started again after a pause.
        var waitsForStart = false
    }

    /// A store that ran for this long has lasted.
    private static let lasting = Duration.seconds(30)

    private let context: ProcessContext
    private let node: NodePlace
    private let supervisor: Address<DynamicSupervisorProcess>
    private var entries: [String: Entry] = [:]

    private init(_ context: ProcessContext, _ node: NodePlace) {
        self.context = context
        self.node = node
        supervisor = context.runtime.address(Self.storesName, of: DynamicSupervisorProcess.self)
    }

    /// Finds the stores of the data directory and, if the node is to, starts them; a store that cannot start is noted, and
    /// does not keep the others.
    static func start(_ context: ProcessContext, _ node: NodePlace) async throws -> StoreManager {
        let data = node.data
        let found = try await context.runtime.environment.blocking.run { try data.stores() }
        let manager = StoreManager(context, node)
        await manager.adopt(found)
        return manager
    }

    private func adopt(_ found: [DataDirectory.Found]) async {
        for found in found {
            switch found {
            case .damaged(let store, let error):
                entries[store] = Entry(status: .damaged, problem: error)
            case .store(let manifest):
                entries[manifest.store] = Entry(status: .stopped)
                // After a restart of the manager alone its stores are still running.
                let address = systemAddress(manifest.store)
                if let running = try? address.resolve() {
                    watch(manifest.store, running)
                } else if node.startsStores {
                    try? await start(manifest.store)
                }
            }
        }
    }

    // MARK: Turns

    func create(_ id: String) async throws {
        try StoreID.check(id)
        if entries[id] != nil { throw StoreError.storeExists(id) }
        let directory = node.data.directory(of: id)
        let environment = context.runtime.environment
        let created = Timestamp(microseconds: environment.clock.civilMicroseconds())
        let identity = StoreIdentity(high: environment.randomness.next(), low: environment.randomness.next())
        try await environment.blocking.run { try directory.create(created: created, identity: identity) }
        entries[id] = Entry(status: .stopped)
        context.runtime.emit(StoreEvents.created) { id }
        try await start(id)
    }

    func remove(_ id: String) async throws {
        guard let entry = entries[id] else { throw StoreError.noSuchStore(id) }
        entries[id]?.status = .stopping
        if let process = entry.process {
            // Stopped through its supervisor; the notice of its end finds no entry any more.
            try? await supervisor.terminateChild(process.id)
            await process.subtreeEnded()
        }
        let directory = node.data.directory(of: id)
        let lease = await node.leases.take(directory.path)
        defer { lease.release() }
        do {
            try await context.runtime.environment.blocking.run { try directory.remove() }
        } catch {
            entries[id] = Entry(status: .stopped, problem: Self.cause(of: error, store: id))
            throw error
        }
        entries[id] = nil
        node.counters.forget(id)
        context.runtime.emit(StoreEvents.removed) { id }
    }

    func ensureRunning(_ id: String) async throws {
        guard let entry = entries[id] else { throw StoreError.noSuchStore(id) }
        if let process = entry.process, !process.isDead { return }
        // Requests do not hasten what is paused, and cannot mend what is damaged.
        if entry.waitsForStart || entry.status == .damaged, let problem = entry.problem { throw problem }
        try await start(id)
    }

    func list() -> [StoreInfo] {
        entries.keys.sorted().compactMap { try? status($0) }
    }

    func status(_ id: String) throws(StoreError) -> StoreInfo {
        guard let entry = entries[id] else { throw .noSuchStore(id) }
        let engine = node.running.session(of: id)?.engine
        var status = entry.status
        // The subtree is there, but its engine is not open: it is being restarted.
        if status == .running, engine == nil { status = .starting }
        return StoreInfo(
            id: id,
            status: status,
            events: engine?.eventCount,
            streams: engine?.streamCount,
            problem: entry.problem?.description
        )
    }

    /// Stops a store in which damage was found: nothing more is served from it.
    func refuse(_ id: String, _ error: StoreError) async {
        guard let entry = entries[id], entry.status == .running, let process = entry.process else { return }
        context.runtime.emit(StoreEvents.refused) { (id, LoggedError(error)) }
        entries[id] = Entry(status: .damaged, problem: error, process: process)
        try? await supervisor.terminateChild(process.id)
        await process.subtreeEnded()
    }

    func handle(_ signal: Signal) async throws {
        guard case .down(let down) = signal else { return }
        guard let id = entries.first(where: { $0.value.process?.id == down.process })?.key else { return }
        guard entries[id]?.status == .running else { return }
        context.runtime.emit(StoreEvents.ended) { (id, down.reason) }
        let now = context.runtime.clock.now()
        let lasted = entries[id]?.startedAt.map { $0.duration(to: now) >= Self.lasting } ?? false
        if lasted { entries[id]?.failures = 0 }
        pause(id, .unavailable(store: id, why: "its subtree ended: \(down.reason)"))
    }

    // MARK: Starting

    private func start(_ id: String) async throws {
        entries[id]?.status = .starting
        entries[id]?.waitsForStart = false
        // A subtree that was killed may still be stopping, under the names the new one needs.
        await entries[id]?.process?.subtreeEnded()
        let place = StorePlace(
            store: id,
            directory: node.data.directory(of: id).path,
            settings: node.settings,
            leases: node.leases,
            running: node.running,
            counters: node.counters
        )
        do {
            guard let process = try await supervisor.startChild(storeSystem(place), as: SupervisorProcess.self) else {
                throw StoreError.unavailable(store: id, why: "its subtree did not start")
            }
            watch(id, process)
        } catch {
            throw noteFailure(of: id, error)
        }
    }

    private func watch(_ id: String, _ process: Ref<SupervisorProcess>) {
        entries[id] = Entry(
            status: .running,
            process: process,
            startedAt: context.runtime.clock.now(),
            failures: entries[id]?.failures ?? 0
        )
        context.monitor(process)
    }

    /// Remembers why a store did not start, and starts it again later unless that cannot help.
    private func noteFailure(of id: String, _ error: any Error) -> StoreError {
        let cause = Self.cause(of: error, store: id)
        context.runtime.emit(StoreEvents.startFailed) { (id, LoggedError(cause)) }
        if case .damaged = cause {
            entries[id] = Entry(status: .damaged, problem: cause, process: entries[id]?.process)
        } else {
            pause(id, cause)
        }
        return cause
    }

    /// Starts a store again, the sooner the fewer times in a row it has failed.
    private func pause(_ id: String, _ problem: StoreError) {
        let failures = (entries[id]?.failures ?? 0) + 1
        entries[id]?.failures = failures
        entries[id]?.status = .stopped
        entries[id]?.problem = problem
        entries[id]?.waitsForStart = true
        let pause = failures == 1 ? .zero : min(Duration.milliseconds(50) * (1 << min(failures, 12)), .seconds(30))
        context.after(pause, as: StoreManager.self) { await $0.startAgain(id) }
    }

    private func startAgain(_ id: String) async {
        guard let entry = entries[id], entry.waitsForStart else { return }
        // What goes wrong is noted where it does.
        try? await start(id)
    }

    private func systemAddress(_ id: String) -> Address<SupervisorProcess> {
        context.runtime.address(StoreName(store: id).name(.system), of: SupervisorProcess.self)
    }

    /// The store's own error, wherever in the subtree it came from.
    private static func cause(of error: any Error, store: String) -> StoreError {
        switch error {
        case let error as StoreError: error
        case SupervisorError.startFailed(_, let inner): cause(of: inner, store: store)
        default: .unavailable(store: store, why: "\(error)")
        }
    }
}
