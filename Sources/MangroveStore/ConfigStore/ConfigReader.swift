import Mangrove

/// One of the workers that read what is on record of stores: those that hash to it, or all.
///
/// While the configuration store is damaged it reads the copy.
actor ConfigReader: ProcessActor {
    static let poolName: ProcessName = "config-readers"

    private let place: ConfigPlace
    private let keeper: Address<ConfigStore>

    init(_ context: ProcessContext, _ place: ConfigPlace) {
        self.place = place
        keeper = context.runtime.address(ConfigStore.name, of: ConfigStore.self)
    }

    /// The record of a store.
    /// - Throws: ``StoreError/noSuchConfiguration(_:)``, also if it was deleted.
    func record(of store: String) async throws -> ConfigurationRecord {
        let found = try await reading { engine in
            try ConfigurationRecord.read(engine, store)?.record
        } copy: { records in
            records.first { $0.store == store }
        }
        guard let found, found.isPresent else { throw StoreError.noSuchConfiguration(store) }
        return found
    }

    /// All records, sorted by store, without those that were deleted.
    func records() async throws -> [ConfigurationRecord] {
        try await reading { engine in
            var records: [ConfigurationRecord] = []
            for info in engine.streams() {
                if let record = try ConfigurationRecord.read(engine, info.stream)?.record { records.append(record) }
            }
            return records.filter(\.isPresent)
        } copy: { records in
            records
        }
    }

    /// All versions of one store's record, or of all stores' in the order in which they were made.
    /// - Throws: ``StoreError/noSuchConfiguration(_:)`` for a store that has never had a record.
    func history(of store: String?) async throws -> [ConfigurationRecord] {
        let records = try await reading { engine in
            let events = try store.map { try engine.read(stream: $0, count: .max) } ?? engine.readAll(count: .max)
            return try events.map { try ConfigurationRecord(checking: $0) }
        } copy: { _ in
            // The copy has no history; this says why.
            _ = try place.session()
            return []
        }
        if let store, records.isEmpty { throw StoreError.noSuchConfiguration(store) }
        return records
    }

    private func reading<Answer: Sendable>(
        _ work: @escaping @Sendable (StoreEngine) throws -> Answer,
        copy: ([ConfigurationRecord]) throws -> Answer
    ) async throws -> Answer {
        if case .damaged(let error, let records) = place.status.now {
            guard let records else { throw error }
            return try copy(records)
        }
        do {
            return try await place.session().read(work)
        } catch let error as StoreError {
            if case .damaged = error { try? keeper.cast { await $0.refuse(error) } }
            throw error
        }
    }
}
