import Mangrove

extension LocalGateway {
    /// Puts a store's configuration on record, and waits until it is carried out.
    public func putConfiguration(
        of store: String,
        _ configuration: StoreConfiguration,
        status: ConfigurationRecord.Status,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord {
        try StoreID.check(store)
        return try await carriedOut(
            try await changeConfiguration(of: store, .put(configuration, status), expecting: version, by: author)
        )
    }

    /// What is on record of a store.
    public func configuration(of store: String) async throws -> ConfigurationRecord {
        try await configuring(store, as: ConfigReader.self, in: ConfigReader.poolName) { reader in
            try await reader.call(timeout: nil) { try await $0.record(of: store) }
        }
    }

    /// What is on record of all stores, and why it is not carried out, where it is not.
    public func configurations() async throws -> [ConfigurationListing] {
        let records = try await configuring("", as: ConfigReader.self, in: ConfigReader.poolName) { reader in
            try await reader.call(timeout: nil) { try await $0.records() }
        }
        let follower = runtime.address(ConfigurationFollower.name, of: ConfigurationFollower.self)
        let problems = (try? await follower.call { $0.problems() }) ?? [:]
        return records.map { ConfigurationListing($0, problem: problems[$0.store]?.description) }
    }

    /// Takes a store out of the node, and waits until that is done.
    public func deleteConfiguration(
        of store: String,
        expecting version: Int?,
        erasing: Bool,
        by author: String
    ) async throws -> ConfigurationRecord {
        let change = ConfigurationRequestedChange.delete(erasing: erasing)
        return try await carriedOut(
            try await changeConfiguration(of: store, change, expecting: version, by: author)
        )
    }

    /// All versions of a store's record, or of all stores'.
    public func configurationHistory(of store: String?) async throws -> [ConfigurationRecord] {
        try await configuring(store ?? "", as: ConfigReader.self, in: ConfigReader.poolName) { reader in
            try await reader.call(timeout: nil) { try await $0.history(of: store) }
        }
    }

    /// Makes a new version of a record with the content of an earlier one, and waits until it is carried out.
    public func rollBackConfiguration(
        of store: String,
        to earlier: Int,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord {
        let id = newID()
        return try await carriedOut(
            try await configuring(store, as: ConfigWriter.self, in: ConfigWriter.poolName, changes: true) { writer in
                try await writer.call(timeout: nil) {
                    try await $0.rollBack(store, to: earlier, expecting: version, by: author, id: id)
                }
            }
        )
    }

    /// Makes a damaged configuration store anew out of the copy that is kept.
    public func recoverConfiguration() async throws -> String {
        try checkKeeping()
        do {
            return try await runtime.address(ConfigStore.name, of: ConfigStore.self).call(timeout: nil) {
                try await $0.recover()
            }
        } catch let error as CallError {
            throw StoreError.outcomeUnknown(store: StoreID.configuration, why: "\(error)")
        }
    }

    /// Waits until everything that is on record is carried out, or has failed to be once; not longer than that takes at most
    /// while the configuration store cannot be opened.
    func awaitRecords(within limit: Duration) async throws {
        guard let status = node.configurationStatus else { return }
        if case .opening = status.now { return }
        let follower = runtime.address(ConfigurationFollower.name, of: ConfigurationFollower.self)
        do {
            _ = try await follower.resolve().ask(timeout: limit) { follower, reply in follower.awaitQuiet(reply) }
        } catch is CallError {
            // What is on record is carried out when it can be read again.
        }
    }

    // MARK: Ways in

    /// Whether this node keeps what is configured for its stores.
    var keepsConfiguration: Bool { node.configurationStatus != nil }

    private func checkKeeping() throws(StoreError) {
        guard keepsConfiguration else {
            throw .refused("this node keeps no records of what is configured for its stores")
        }
    }

    private func newID() -> EventID {
        let random = runtime.environment.randomness
        return EventID(randomHigh: random.next(), low: random.next())
    }

    /// Changes a record, and returns when that is durable.
    func changeConfiguration(
        of store: String,
        _ change: ConfigurationRequestedChange,
        expecting version: Int?,
        by author: String
    ) async throws -> ConfigurationRecord {
        let id = newID()
        return try await configuring(store, as: ConfigWriter.self, in: ConfigWriter.poolName, changes: true) { writer in
            try await writer.call(timeout: nil) {
                try await $0.change(store, change, expecting: version, by: author, id: id)
            }
        }
    }

    /// Waits until a version of a record is carried out.
    /// - Throws: ``StoreError`` with why it is not yet.
    private func carriedOut(_ record: ConfigurationRecord) async throws -> ConfigurationRecord {
        guard let problem = try await outcome(of: record) else { return record }
        throw StoreError.unavailable(
            store: record.store,
            why: "it is on record as version \(record.version), and cannot be carried out yet: \(problem)"
        )
    }

    /// Waits until a version of a record is carried out, or has failed to be once.
    /// - Returns: why it failed; nil if it is carried out.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if that is not known.
    func outcome(of record: ConfigurationRecord) async throws -> StoreError? {
        let (store, version) = (record.store, record.version)
        do {
            let follower = runtime.address(ConfigurationFollower.name, of: ConfigurationFollower.self)
            return try await follower.resolve().ask(timeout: nil) { follower, reply in
                follower.awaitCarriedOut(store, version, reply)
            }
        } catch {
            let why = "it is on record as version \(version), and whether it is carried out is not known: \(error)"
            throw StoreError.unavailable(store: store, why: why)
        }
    }

    private func configuring<Worker: ProcessActor, Answer: Sendable>(
        _ store: String,
        as type: Worker.Type,
        in pool: ProcessName,
        changes: Bool = false,
        _ question: @Sendable (Ref<Worker>) async throws -> Answer
    ) async throws -> Answer {
        try checkKeeping()
        return try await retrying(StoreID.configuration, appends: changes, ensuring: false) { [self] in
            let workers = runtime.address(pool, of: SupervisorProcess.self)
            return try await question(workers.partition(for: store, as: Worker.self))
        }
    }
}
