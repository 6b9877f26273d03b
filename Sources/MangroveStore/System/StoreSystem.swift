import Mangrove

/// The processes that node-wide requests find a running store by: entered when its engine is open, gone when it is not.
typealias RunningStores = Registry<String, EngineSession>

/// Announces a store to the node once its engine is open.
actor StoreRegistration: ProcessActor {
    private init() {}

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> StoreRegistration {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let (session, transactions) = try await engine.call { ($0.session, $0.transactions()) }
        try place.running.register(place.store, session, for: context)
        if !transactions.isEmpty {
            // Whoever is not there to hear it looks around when it comes.
            let keeper = context.runtime.address(TransactionKeeper.name, of: TransactionKeeper.self)
            try? keeper.cast { try await $0.found(transactions.map(\.transaction)) }
        }
        return StoreRegistration()
    }
}

/// The root of one store's subtree, as yet without its parts.
///
/// It starts at once, whatever the store's size; the manager then adds ``storeParts(_:)`` to it, so that the supervisor of
/// all stores is free for the next one while this one reads its log.
func storeRoot(_ place: StorePlace) -> Supervisor {
    Supervisor(
        ChildID(place.store),
        name: StoreName(store: place.store).name(.system),
        strategy: .restForOne,
        intensity: RestartIntensity(3, within: .seconds(5)),
        restart: .temporary
    ) {}
}

/// How many parts a store's subtree has.
let storePartCount = 4

/// The parts of one store's subtree, each to be started after those it depends on.
///
/// An exit of the engine takes down all that derives from it, and nothing else: `storage` allows no restart, so that
/// `core` restarts as a whole.
func storeParts(_ place: StorePlace) -> [any Child] {
    let names = StoreName(store: place.store)
    return [
        Worker("pub-sub", name: names.name(.pubSub)) { StorePubSub() },
        Supervisor("core", strategy: .oneForAll, intensity: RestartIntensity(3, within: .seconds(60))) {
            storage(place, names)
            persistence(place, names)
            notification(place, names)
        },
        Supervisor("cluster") {
            Worker("node-monitor", name: names.name(.nodeMonitor)) { NodeMonitor($0, place) }
        },
        PartitionSupervisor(
            "gateway",
            name: names.name(.gateway),
            partitions: place.settings.gatewayWorkers,
            intensity: RestartIntensity(15, within: .seconds(60))
        ) { _ in
            Worker("gateway") { GatewayWorker($0, place, names) }
        },
    ]
}

private func storage(_ place: StorePlace, _ names: StoreName) -> Supervisor {
    Supervisor("storage", strategy: .restForOne, intensity: RestartIntensity(0, within: .seconds(5))) {
        Worker("engine", name: names.name(.engine), shutdown: .within(.seconds(30))) {
            try await Store.start($0, place, names)
        }
        Worker("registration") { try await StoreRegistration.start($0, place, names) }
    }
}

private func persistence(_ place: StorePlace, _ names: StoreName) -> Supervisor {
    let partitions = place.settings.partitions
    return Supervisor("persistence", intensity: RestartIntensity(10, within: .seconds(60))) {
        Supervisor("streams") {
            PartitionSupervisor("writers", name: names.name(.writers), partitions: partitions) { _ in
                DynamicSupervisor("writers")
            }
            PartitionSupervisor("readers", name: names.name(.readers), partitions: partitions) { _ in
                Worker("reader") { try await StreamReader.start($0, place, names) }
            }
        }
        Supervisor("subscriptions") {
            Worker("reader", name: names.name(.subscriptionsReader)) { try await SubscriptionsReader.start($0, names) }
            Worker("writer", name: names.name(.subscriptionsWriter)) {
                try await SubscriptionsWriter.start($0, place, names)
            }
        }
        Supervisor("snapshots") {
            PartitionSupervisor("writers", name: names.name(.snapshotWriters), partitions: partitions) { _ in
                Worker("writer") { try await SnapshotWriter.start($0, place, names) }
            }
            PartitionSupervisor("readers", name: names.name(.snapshotReaders), partitions: partitions) { _ in
                Worker("reader") { try await SnapshotReader.start($0, place, names) }
            }
        }
        Worker("persistence-worker", name: names.name(.persistence)) {
            try await PersistenceWorker.start($0, place, names)
        }
    }
}

private func notification(_ place: StorePlace, _ names: StoreName) -> Supervisor {
    Supervisor("notification", strategy: .restForOne, intensity: RestartIntensity(5, within: .seconds(30))) {
        PartitionSupervisor("emitters", name: names.name(.emitters), partitions: place.settings.partitions) { _ in
            DynamicSupervisor("emitters")
        }
        Supervisor("leader", strategy: .restForOne) {
            Worker("tracker", name: names.name(.leaderTracker)) { LeaderTracker() }
            Worker("worker", name: names.name(.leaderWorker)) { try await LeaderWorker.start($0, place, names) }
        }
        Worker("subscriptions-tracker", name: names.name(.subscriptionsTracker)) {
            try await SubscriptionsTracker.start($0, names)
        }
        // A projection that fails again and again waits longer and longer, and so never uses this up.
        DynamicSupervisor(
            "projections",
            name: names.name(.projections),
            intensity: RestartIntensity(1_000, within: .seconds(10))
        )
        Worker("event-projector", name: names.name(.projector)) { try await EventProjector.start($0, place, names) }
        Worker("subscription-health-monitor", name: names.name(.subscriptionHealth)) {
            SubscriptionHealthMonitor($0, place, names)
        }
    }
}
