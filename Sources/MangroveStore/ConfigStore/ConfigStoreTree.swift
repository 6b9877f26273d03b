import Mangrove

/// The part of a node's tree that keeps what is configured for its stores: the store itself, what has it open, and the
/// partitioned pools of those who read and write it.
func configurationTree(_ place: ConfigPlace) -> Supervisor {
    Supervisor("configuration", strategy: .restForOne, intensity: RestartIntensity(10, within: .seconds(60))) {
        DynamicSupervisor("store", name: ConfigStore.homeName)
        Worker("config-store", name: ConfigStore.name) { await ConfigStore.start($0, place) }
        PartitionSupervisor("readers", name: ConfigReader.poolName, partitions: 2) { _ in
            Worker("reader") { ConfigReader($0, place) }
        }
        PartitionSupervisor("writers", name: ConfigWriter.poolName, partitions: 2) { _ in
            Worker("writer") { ConfigWriter($0, place) }
        }
    }
}

/// The part that has the stores be as they are configured; it comes after what starts them.
func configurationFollower(
    _ place: ConfigPlace,
    _ gateway: LocalGateway,
    _ stores: any ConfiguredStores
) -> Supervisor {
    Supervisor("configured", intensity: RestartIntensity(10, within: .seconds(60))) {
        Worker("follower", name: ConfigurationFollower.name) {
            ConfigurationFollower($0, place, gateway, stores)
        }
    }
}

extension ConfigPlace {
    /// The place for a node.
    init(_ node: NodePlace, _ status: ConfigStatus) {
        var settings = node.settings
        // Few ask it for anything.
        (settings.partitions, settings.gatewayWorkers, settings.segmentBytes) = (1, 1, 1 << 20)
        self.init(
            dataDirectory: node.data.path,
            store: node.ownPlace(of: StoreID.configuration, settings),
            node: node,
            status: status
        )
    }
}
