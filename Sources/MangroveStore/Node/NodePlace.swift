import Mangrove

/// What the processes of a node share.
struct NodePlace: Sendable {
    let data: DataDirectory
    let settings: StoreSettings
    let encryption: StreamEncryption?
    let startsStores: Bool
    let projections: [Projection]
    let upcasters: Upcasters
    let configuration: NodeConfiguration
    /// The stores that there are to be from the beginning.
    let namedStores: [String: StoreConfiguration]
    let leases = DirectoryLeases()
    let running = RunningStores()
    let counters = StoreCounterBook()
    let controls: StoreControls
    let fileWork = FileWork()
    let halted = HaltedStores()
    /// How the node's records of its stores are doing, if it keeps any.
    let configurationStatus: ConfigStatus?

    init(_ data: DataDirectory, _ settings: NodeSettings) {
        self.data = data
        self.settings = settings.store
        encryption = settings.encryption
        startsStores = settings.startsStores
        projections = settings.projections
        upcasters = settings.upcasters
        configuration = settings.configuration
        namedStores = settings.stores
        controls = StoreControls(settings.store)
        configurationStatus = settings.keepsConfiguration ? ConfigStatus() : nil
    }

    /// What comes of a store's own configuration on this node. Where it says nothing, and there are no records, what the
    /// node has configured for the store counts.
    /// - Throws: ``ConfigurationError`` if it refers to a template that there is not.
    func profile(of id: String, _ own: StoreConfiguration) throws(ConfigurationError) -> StoreProfile {
        let isSilent = own == StoreConfiguration() && configurationStatus == nil
        let record = isSilent ? nil : ConfigurationLayer(own)
        let resolved = try configuration.resolved(id, record: record, over: settings)
        return StoreProfile(configuration: own, resolved: resolved)
    }

    /// As ``profile(of:_:)``, for a configuration that somebody gives now.
    /// - Throws: ``StoreError/invalid(_:)`` with all that is wrong with it.
    func checkedProfile(of id: String, _ own: StoreConfiguration) throws(StoreError) -> StoreProfile {
        do throws(ConfigurationError) {
            try own.check()
            return try profile(of: id, own)
        } catch {
            throw .invalid(error.description)
        }
    }

    /// What is in force for a store of which nothing can be read.
    var standardProfile: StoreProfile {
        StoreProfile(resolved: ResolvedStoreConfiguration(over: settings))
    }

    /// Where a store of the node's own is, and what its subtree shares with the node.
    func ownPlace(of store: String, _ settings: StoreSettings) -> StorePlace {
        var own = place(of: store, settings)
        (own.encryption, own.projections, own.upcasters) = (nil, [], Upcasters())
        return own
    }

    /// Where a store is, and what its subtree shares with the node.
    func place(of store: String, _ settings: StoreSettings) -> StorePlace {
        StorePlace(
            store: store,
            directory: data.directory(of: store).path,
            settings: settings,
            encryption: encryption,
            leases: leases,
            running: running,
            counters: counters,
            projections: projections,
            upcasters: upcasters,
            controls: controls
        )
    }
}
