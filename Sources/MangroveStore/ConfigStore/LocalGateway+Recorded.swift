import Mangrove

/// What is asked about stores where a node keeps records of them: it goes by way of the record, so that what is on record and
/// what is so never part.
extension LocalGateway {
    /// Who is noted for what came without a name.
    private static let author = "gateway"

    func createRecorded(_ id: String, _ configuration: StoreConfiguration) async throws {
        let record: ConfigurationRecord
        do {
            let change = ConfigurationRequestedChange.put(configuration, .active)
            record = try await changeConfiguration(of: id, change, expecting: 0, by: Self.author)
        } catch StoreError.wrongConfigurationVersion {
            throw StoreError.storeExists(id)
        }
        guard let problem = try await outcome(of: record) else { return }
        if try await present()[id] == nil {
            // It could not be made: then nothing is to be made of it later either.
            _ = try? await deleteConfiguration(of: id, expecting: record.version, erasing: false, by: Self.author)
        }
        throw problem
    }

    func removeRecorded(_ id: String, erasing: Bool) async throws -> RemovedStore {
        let before = Set(try await keptStores())
        let directory = node.data.directory(of: id).path
        do {
            _ = try await deleteConfiguration(of: id, expecting: nil, erasing: erasing, by: Self.author)
        } catch StoreError.noSuchConfiguration {
            throw StoreError.noSuchStore(id)
        }
        let kept = try await keptStores().last { $0.id == id && !before.contains($0) }
        return RemovedStore(id: id, kept: kept, directory: kept.map { node.data.path(of: $0) } ?? directory)
    }

    /// - Returns: whether the store was restarted.
    func configureRecorded(_ id: String, _ profile: StoreProfile) async throws -> Bool {
        let before = try await askManager { try $0.profile(of: id) }
        let wasRunning = node.running.session(of: id) != nil
        let record = try await configuration(of: id)
        _ = try await putConfiguration(
            of: id,
            profile.configuration,
            status: record.status,
            expecting: nil,
            by: Self.author
        )
        return wasRunning && before.resolved.needsRestart(for: profile.resolved)
    }

    /// What was brought back is on record again.
    func adoptRevived(_ id: String) async throws {
        let own = try await askManager { try $0.profile(of: id).configuration }
        _ = try await changeConfiguration(of: id, .adopt(own), expecting: nil, by: Self.author)
    }

    /// The stores that were made as their records say.
    func madeStores() async throws -> Set<String> {
        let keys = try await retrying(StoreID.configuration, ensuring: false) { [self] in
            guard let session = node.running.session(of: StoreID.configuration) else {
                throw StoreError.unavailable(store: StoreID.configuration, why: "it is not open")
            }
            return try session.engine.factKeys(.madeStores)
        }
        return Set(
            keys.compactMap { key in
                var parts = FactKey.Parts(key)
                return parts.text()
            }
        )
    }

    /// Puts on record whether a store was made, and returns when that is durable.
    func note(_ store: String, isMade: Bool) async throws {
        let change = FactChange(.madeStores, FactKey(store), isMade ? [1] : nil)
        // Made twice it is what it is made once.
        try await retrying(StoreID.configuration, appends: true, ensuring: false) { [self] in
            try await runtime.address(StoreName(store: StoreID.configuration).name(.engine), of: Store.self)
                .record([change])
        }
    }

    /// Does something without anyone waiting for it; a failure is logged and counted.
    func leave(_ work: @escaping @Sendable (LocalGateway) async throws -> Void) {
        runtime.spawn { [self] in
            do {
                try await work(self)
            } catch {
                node.counters.noteFailedRequest()
                runtime.emit(StoreEvents.requestFailed) { LoggedError(error) }
            }
        }
    }
}
