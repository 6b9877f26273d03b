public import Mangrove

/// How a node is run.
public struct NodeSettings: Sendable {
    /// Where the stores are; created if it is not there.
    public var dataDirectory: String
    /// Who owns the directory while the node runs, for the message others get: the process id.
    public var owner: String
    /// Whether the stores that are there are started with the node, or each when it is first asked for.
    public var startsStores = true
    /// Whether other programs reach the node over the socket in its data directory.
    public var listens = false
    /// Who may ask for what over that socket.
    public var access = AccessPolicy.owner
    /// How many requests each connection may make there; nil for any number.
    public var requestLimit: RateLimit?
    /// Whether processes can be made to crash through the gateway.
    public var allowsFaults = false
    /// How stores are run of which nothing else is said.
    public var store = StoreSettings()
    /// Whether the node keeps on record what is configured for each store, in a store of its own, and has the stores be so;
    /// see ``ConfigurationGateway``.
    public var keepsConfiguration = false
    /// What is configured for stores, on top of that: for all of them, by template, and for each.
    public var configuration = NodeConfiguration()
    /// Stores that are made when the node is opened and they are not there. What is configured for one that is there
    /// stays as it is.
    public var stores: [String: StoreConfiguration] = [:]
    /// The projections that the program keeps of its stores.
    public var projections: [Projection] = []
    /// How events of old versions are read.
    public var upcasters = Upcasters()
    /// Which streams are encrypted, and how; nil for none.
    public var encryption: StreamEncryption?

    /// Makes settings.
    public init(dataDirectory: String, owner: String) {
        self.dataDirectory = dataDirectory
        self.owner = owner
    }
}

/// A node: the stores of one data directory, under one supervision tree.
///
/// ```swift
/// let node = try await Node.open(NodeSettings(dataDirectory: "grove-data", owner: "me"), in: Runtime())
/// try await node.gateway.createStore("orders")
/// await node.close()
/// ```
public final class Node: Sendable {
    /// The way to the node's stores.
    public let gateway: LocalGateway
    private let data: DataDirectory
    private let runtime: Runtime
    private let root: Ref<SupervisorProcess>

    private init(gateway: LocalGateway, data: DataDirectory, runtime: Runtime, root: Ref<SupervisorProcess>) {
        self.gateway = gateway
        self.data = data
        self.runtime = runtime
        self.root = root
    }

    /// Takes the data directory and starts the node's tree.
    ///
    /// Stores start side by side, those of high priority first, and this waits until all have started, or failed to. A store
    /// that cannot be opened does not keep the node from starting: its status says why.
    /// - Throws: ``StoreError/invalid(_:)`` for a template or a store that cannot be; ``StoreError/refused(_:)`` if another node has the directory, naming its owner; ``StoreError`` if the disk
    ///   refuses; `SupervisorError` if the tree does not start. Nothing is left running.
    public static func open(_ settings: NodeSettings, in runtime: Runtime) async throws -> Node {
        try Projection.check(settings.projections)
        let disk = runtime.environment.disk
        let data = try await runtime.environment.blocking.run {
            try DataDirectory(disk: disk, path: settings.dataDirectory, owner: settings.owner)
        }
        let place = NodePlace(data, settings)
        let gateway = LocalGateway(runtime, place, allowFaults: settings.allowsFaults)
        let root: Ref<SupervisorProcess>
        do {
            root = try await runtime.start(tree(settings, place, gateway))
        } catch {
            data.close()
            throw error
        }
        let node = Node(gateway: gateway, data: data, runtime: runtime, root: root)
        do {
            if settings.keepsConfiguration {
                // They are made by what is on record of them.
                try await gateway.awaitRecords(within: settings.store.retryLimit)
            } else {
                try await node.makeStores(settings.stores)
            }
            try await gateway.awaitStarts()
            return node
        } catch {
            await node.close()
            throw error
        }
    }

    private func makeStores(_ stores: [String: StoreConfiguration]) async throws {
        for (id, configuration) in stores.sorted(by: { $0.key < $1.key }) {
            do {
                try await gateway.createStore(id, configuration)
            } catch StoreError.storeExists {
                // It stays as it is.
            } catch StoreError.unavailable {
                // It is there and does not start, as its status says.
            }
        }
    }

    private static func tree(_ settings: NodeSettings, _ place: NodePlace, _ gateway: LocalGateway) -> Supervisor {
        let config = place.configurationStatus.map { ConfigPlace(place, $0) }
        return Supervisor("node", strategy: .restForOne) {
            if let config { configurationTree(config) }
            DynamicSupervisor("stores", name: StoreManager.storesName)
            Worker("store-manager", name: StoreManager.name) { try await StoreManager.start($0, place) }
            TransactionKeeper.tree(gateway, place.running)
            if let config { configurationFollower(config, gateway, gateway) }
            DynamicSupervisor("operations", name: OperationWorker.supervisor)
            Worker("health-monitor", name: HealthMonitor.name) { HealthMonitor($0, gateway) }
            if settings.listens {
                Worker("socket", shutdown: .within(.seconds(10))) { context in
                    try SocketListener(context, settings, gateway)
                }
            }
        }
    }

    /// Stops the node in order, last started first, and gives the data directory back. What was acknowledged is durable
    /// already; this makes the next start quick.
    public func close() async {
        _ = await root.stop(.shutdown, within: nil)
        data.close()
    }

    /// Stops the node in order, as ``close()``, and kills what has not stopped in time: nothing acknowledged is lost by that.
    /// - Returns: whether all of it stopped in time.
    public func close(within limit: Duration) async -> Bool {
        let reason = await root.stop(.shutdown, within: limit)
        data.close()
        if case .killed = reason { return false }
        return true
    }

    /// Waits until the node's tree has ended.
    /// - Returns: what its root ended with: ``ExitReason/shutdown`` when it was closed, or gave up.
    public func ended() async -> ExitReason {
        await root.exitReason()
    }
}
