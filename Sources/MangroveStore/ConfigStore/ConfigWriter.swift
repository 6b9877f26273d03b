import Mangrove

/// One of the workers that change what is on record of stores: those that hash to it, one change after the other. A change
/// is durable when it is answered.
actor ConfigWriter: ProcessActor {
    static let poolName: ProcessName = "config-writers"

    private let context: ProcessContext
    private let place: ConfigPlace
    private let engine: Address<Store>
    private let keeper: Address<ConfigStore>

    init(_ context: ProcessContext, _ place: ConfigPlace) {
        self.context = context
        self.place = place
        engine = context.runtime.address(StoreName(store: StoreID.configuration).name(.engine), of: Store.self)
        keeper = context.runtime.address(ConfigStore.name, of: ConfigStore.self)
    }

    /// Changes the record of a store.
    ///
    /// - Parameter expected: the version it must be at, 0 for none; nil for any.
    /// - Parameter id: names the change: made again under the same name, it is made once.
    /// - Returns: the version that was made, or the one that says so already.
    /// - Throws: ``StoreError``; only ``StoreError/outcomeUnknown(store:why:)`` leaves open whether it was made.
    func change(
        _ store: String,
        _ change: ConfigurationRequestedChange,
        expecting expected: Int?,
        by author: String,
        id: EventID
    ) async throws -> ConfigurationRecord {
        do {
            while true {
                if let record = try await attempt(store, change, expected, author, id) { return record }
            }
        } catch let error as StoreError {
            if case .damaged = error { try? keeper.cast { await $0.refuse(error) } }
            throw error
        }
    }

    /// - Returns: nil if somebody else was faster.
    private func attempt(
        _ store: String,
        _ change: ConfigurationRequestedChange,
        _ expected: Int?,
        _ author: String,
        _ id: EventID
    ) async throws -> ConfigurationRecord? {
        let last = try await place.session().read { engine in try ConfigurationRecord.read(engine, store) }
        if let last, last.id == id { return last.record }
        let record = try place.rules.decide(
            change,
            of: store,
            current: last?.record,
            expecting: expected,
            by: author,
            now: Timestamp(microseconds: context.runtime.clock.civilMicroseconds())
        )
        guard let record else {
            if let record = last?.record { return record }
            throw StoreError.noSuchConfiguration(store)
        }
        let version: ExpectedVersion = last.map { .exactly($0.record.version - 1) } ?? .noStream
        do {
            let request = AppendRequest(stream: store, expecting: version, [record.event(id)])
            try await engine.put(request).durable()
        } catch StoreError.wrongExpectedVersion {
            return nil
        }
        context.runtime.emit(StoreEvents.configurationChanged) { (store, record.version, author) }
        return record
    }

    /// Goes back to an earlier version of a store's record.
    /// - Throws: as ``change(_:_:expecting:by:id:)``; ``StoreError/noSuchConfiguration(_:)`` also if there is no such version.
    func rollBack(
        _ store: String,
        to version: Int,
        expecting expected: Int?,
        by author: String,
        id: EventID
    ) async throws -> ConfigurationRecord {
        let earlier = try await place.session().read { engine in
            try version < 1 ? nil : ConfigurationRecord.read(engine, store, version: version)?.record
        }
        guard let earlier else { throw StoreError.invalid("the record of store '\(store)' has no version \(version)") }
        return try await change(store, .rollback(to: earlier), expecting: expected, by: author, id: id)
    }
}
