extension SocketGateway {
    /// Asks the node, as ``StoresGateway/stores()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func stores() async throws -> [StoreInfo] {
        try await ask(.stores) { if case .stores(let stores) = $0 { stores } else { nil } }
    }

    /// Asks the node, as ``StoresGateway/createStore(_:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func createStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try await tell(id, .create(try checked(configuration)))
    }

    /// Asks the node, as ``StoresGateway/requestStore(_:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been asked.
    public func requestStore(_ id: String, _ configuration: StoreConfiguration) async throws {
        try await tell(id, .requestCreation(try checked(configuration)))
    }

    /// Asks the node, as ``StoresGateway/removeStore(_:erasing:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func removeStore(_ id: String, erasing: Bool) async throws -> RemovedStore {
        try await ask(.managed(store: id, .remove(erasing: erasing))) {
            if case .managed(.removed(let removed)) = $0 { removed } else { nil }
        }
    }

    /// Asks the node, as ``StoresGateway/requestRemoval(of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been asked.
    public func requestRemoval(of id: String) async throws {
        try await tell(id, .requestRemoval)
    }

    /// Asks the node, as ``StoresGateway/keptStores()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func keptStores() async throws -> [KeptStore] {
        try await ask(.managed(store: "", .kept)) { if case .managed(.kept(let kept)) = $0 { kept } else { nil } }
    }

    /// Asks the node, as ``StoresGateway/reviveStore(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func reviveStore(_ kept: String) async throws {
        try await tell(kept, .revive)
    }

    /// Asks the node, as ``StoresGateway/eraseKeptStore(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func eraseKeptStore(_ kept: String) async throws {
        try await tell(kept, .eraseKept)
    }

    /// Asks the node, as ``StoresGateway/storeStatus(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func storeStatus(_ id: String) async throws -> StoreInfo {
        try await ask(.storeStatus(id)) {
            if case .stores(let stores) = $0, stores.count == 1 { stores.first } else { nil }
        }
    }

    /// Asks the node, as ``StoresGateway/storeConfiguration(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func storeConfiguration(_ id: String) async throws -> [String: String] {
        try await ask(.storeConfiguration(id)) { if case .configuration(let values) = $0 { values } else { nil } }
    }

    /// Asks the node, as ``StoresGateway/ownConfiguration(of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func ownConfiguration(of id: String) async throws -> StoreConfiguration {
        try await ask(.managed(store: id, .ownConfiguration)) {
            if case .managed(.configuration(let configuration)) = $0 { configuration } else { nil }
        }
    }

    /// Asks the node, as ``StoresGateway/configureStore(_:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func configureStore(_ id: String, _ configuration: StoreConfiguration) async throws -> Bool {
        try await ask(.managed(store: id, .configure(try checked(configuration)))) {
            if case .managed(.changed(let restarted)) = $0 { restarted } else { nil }
        }
    }

    private func tell(_ id: String, _ request: StoresRequest) async throws(StoreError) {
        try await ask(.managed(store: id, request)) { if case .done = $0 { () } else { nil } }
    }

    /// What cannot be a configuration is said here, with all that is wrong, and does not travel.
    private func checked(_ configuration: StoreConfiguration) throws(StoreError) -> StoreConfiguration {
        do throws(ConfigurationError) {
            try configuration.check()
            return configuration
        } catch {
            throw .invalid(error.description)
        }
    }
}
