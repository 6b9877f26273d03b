import Mangrove

/// Has what runs follow what is recorded: compares the durable subscriptions with those it knew, and has the leader's worker
/// start, restart and stop accordingly.
///
/// It belongs to one incarnation of the engine and ends with it.
actor SubscriptionsTracker: ProcessActor {
    private let session: EngineSession
    private let leader: Address<LeaderWorker>
    private var known: [String: SubscriptionDefinition]

    private init(
        _ session: EngineSession,
        _ leader: Address<LeaderWorker>,
        _ known: [String: SubscriptionDefinition]
    ) {
        self.session = session
        self.leader = leader
        self.known = known
    }

    static func start(_ context: ProcessContext, _ names: StoreName) async throws -> SubscriptionsTracker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let leader = context.runtime.address(names.name(.leaderWorker), of: LeaderWorker.self)
        let session = try await engine.call { $0.session }
        return SubscriptionsTracker(session, leader, try await recorded(in: session))
    }

    private static func recorded(in session: EngineSession) async throws -> [String: SubscriptionDefinition] {
        let book = SubscriptionBook(engine: session.engine)
        let definitions = try await session.read { _ in try book.definitions() }
        return Dictionary(uniqueKeysWithValues: definitions.map { ($0.name, $0) })
    }

    /// Something was made, changed or removed.
    func follow() async throws {
        let now = try await Self.recorded(in: session)
        let (before, leader) = (known, leader)
        known = now
        for name in Set(before.keys).union(now.keys).sorted() where before[name] != now[name] {
            // What does not come about now does so when somebody asks for it, or the health is checked.
            if before[name] != nil { try? await leader.call(timeout: nil) { try await $0.stopPool(of: name) } }
            if now[name] != nil { try? await leader.call(timeout: nil) { try await $0.ensurePool(of: name) } }
        }
    }
}
