extension SocketGateway {
    /// Asks the node, as ``ConfigurationGateway/putConfiguration(of:_:status:expecting:by:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func putConfiguration(
        of store: String,
        _ configuration: StoreConfiguration,
        status: ConfigurationRecord.Status,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord {
        try configuration.checkForTravel()
        return try await record(.put(store: store, configuration, status, version: version, author: author))
    }

    /// Asks the node, as ``ConfigurationGateway/configuration(of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func configuration(of store: String) async throws -> ConfigurationRecord {
        try await record(.get(store: store))
    }

    /// Asks the node, as ``ConfigurationGateway/configurations()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func configurations() async throws -> [ConfigurationListing] {
        try await listings(.list)
    }

    /// Asks the node, as ``ConfigurationGateway/deleteConfiguration(of:expecting:erasing:by:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func deleteConfiguration(
        of store: String,
        expecting version: Int?,
        erasing: Bool,
        by author: String
    ) async throws -> ConfigurationRecord {
        try await record(.delete(store: store, version: version, erasing: erasing, author: author))
    }

    /// Asks the node, as ``ConfigurationGateway/configurationHistory(of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, ``StoreError/unavailable(store:why:)``.
    public func configurationHistory(of store: String?) async throws -> [ConfigurationRecord] {
        try await listings(.history(store: store)).map(\.record)
    }

    /// Asks the node, as ``ConfigurationGateway/rollBackConfiguration(of:to:expecting:by:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func rollBackConfiguration(
        of store: String,
        to earlier: Int,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord {
        try await record(.rollBack(store: store, earlier: earlier, version: version, author: author))
    }

    /// Asks the node, as ``ConfigurationGateway/recoverConfiguration()`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func recoverConfiguration() async throws -> String {
        try await ask(.configuration(.recover)) { if case .text(let text) = $0 { text } else { nil } }
    }

    private func record(_ request: ConfigurationRequest) async throws -> ConfigurationRecord {
        try await ask(.configuration(request)) {
            if case .records(let listings) = $0, listings.count == 1 { listings.first?.record } else { nil }
        }
    }

    private func listings(_ request: ConfigurationRequest) async throws -> [ConfigurationListing] {
        try await ask(.configuration(request)) { if case .records(let listings) = $0 { listings } else { nil } }
    }
}

extension StoreConfiguration {
    /// What cannot be is refused here: the other side could not even read it.
    fileprivate func checkForTravel() throws(StoreError) {
        do throws(ConfigurationError) {
            try check()
        } catch {
            throw .invalidConfiguration(error.mistakes)
        }
    }
}
