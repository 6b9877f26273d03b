import Mangrove

/// Serves a store's subscriptions while this node leads it: each gets emitters of its own, and loses them with the
/// leadership.
///
/// Emitters run beside it and outlive it; after a restart it goes on with what it finds.
actor LeaderWorker: ProcessActor {
    private let context: ProcessContext
    private let place: StorePlace
    private let names: StoreName
    private let pools: EmitterPools
    private let session: EngineSession
    private var isActive = false

    private init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName, _ session: EngineSession) {
        self.context = context
        self.place = place
        self.names = names
        self.session = session
        pools = EmitterPools(context.runtime, names)
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> LeaderWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let worker = LeaderWorker(context, place, names, try await engine.call { $0.session })
        let tracker = context.runtime.address(names.name(.leaderTracker), of: LeaderTracker.self)
        let (id, own) = (context.id, try context.ref(as: LeaderWorker.self))
        context.onExit { _ in try? tracker.cast { $0.unfollow(id) } }
        try await tracker.call { tracker in
            // If this process has ended by then, its next incarnation asks for itself.
            tracker.follow(id) { leads in try? own.cast { await $0.lead(leads) } }
        }
        return worker
    }

    /// Begins to serve, or ends it.
    func lead(_ leads: Bool) async {
        guard leads != isActive else { return }
        isActive = leads
        if leads { await activate() } else { await deactivate() }
    }

    /// Starts what is recorded. A subscription that cannot be started keeps no other one from it.
    private func activate() async {
        let book = SubscriptionBook(engine: session.engine)
        do {
            let recorded = try await session.read { _ in
                try book.definitions().filter { try $0.name != defaultSubscription || book.progress(of: $0).next > 0 }
            }
            for definition in recorded {
                do { try await ensurePool(of: definition.name) } catch { report(definition.name, error) }
            }
        } catch {
            report("", error)
        }
    }

    private func deactivate() async {
        for (partition, child) in (try? pools.all()) ?? [] {
            // Who has ended in the meantime needs no ending.
            if let process = child.process { try? await partition.terminateChild(process) }
        }
    }

    private func report(_ subscription: String, _ error: any Error) {
        context.runtime.emit(StoreEvents.subscriptionFailed) { (place.store, subscription, LoggedError(error)) }
    }

    // MARK: Turns

    /// Starts an emitter that delivers into `channel`.
    /// - Returns: the first place that is delivered.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if another node leads the store, or the emitters are not there.
    func startEmitter(_ start: SubscriptionStart, into channel: EventChannel<Emission>) async throws -> Int {
        try checkActive()
        let (place, names) = (place, names)
        let emitter = try await pools.partition(of: start.source.label).startChild(
            Worker(ChildID(start.source.label), restart: .temporary) { context in
                try await EmitterWorker.start(context, place, names, start, channel)
            },
            as: EmitterWorker.self
        )
        guard let emitter else { throw StoreError.unavailable(store: place.store, why: "its emitters do not start") }
        return try await emitter.call { $0.first }
    }

    /// Starts what runs a durable subscription, unless it runs. That it is recorded is looked at in any case: what ran a
    /// subscription that has just been removed may still run.
    /// - Throws: ``StoreError/noSuchSubscription(store:subscription:)``, and as ``startEmitter(_:into:)``.
    func ensurePool(of subscription: String) async throws {
        try checkActive()
        let book = SubscriptionBook(engine: session.engine)
        _ = try await session.read { _ in try book.definition(of: subscription) }
        guard try pools.pools()[subscription] == nil else { return }
        try await pools.partition(of: subscription).startChild(emitterPool(place, names, subscription))
    }

    /// Stops what runs a durable subscription.
    func stopPool(of subscription: String) async throws {
        guard let (partition, process) = try pools.pools()[subscription] else { return }
        try await partition.terminateChild(process)
    }

    /// Stops the pools of subscriptions that are not recorded, and starts those that are missing.
    /// - Returns: their names.
    func mend(_ recorded: [String]) async throws -> (orphaned: [String], missing: [String]) {
        guard isActive else { return ([], []) }
        let running = try pools.pools().keys
        let orphaned = running.filter { !recorded.contains($0) && $0 != defaultSubscription }.sorted()
        let missing = recorded.filter { !running.contains($0) && $0 != defaultSubscription }
        for subscription in orphaned { try await stopPool(of: subscription) }
        for subscription in missing {
            do { try await ensurePool(of: subscription) } catch { report(subscription, error) }
        }
        return (orphaned, missing)
    }

    private func checkActive() throws(StoreError) {
        guard isActive else { throw .unavailable(store: place.store, why: "another node leads it") }
    }
}
