/// Reads what is recorded of a store's durable subscriptions. Blocks.
struct SubscriptionBook: Sendable {
    let engine: StoreEngine

    /// All of them, sorted by name, the one that every store has among them.
    /// - Throws: ``StoreError/unavailable(store:why:)``; `damaged` for a record that makes no sense.
    func definitions() throws(StoreError) -> [SubscriptionDefinition] {
        var all: [SubscriptionDefinition] = []
        for fact in try engine.facts(.subscriptions) {
            all.append(try read { () throws(WireError) in try .init(fact) })
        }
        if !all.contains(where: { $0.name == defaultSubscription }) { all.append(.preset) }
        return all.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    }

    /// One of them.
    /// - Throws: ``StoreError/noSuchSubscription(store:subscription:)``, and as ``definitions()``.
    func definition(of name: String) throws(StoreError) -> SubscriptionDefinition {
        if let value = try engine.fact(.subscriptions, FactKey(name)) {
            return try read { () throws(WireError) in try .init(Fact(key: FactKey(name), value: value)) }
        }
        guard name == defaultSubscription else {
            throw .noSuchSubscription(store: engine.store, subscription: name)
        }
        return .preset
    }

    /// How far one has come.
    /// - Throws: as ``definitions()``.
    func progress(of definition: SubscriptionDefinition) throws(StoreError) -> SubscriptionProgress {
        let start = SubscriptionProgress(next: definition.first)
        guard let value = try engine.fact(.checkpoints, definition.key) else { return start }
        return try read { () throws(WireError) in try SubscriptionProgress.read(value, of: definition) } ?? start
    }

    /// What one has set aside, ascending by place.
    /// - Throws: as ``definitions()``.
    func parked(of definition: SubscriptionDefinition) throws(StoreError) -> [(place: Int, record: ParkedRecord)] {
        var all: [(place: Int, record: ParkedRecord)] = []
        for fact in try engine.facts(.parked, prefix: definition.parkedPrefix) {
            all.append(try read { () throws(WireError) in try ParkedRecord.read(fact, of: definition) })
        }
        return all
    }

    /// What makes one and removes what is left of others that had its name.
    func creation(of definition: SubscriptionDefinition) throws(StoreError) -> [FactChange] {
        try removal(of: definition.name) + [definition.recorded]
    }

    /// What removes all that is recorded of one.
    func removal(of name: String) throws(StoreError) -> [FactChange] {
        let key = FactKey(name)
        return [FactChange(.subscriptions, key, nil), FactChange(.checkpoints, key, nil)]
            + (try engine.factKeys(.parked, prefix: key)).map { FactChange(.parked, $0, nil) }
    }

    /// What is left of subscriptions that are gone: names of checkpoints and parked events without one.
    func leftovers() throws(StoreError) -> [String] {
        let known = Set(try definitions().map(\.name))
        let keys = try engine.factKeys(.checkpoints) + engine.factKeys(.parked)
        let names = keys.compactMap { key -> String? in
            var parts = FactKey.Parts(key)
            return parts.text()
        }
        return Set(names).subtracting(known).sorted()
    }

    private func read<Value>(_ body: () throws(WireError) -> Value) throws(StoreError) -> Value {
        do {
            return try body()
        } catch {
            throw .damaged(
                store: engine.store,
                file: "a subscription's record",
                offset: 0,
                what: "expected \(error.what)"
            )
        }
    }
}
