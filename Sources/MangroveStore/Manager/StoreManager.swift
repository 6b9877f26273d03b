import Mangrove

/// Creates, starts, watches and removes the stores of a node.
///
/// A store whose subtree gives up is started again after a pause that grows; one that is damaged is not, until asked for.
/// Stores fail each for itself: none counts against another.
actor StoreManager: ProcessActor, SignalHandling {
    static let name: ProcessName = "store-manager"
    static let storesName: ProcessName = "stores"

    private struct Entry {
        var status: StoreInfo.Status
        var problem: String?
        var process: Ref<SupervisorProcess>?
        /// Starts that failed in a row.
        var failures = 0
    }

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
                entries[store] = Entry(status: .damaged, problem: "\(error)")
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
        context.runtime.log(.info, "store.created", ["store": id])
        try await start(id)
    }

    func remove(_ id: String) async throws {
        guard let entry = entries[id] else { throw StoreError.noSuchStore(id) }
        entries[id]?.status = .stopping
        if let process = entry.process {
            // Stopped through its supervisor; the notice of its end finds no entry any more.
            try? await supervisor.terminateChild(process.id)
            _ = await process.exitReason()
        }
        let directory = node.data.directory(of: id)
        let lease = await node.leases.take(directory.path)
        defer { lease.release() }
        do {
            try await context.runtime.environment.blocking.run { try directory.remove() }
        } catch {
            entries[id] = Entry(status: .stopped, problem: "its removal failed: \(error)")
            throw error
        }
        entries[id] = nil
        context.runtime.log(.info, "store.removed", ["store": id])
    }

    func ensureRunning(_ id: String) async throws {
        guard let entry = entries[id] else { throw StoreError.noSuchStore(id) }
        if let process = entry.process, !process.isDead { return }
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
            problem: entry.problem
        )
    }

    func handle(_ signal: Signal) async throws {
        guard case .down(let down) = signal else { return }
        guard let id = entries.first(where: { $0.value.process?.id == down.process })?.key else { return }
        guard entries[id]?.status == .running else { return }
        entries[id]?.process = nil
        entries[id]?.status = .stopped
        context.runtime.log(.error, "store.ended", ["store": id, "reason": "\(down.reason)"])
        // The first attempt is made at once: a fault that has passed should not be felt.
        try? await start(id)
    }

    // MARK: Starting

    private func start(_ id: String) async throws {
        entries[id]?.status = .starting
        let place = StorePlace(
            store: id,
            directory: node.data.directory(of: id).path,
            settings: node.settings,
            leases: node.leases,
            running: node.running
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
        entries[id] = Entry(status: .running, process: process)
        context.monitor(process)
    }

    /// Remembers why a store did not start, and when to try again unless trying cannot help.
    private func noteFailure(of id: String, _ error: any Error) -> StoreError {
        let cause = Self.cause(of: error, store: id)
        let failures = (entries[id]?.failures ?? 0) + 1
        var isDamaged = false
        if case .damaged = cause { isDamaged = true }
        entries[id] = Entry(
            status: isDamaged ? .damaged : .stopped,
            problem: cause.description,
            failures: failures
        )
        context.runtime.log(.error, "store.start_failed", ["store": id, "error": cause.description])
        if !isDamaged {
            let pause = min(Duration.milliseconds(100) * (1 << min(failures, 9)), .seconds(30))
            context.after(pause, as: StoreManager.self) { try await $0.startAgain(id) }
        }
        return cause
    }

    private func startAgain(_ id: String) async throws {
        guard let entry = entries[id], entry.status == .stopped, entry.process == nil else { return }
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
