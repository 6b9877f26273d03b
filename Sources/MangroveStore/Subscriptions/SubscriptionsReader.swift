import Mangrove

/// Answers what is recorded of a store's durable subscriptions, and how those that run are doing.
///
/// It belongs to one incarnation of the engine and ends with it.
actor SubscriptionsReader: ProcessActor {
    private let context: ProcessContext
    private let names: StoreName
    private let session: EngineSession
    private let book: SubscriptionBook

    private init(_ context: ProcessContext, _ names: StoreName, _ session: EngineSession) {
        self.context = context
        self.names = names
        self.session = session
        book = SubscriptionBook(engine: session.engine)
    }

    static func start(_ context: ProcessContext, _ names: StoreName) async throws -> SubscriptionsReader {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return SubscriptionsReader(context, names, try await engine.call { $0.session })
    }

    /// All subscriptions, sorted by name; what runs is asked, of the rest the record says enough.
    func list() async throws -> [SubscriptionInfo] {
        var infos: [SubscriptionInfo] = []
        for definition in try await session.read({ [book] _ in try book.definitions() }) {
            let worker = context.runtime.address(
                names.name(.subscription, key: definition.name),
                of: SubscriptionWorker.self
            )
            if let info = try? await worker.call({ $0.info }) {
                infos.append(info)
            } else {
                infos.append(try await recorded(definition))
            }
        }
        return infos
    }

    private func recorded(_ definition: SubscriptionDefinition) async throws -> SubscriptionInfo {
        let (progress, parked) = try await session.read { [book] engine in
            (try book.progress(of: definition), try engine.factKeys(.parked, prefix: definition.parkedPrefix).count)
        }
        let source = definition.configuration.source
        return SubscriptionInfo(
            name: definition.name,
            source: source,
            stopped: progress.stopped,
            checkpoint: progress.checkpoint,
            lag: max(0, source.end(in: session.engine) - progress.checkpoint),
            parked: parked
        )
    }

    /// What a subscription has set aside, oldest first.
    /// - Throws: ``StoreError/noSuchSubscription(store:subscription:)``
    func parked(_ subscription: String) async throws -> [ParkedEvent] {
        let (definition, parked) = try await session.read { [book] _ in
            let definition = try book.definition(of: subscription)
            return (definition, try book.parked(of: definition))
        }
        let log = try await SourceReader.open(context, names, definition.configuration.source)
        let events = try await log.events(at: parked.map(\.place))
        return parked.map {
            ParkedEvent(
                place: $0.place,
                reason: $0.record.reason,
                failures: $0.record.failures,
                event: events[$0.place]
            )
        }
    }
}
