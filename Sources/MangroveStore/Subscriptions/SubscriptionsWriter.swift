import Mangrove

/// Makes, changes and removes a store's durable subscriptions, one after the other; what it did is durable when it returns.
///
/// It belongs to one incarnation of the engine and ends with it.
actor SubscriptionsWriter: ProcessActor {
    private let context: ProcessContext
    private let place: StorePlace
    private let session: EngineSession
    private let book: SubscriptionBook
    private let engine: Address<Store>
    private let tracker: Address<SubscriptionsTracker>

    private init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName, _ session: EngineSession) {
        self.context = context
        self.place = place
        self.session = session
        book = SubscriptionBook(engine: session.engine)
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        tracker = context.runtime.address(names.name(.subscriptionsTracker), of: SubscriptionsTracker.self)
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> SubscriptionsWriter {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return SubscriptionsWriter(context, place, names, try await engine.call { $0.session })
    }

    /// Makes a subscription.
    /// - Throws: ``StoreError/subscriptionExists(store:subscription:)``
    func create(_ name: String, _ configuration: SubscriptionConfiguration) async throws {
        let exists = try await session.read { [book] _ in try book.definitions().contains { $0.name == name } }
        guard !exists else { throw StoreError.subscriptionExists(store: place.store, subscription: name) }
        let first: Int =
            switch configuration.start {
            case .beginning: 0
            case .at(let place): place
            case .end: configuration.source.end(in: session.engine)
            }
        let definition = SubscriptionDefinition(
            name: name,
            generation: context.runtime.environment.randomness.next(),
            configuration: configuration,
            first: first
        )
        try await engine.record(try await session.read { [book] _ in try book.creation(of: definition) })
        changed()
    }

    /// Changes a subscription.
    /// - Throws: ``StoreError/noSuchSubscription(store:subscription:)``; ``StoreError/invalid(_:)``
    func update(_ name: String, _ configuration: SubscriptionConfiguration) async throws {
        var definition = try await session.read { [book] _ in try book.definition(of: name) }
        guard definition.configuration.source.stream == configuration.source.stream else {
            throw StoreError.invalid("a subscription that counts versions of one stream cannot follow anything else")
        }
        definition.configuration = configuration
        try await engine.record([definition.recorded])
        changed()
    }

    /// Removes a subscription.
    /// - Throws: ``StoreError/noSuchSubscription(store:subscription:)``; ``StoreError/invalid(_:)``
    func delete(_ name: String) async throws {
        guard name != defaultSubscription else {
            throw StoreError.invalid("every store has the subscription '\(name)': it cannot be deleted")
        }
        let changes = try await session.read { [book] _ in
            _ = try book.definition(of: name)
            return try book.removal(of: name)
        }
        try await engine.record(changes)
        place.counters.counters(of: place.store).subscriptions.forget(name)
        changed()
    }

    /// Removes what is left of subscriptions that are gone.
    /// - Returns: their names.
    func sweep() async throws -> [String] {
        let (names, changes) = try await session.read { [book] _ in
            let names = try book.leftovers()
            return (names, try names.flatMap { try book.removal(of: $0) })
        }
        try await engine.record(changes)
        return names
    }

    /// Whoever is not there to hear it looks for itself when it comes.
    private func changed() {
        try? tracker.cast { try await $0.follow() }
    }
}
