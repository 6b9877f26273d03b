internal import Synchronization

/// Topics that anyone can publish to and any number of processes listen to, on one node.
///
/// A message is handed to the processes that subscribe to exactly its topic, each of which runs its own handler as a turn;
/// publishing never waits for any of them, so that a slow one delays nobody. Messages of one publisher arrive in the order
/// in which it published them. A process that subscribed twice receives twice. Dead subscribers are gone.
///
/// A subscriber's mailbox is bounded. What happens when it is full is the subscriber's choice, ``WhenFull``, and the
/// publisher is told how many got the message: see ``Publication``. Delivery is at most once: nothing is kept for those that
/// come later. After `Phoenix.PubSub`.
///
/// ```swift
/// let pubsub = PubSub<RoomID, RoomEvent>(in: runtime)
/// try pubsub.subscribe(context.ref(as: Screen.self), to: room) { screen, event in screen.show(event) }
/// pubsub.broadcast(.joined(user), to: room)
/// ```
public final class PubSub<Topic: Hashable & Sendable, Message: Sendable>: Sendable {
    struct Shard: Sendable {
        var topics: [Topic: OwnedList<SubscriberID, Subscriber<Message>>] = [:]
        var owners = KeyOwners<Topic>()

        mutating func forgetIfEmpty(_ topic: Topic) {
            if topics[topic]?.isEmpty ?? false { topics[topic] = nil }
        }
    }

    let runtime: Runtime
    private let shards: [Lock<Shard>]

    /// Makes topics without subscribers.
    /// - Parameter partitions: how many locks share the topics; the contract is the same with any number.
    public init(in runtime: Runtime, partitions: Int = 8) {
        self.runtime = runtime
        shards = (0..<max(1, partitions)).map { _ in Lock(Shard()) }
    }

    /// Has `handler` run on `process`, as a turn, for every message published to `topic` from now on.
    ///
    /// An error thrown by `handler` ends the process. The subscription ends with the process, or when it is taken back.
    /// - Parameters:
    ///   - whenFull: what happens to a message that finds the process's mailbox full.
    ///   - metadata: what a publisher that dispatches by itself is to know of the subscription; see ``dispatch(_:_:)``.
    /// - Returns: the subscription, to take it back; it need not be kept.
    /// - Throws: ``CallError/noProcess(_:)`` if the process has ended, or lives in another runtime.
    @discardableResult
    public func subscribe<Target: ProcessActor & Actor>(
        _ process: Ref<Target>,
        to topic: Topic,
        whenFull: WhenFull = .drop,
        metadata: (any Sendable)? = nil,
        _ handler: @escaping @Sendable (isolated Target, Message) throws -> Void
    ) throws(CallError) -> Subscription {
        try subscribe(process, to: topic, whenFull, metadata) { message, isActive throws(CallError) in
            try process.cast { actor in if isActive() { try handler(actor, message) } }
        }
    }

    /// Has `handler`, which may suspend, run on `process` for every message published to `topic` from now on.
    ///
    /// No other turn of the process begins before it ends. As with the synchronous form otherwise.
    /// - Throws: ``CallError/noProcess(_:)`` if the process has ended, or lives in another runtime.
    @discardableResult
    public func subscribe<Target: ProcessActor & Actor>(
        _ process: Ref<Target>,
        to topic: Topic,
        whenFull: WhenFull = .drop,
        metadata: (any Sendable)? = nil,
        _ handler: @escaping @Sendable (isolated Target, Message) async throws -> Void
    ) throws(CallError) -> Subscription {
        try subscribe(process, to: topic, whenFull, metadata) { message, isActive throws(CallError) in
            try process.cast { actor in if isActive() { try await handler(actor, message) } }
        }
    }

    /// Takes back all subscriptions of `process` to `topic`; fine if there are none. Nothing of them arrives after this, not
    /// even what was under way. Source: `Phoenix.PubSub.unsubscribe/2`.
    public func unsubscribe<Target: ProcessActor>(_ process: Ref<Target>, from topic: Topic) {
        let gone = shard(for: topic).withLock { shard in
            let gone = shard.topics[topic]?.removeAll(of: .process(process.id)) ?? []
            if !gone.isEmpty { shard.owners.remove(topic, of: process.cell, count: gone.count) }
            shard.forgetIfEmpty(topic)
            return gone
        }
        for subscriber in gone { subscriber.subscription.end() }
    }

    /// Publishes to everyone who subscribes to `topic`, and returns without waiting for any of them.
    /// - Returns: how many it was handed to, and who has missed it.
    @discardableResult
    public func broadcast(_ message: Message, to topic: Topic) -> Publication {
        publish(message, to: topic, except: nil)
    }

    /// Publishes to everyone who subscribes to `topic` but the sender. Source: `Phoenix.PubSub.broadcast_from/4`.
    @discardableResult
    public func broadcast<Target: ProcessActor>(
        _ message: Message,
        to topic: Topic,
        from sender: Ref<Target>
    ) -> Publication {
        publish(message, to: topic, except: sender.id)
    }

    /// Publishes to the subscribers of `topic` that live in the runtime with that number; nobody, if it is another one's.
    ///
    /// The number is ``ProcessID/node``. Source: `Phoenix.PubSub.direct_broadcast/5`.
    @discardableResult
    public func broadcast(_ message: Message, to topic: Topic, onlyOn node: UInt32) -> Publication {
        node == runtime.node ? publish(message, to: topic, except: nil) : Publication(delivered: 0, missed: [])
    }

    /// How many subscriptions `topic` has.
    public func subscriberCount(of topic: Topic) -> Int {
        shard(for: topic).withLock { $0.topics[topic]?.count ?? 0 }
    }

    /// The topics that have subscriptions.
    public var topics: Set<Topic> {
        Set(shards.flatMap { shard in shard.withLock { Array($0.topics.keys) } })
    }

    // MARK: Inside

    func subscribers(of topic: Topic) -> [Subscriber<Message>] {
        shard(for: topic).withLock { $0.topics[topic] }?.all ?? []
    }

    private func publish(_ message: Message, to topic: Topic, except sender: ProcessID?) -> Publication {
        var publication = Publication(delivered: 0, missed: [])
        // Outside the lock: subscribing and publishing elsewhere go on meanwhile.
        for subscriber in subscribers(of: topic) where sender == nil || subscriber.process?.id != sender {
            switch subscriber.hand(message, of: topic) {
            case .delivered: publication.delivered += 1
            case .gone: break
            case .full: if let process = subscriber.process { publication.missed.append(process) }
            }
        }
        return publication
    }

    private func subscribe<Target: ProcessActor & Actor>(
        _ process: Ref<Target>,
        to topic: Topic,
        _ whenFull: WhenFull,
        _ metadata: (any Sendable)?,
        _ cast: @escaping @Sendable (Message, @escaping @Sendable () -> Bool) throws(CallError) -> Void
    ) throws(CallError) -> Subscription {
        guard process.cell.runtime === runtime else { throw .noProcess("\(process.cell.label) in this runtime") }
        let index = shardIndex(for: topic)
        let id = SubscriberID.process(process.id)
        let subscription = Subscription { [self] own in
            shards[index].withLock { shard in
                let gone = shard.topics[topic]?.removeAll(of: id) { $0.subscription === own } ?? []
                if !gone.isEmpty { shard.owners.remove(topic, of: process.cell, count: gone.count) }
                shard.forgetIfEmpty(topic)
            }
        }
        let subscriber = Subscriber<Message>(
            subscription: subscription,
            process: AnyRef(process),
            whenFull: whenFull,
            metadata: metadata
        ) { message in
            do throws(CallError) {
                try cast(message) { subscription.isActive }
                return .delivered
            } catch {
                if case .mailboxFull = error { return .full }
                return .gone
            }
        }
        let lives = shards[index].withLock { shard in
            guard shard.owners.add(topic, of: process.cell, release: { [self] in release(process.cell, in: index) })
            else { return false }
            shard.topics[topic, default: OwnedList()].append(subscriber, of: id)
            return true
        }
        guard lives else { throw .noProcess(process.cell.label) }
        return subscription
    }

    /// Adds a subscriber that is no process.
    func add(_ subscriber: Subscriber<Message>, _ id: SubscriberID, to topic: Topic) {
        shard(for: topic).withLock { shard in
            if subscriber.subscription.isActive {
                shard.topics[topic, default: OwnedList()].append(subscriber, of: id)
            }
        }
    }

    func remove(_ id: SubscriberID, from topic: Topic) {
        shard(for: topic).withLock { shard in
            shard.topics[topic]?.removeAll(of: id)
            shard.forgetIfEmpty(topic)
        }
    }

    /// Takes out a process that has ended, before anyone learns of it.
    private func release(_ cell: ProcessCell, in index: Int) {
        let gone = shards[index].withLock { shard in
            var gone: [Subscriber<Message>] = []
            for topic in shard.owners.removeAll(of: cell.id) {
                gone += shard.topics[topic]?.removeAll(of: .process(cell.id)) ?? []
                shard.forgetIfEmpty(topic)
            }
            return gone
        }
        for subscriber in gone { subscriber.subscription.end() }
    }

    private func shardIndex(for topic: Topic) -> Int {
        shards.count == 1 ? 0 : Int(UInt(bitPattern: topic.hashValue) % UInt(shards.count))
    }

    private func shard(for topic: Topic) -> Lock<Shard> {
        shards[shardIndex(for: topic)]
    }
}
