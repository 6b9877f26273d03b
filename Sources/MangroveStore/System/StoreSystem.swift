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
        try place.running.register(place.store, try await engine.call { $0.session }, for: context)
        return StoreRegistration()
    }
}

/// The subtree of one store, each part started after what it depends on.
///
/// An exit of the engine takes down all that derives from it, and nothing else: `storage` allows no restart, so that
/// `core` restarts as a whole.
func storeSystem(_ place: StorePlace) -> Supervisor {
    let names = StoreName(store: place.store)
    return Supervisor(
        ChildID(place.store),
        name: names.name(.system),
        strategy: .restForOne,
        intensity: RestartIntensity(3, within: .seconds(5)),
        restart: .temporary
    ) {
        Worker("pub-sub", name: names.name(.pubSub)) { StorePubSub() }
        Supervisor("core", strategy: .oneForAll, intensity: RestartIntensity(3, within: .seconds(60))) {
            storage(place, names)
            persistence(place, names)
            notification(place, names)
        }
        Supervisor("cluster") {
            Worker("node-monitor", name: names.name(.nodeMonitor)) { NodeMonitor($0, place) }
        }
        PartitionSupervisor(
            "gateway",
            name: names.name(.gateway),
            partitions: place.settings.gatewayWorkers,
            intensity: RestartIntensity(15, within: .seconds(60))
        ) { _ in
            Worker("gateway") { GatewayWorker($0, place, names) }
        }
    }
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
        Worker("persistence-worker") { try await PersistenceWorker.start($0, place, names) }
    }
}

private func notification(_ place: StorePlace, _ names: StoreName) -> Supervisor {
    Supervisor("notification", strategy: .restForOne, intensity: RestartIntensity(5, within: .seconds(30))) {
        Supervisor("leader", strategy: .restForOne) {
            Worker("tracker", name: names.name(.leaderTracker)) { LeaderTracker() }
            Worker("worker", name: names.name(.leaderWorker)) { try await LeaderWorker.start($0, place, names) }
        }
        DynamicSupervisor("emitters", name: names.name(.emitters))
    }
}
