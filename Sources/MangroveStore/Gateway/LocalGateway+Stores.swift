import Mangrove

extension LocalGateway {
    /// The stores of the node, sorted by id.
    public func stores() async throws -> [StoreInfo] {
        try await askManager { $0.list() }
    }

    /// Makes a store, and starts it unless it is to start when it is first asked for.
    public func createStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        let creation = try creation(of: id, configuration)
        if keepsConfiguration { return try await createRecorded(id, configuration) }
        _ = try await request(id, creation)
    }

    /// As ``createStore(_:_:)``, but returns at once.
    public func requestStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        let creation = try creation(of: id, configuration)
        if keepsConfiguration { return leave { try await $0.createRecorded(id, configuration) } }
        try leave(id, creation)
    }

    private func creation(
        of id: String,
        _ configuration: StoreConfiguration
    ) throws(StoreError) -> StoresMachine.Request {
        try StoreID.check(id)
        let random = runtime.environment.randomness
        return .create(
            try node.checkedProfile(of: id, configuration),
            StoreIdentity(high: random.next(), low: random.next())
        )
    }

    /// Stops a store and takes it out of the node; its files are kept, unless they are to be erased.
    public func removeStore(_ id: String, erasing: Bool) async throws -> RemovedStore {
        try await checkTransactions(of: id)
        if keepsConfiguration { return try await removeRecorded(id, erasing: erasing) }
        guard case .removed(let removed) = try await request(id, .remove(erasing: erasing)) else {
            throw StoreError.outcomeUnknown(store: id, why: "the store manager gave another answer")
        }
        return removed
    }

    /// As ``removeStore(_:erasing:)`` without erasing, but returns at once.
    public func requestRemoval(of id: String) async throws {
        if keepsConfiguration { return leave { _ = try await $0.removeRecorded(id, erasing: false) } }
        try leave(id, .remove(erasing: false))
    }

    /// The stores that were removed and kept, sorted by name.
    public func keptStores() async throws -> [KeptStore] {
        try await runtime.environment.blocking.run { [node] in try node.data.kept() }
    }

    /// Makes a store of what a removal kept, as it was.
    public func reviveStore(_ kept: String) async throws {
        let kept = try await find(kept)
        _ = try await request(kept.id, .revive(kept))
        if keepsConfiguration { try await adoptRevived(kept.id) }
    }

    /// Erases what a removal kept.
    public func eraseKeptStore(_ kept: String) async throws {
        let kept = try await find(kept)
        try await runtime.environment.blocking.run { [node] in try node.data.erase(kept) }
    }

    private func find(_ name: String) async throws -> KeptStore {
        let all = try await keptStores()
        let found = all.filter { $0.name == name || $0.id == name }
        guard found.count <= 1 else {
            let names = found.map(\.name).joined(separator: ", ")
            throw StoreError.invalid("several stores '\(name)' were kept; say which: \(names)")
        }
        guard let kept = found.first else { throw StoreError.noSuchStore(name) }
        return kept
    }

    /// How one store is doing, with its limits and what is used of them.
    public func storeStatus(_ id: String) async throws -> StoreInfo {
        var info = try await askManager { try $0.status(id) }
        let monitor = runtime.address(StoreName(store: id).name(.nodeMonitor), of: NodeMonitor.self)
        if info.problem == nil { info.problem = try? await monitor.call { $0.problem } }
        return info
    }

    /// What is in force for a store.
    public func storeConfiguration(_ id: String) async throws -> [String: String] {
        let profile = try await askManager { try $0.profile(of: id) }
        var configuration: [String: String] = [:]
        for (path, value, _) in profile.resolved.values { configuration[path] = value.description }
        configuration["directory"] = node.data.directory(of: id).path
        return configuration
    }

    /// What is configured for a store itself.
    public func ownConfiguration(of id: String) async throws -> StoreConfiguration {
        try await askManager { try $0.profile(of: id) }.configuration
    }

    /// Configures a store anew, restarting it if need be.
    public func configureStore(_ id: String, _ configuration: StoreConfiguration) async throws -> Bool {
        let profile = try node.checkedProfile(of: id, configuration)
        if keepsConfiguration { return try await configureRecorded(id, profile) }
        guard case .changed(let restarted) = try await request(id, .configure(profile)) else { return false }
        return restarted
    }
}
