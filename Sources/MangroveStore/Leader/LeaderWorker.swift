import Mangrove

/// Serves a store's subscriptions while this node leads it: each gets an emitter of its own.
///
/// Emitters run beside it and outlive it; after a restart it goes on with new subscriptions.
actor LeaderWorker: ProcessActor {
    private let context: ProcessContext
    private let names: StoreName
    private let store: String
    private let isActive: Bool
    private let emitters: Address<DynamicSupervisorProcess>

    private init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName, isActive: Bool) {
        self.context = context
        self.names = names
        store = place.store
        self.isActive = isActive
        emitters = context.runtime.address(names.name(.emitters), of: DynamicSupervisorProcess.self)
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> LeaderWorker {
        let tracker = context.runtime.address(names.name(.leaderTracker), of: LeaderTracker.self)
        return LeaderWorker(context, place, names, isActive: try await tracker.call { $0.isLeader })
    }

    /// Starts an emitter that delivers into `channel`.
    /// - Throws: ``StoreError/unavailable(store:why:)`` if another node leads the store, or the emitters are not there.
    func startEmitter(_ subscription: SubscriptionStart, into channel: EventChannel) async throws {
        guard isActive else { throw StoreError.unavailable(store: store, why: "another node leads it") }
        let names = names
        try await emitters.startChild(
            Worker(ChildID(subscription.source.label), restart: .temporary) { context in
                try await EmitterWorker.start(context, names, subscription, channel)
            }
        )
    }
}
