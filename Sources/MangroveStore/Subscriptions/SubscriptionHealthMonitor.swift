import Mangrove

/// What a check of a store's subscriptions found, and mended.
public struct SubscriptionHealth: Sendable, Hashable {
    /// How many durable subscriptions there are.
    public var subscriptions: Int
    /// Subscriptions that are gone and had left something behind; it was removed.
    public var stale: [String]
    /// Subscriptions that are gone and were still run; they were stopped.
    public var orphaned: [String]
    /// Subscriptions that were not run, though this node leads the store; they were started.
    public var missing: [String]

    /// Whether nothing was wrong.
    public var isSound: Bool { stale.isEmpty && orphaned.isEmpty && missing.isEmpty }
}

/// Compares, now and then, what is recorded of a store's subscriptions with what runs, and mends the difference.
actor SubscriptionHealthMonitor: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let store: String
    private let interval: Duration
    private let leader: Address<LeaderWorker>
    private let reader: Address<SubscriptionsReader>
    private let writer: Address<SubscriptionsWriter>

    init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) {
        runtime = context.runtime
        store = place.store
        interval = place.settings.subscriptionHealthInterval
        leader = runtime.address(names.name(.leaderWorker), of: LeaderWorker.self)
        reader = runtime.address(names.name(.subscriptionsReader), of: SubscriptionsReader.self)
        writer = runtime.address(names.name(.subscriptionsWriter), of: SubscriptionsWriter.self)
    }

    func run() async throws {
        while true {
            try await runtime.sleep(for: interval)
            do {
                try await check()
            } catch let error where !(error is CancellationError) {
                // Something it needs is being restarted; the next check is soon enough.
                runtime.emit(StoreEvents.subscriptionFailed) { (store, "", LoggedError(error)) }
            }
        }
    }

    /// Checks and mends now.
    @discardableResult
    func check() async throws -> SubscriptionHealth {
        let recorded = try await reader.call(timeout: nil) { try await $0.list().map(\.name) }
        let stale = try await writer.call(timeout: nil) { try await $0.sweep() }
        let (orphaned, missing) = try await leader.call(timeout: nil) { try await $0.mend(recorded) }
        let health = SubscriptionHealth(
            subscriptions: recorded.count,
            stale: stale,
            orphaned: orphaned,
            missing: missing
        )
        if !health.isSound {
            runtime.emit(StoreEvents.subscriptionsMended) {
                (store, (stale + orphaned + missing).joined(separator: " "))
            }
        }
        return health
    }
}
