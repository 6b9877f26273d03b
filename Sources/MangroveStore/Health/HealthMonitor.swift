import Mangrove

/// Looks at an interval, and when it is asked, at how the node and all that is in it are; and says in the log what has
/// changed.
actor HealthMonitor: ProcessActor, LongRunning {
    static let name: ProcessName = "health-monitor"
    private static let interval = Duration.seconds(10)
    /// How long one store may keep the look at all of them waiting.
    static let patience = Duration.seconds(5)

    private let runtime: Runtime
    private let gateway: LocalGateway
    private var machine = HealthMachine()
    private var last: [String: HealthStatus] = [:]

    init(_ context: ProcessContext, _ gateway: LocalGateway) {
        runtime = context.runtime
        self.gateway = gateway
    }

    func run() async throws {
        while true {
            try await runtime.sleep(for: Self.interval)
            do {
                // As a turn: looks that went on side by side would be compared in the wrong order.
                _ = try await gateway.lookAtHealth()
            } catch let error where !(error is CancellationError) {
                // The manager is being restarted; the next look is soon enough.
            }
        }
    }

    /// Looks now.
    func look() async throws -> (facts: HealthFacts, health: NodeHealth) {
        let facts = try await gateway.healthFacts()
        let health = machine.observe(facts, at: Timestamp(microseconds: runtime.clock.civilMicroseconds()))
        note(health)
        return (facts, health)
    }

    private func note(_ health: NodeHealth) {
        var now: [String: HealthStatus] = [:]
        for component in health.components {
            let name = component.label
            now[name] = component.status
            guard component.status != last[name] ?? .healthy else { continue }
            let event = component.status == .healthy ? StoreEvents.healthRegained : StoreEvents.healthLost
            runtime.emit(event) { (name, component.status.rawValue, component.reason) }
        }
        last = now
    }
}

extension ComponentHealth {
    /// What it is called in a line: `node`, `store orders`, `subscription orders/mails`.
    public var label: String {
        switch kind {
        case .node: "node"
        case .store: "store \(store)"
        case .subscription, .projection: "\(kind.rawValue) \(store)/\(name)"
        }
    }
}

extension LocalGateway {
    /// How the node is, with all that is in it, as it is looked at now.
    public func health() async throws -> NodeHealth {
        try await lookAtHealth().health
    }

    func lookAtHealth() async throws -> (facts: HealthFacts, health: NodeHealth) {
        do {
            return try await runtime.address(HealthMonitor.name, of: HealthMonitor.self)
                .call(timeout: nil) { try await $0.look() }
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "the health monitor: \(error)")
        }
    }

    func healthFacts() async throws -> HealthFacts {
        var facts = HealthFacts()
        facts.zombies = runtime.zombies.map(\.path)
        facts.starvations = Int(runtime.metrics().value("mangrove_pool_stuck_total") ?? 0)
        let flushes = Dictionary(node.counters.all.map { ($0.store, $0.numbers.flushCounts) }) { first, _ in first }
        let infos = try await askManager { $0.list() }
        facts.stores = await withTaskGroup(of: HealthFacts.Store.self) { group in
            var (found, started): ([HealthFacts.Store], Int) = ([], 0)
            for info in infos {
                // Side by side, so that a store that is slow to answer is waited for once; and not all of a thousand at once.
                if started - found.count >= 16, let store = await group.next() { found.append(store) }
                started += 1
                group.addTask { [self] in
                    let flushes = flushes[info.id] ?? []
                    let store = await runtime.within(HealthMonitor.patience) { [self] in
                        await healthFacts(of: info, flushes)
                    }
                    if let store { return store }
                    var hung = HealthFacts.Store(info: info)
                    hung.flushes = flushes
                    hung.isHung = true
                    return hung
                }
            }
            for await store in group { found.append(store) }
            return found
        }
        return facts
    }

    private func healthFacts(of info: StoreInfo, _ flushes: [UInt64]) async -> HealthFacts.Store {
        var store = HealthFacts.Store(info: info)
        store.flushes = flushes
        store.lowBytes = node.controls.settings(of: info.id).lowDiskBytes
        // Of a store that is not open nobody knows more, and to ask would start it.
        guard let engine = node.running.session(of: info.id)?.engine else { return store }
        let monitor = runtime.address(StoreName(store: info.id).name(.nodeMonitor), of: NodeMonitor.self)
        store.freeBytes = (try? await monitor.call { $0.freeBytes }) ?? nil
        do {
            if try !engine.factKeys(.subscriptions).isEmpty {
                store.subscriptions = try await subscriptions(of: info.id)
            }
            let hasProjections = try !engine.factKeys(.projections).isEmpty
            if hasProjections || node.projections.contains(where: { $0.store == info.id }) {
                store.projections = try await projections(of: info.id)
            }
        } catch {
            store.silent = "\(error)"
        }
        return store
    }
}
