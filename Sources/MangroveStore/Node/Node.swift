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
    /// Whether processes can be made to crash through the gateway.
    public var allowsFaults = false
    /// How stores are run.
    public var store = StoreSettings()

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
    /// A store that cannot be opened does not keep the node from starting: its status says why.
    /// - Throws: ``StoreError/refused(_:)`` if another node has the directory, naming its owner; ``StoreError`` if the disk
    ///   refuses; `SupervisorError` if the tree does not start. Nothing is left running.
    public static func open(_ settings: NodeSettings, in runtime: Runtime) async throws -> Node {
        let disk = runtime.environment.disk
        let data = try await runtime.environment.blocking.run {
            try DataDirectory(disk: disk, path: settings.dataDirectory, owner: settings.owner)
        }
        let place = NodePlace(data: data, settings: settings.store, startsStores: settings.startsStores)
        let gateway = LocalGateway(
            runtime,
            data,
            settings.store,
            place.running,
            place.counters,
            allowFaults: settings.allowsFaults
        )
        do {
            let root = try await runtime.start(tree(settings, place, gateway))
            return Node(gateway: gateway, data: data, runtime: runtime, root: root)
        } catch {
            data.close()
            throw error
        }
    }

    private static func tree(_ settings: NodeSettings, _ place: NodePlace, _ gateway: LocalGateway) -> Supervisor {
        Supervisor("node", strategy: .restForOne) {
            DynamicSupervisor("stores", name: StoreManager.storesName)
            Worker("store-manager", name: StoreManager.name) { try await StoreManager.start($0, place) }
            if settings.listens {
                Worker("socket", shutdown: .within(.seconds(10))) { context in
                    try SocketListener(context, settings.dataDirectory, gateway)
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

    /// Waits until the node's tree has ended.
    /// - Returns: what its root ended with: ``ExitReason/shutdown`` when it was closed, or gave up.
    public func ended() async -> ExitReason {
        await root.exitReason()
    }
}

/// What the processes of a node share.
struct NodePlace: Sendable {
    let data: DataDirectory
    let settings: StoreSettings
    let startsStores: Bool
    let leases = DirectoryLeases()
    let running = RunningStores()
    let counters = StoreCounterBook()
}
