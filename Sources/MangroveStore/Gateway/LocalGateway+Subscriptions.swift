import Mangrove

extension LocalGateway {
    /// Follows a store, or some of its events, for as long as the result is iterated.
    ///
    /// - Parameter start: where it begins.
    /// - Throws: ``StoreError/invalid(_:)``.
    public func subscribe(
        to store: String,
        _ source: SubscriptionSource,
        from start: StartPoint
    ) throws -> EventSubscription {
        try source.check()
        try start.check()
        return EventSubscription(start: SubscriptionStart(source: source, from: start)) { [self] start in
            try await retrying(store) { [self] in
                let channel = EventChannel<Emission>(capacity: 1_024) { max(1, $0.events.count) }
                let leader = leader(of: store)
                let next = try await leader.call { try await $0.startEmitter(start, into: channel) }
                return OpenedFeed(feed: channel, next: next)
            }
        }
    }

    /// Joins the consumers of a durable subscription.
    /// - Throws: ``StoreError``.
    public func consume(_ name: String, of store: String, window: Int) async throws -> Consumer {
        try SubscriptionDefinition.check(name)
        guard 1...SubscriptionMachine.usualCapacity ~= window else {
            throw StoreError.invalid(
                "a consumer takes 1 to \(SubscriptionMachine.usualCapacity) events at a time, not \(window)"
            )
        }
        let open: @Sendable () async throws -> any DeliveryFeed = { [self] in
            try await join(name, of: store, window: window)
        }
        return Consumer(name: name, open: open, first: FirstFeed(try await open()))
    }

    private func join(_ name: String, of store: String, window: Int) async throws -> LocalDeliveryFeed {
        try await asking(name, of: store) { [self] subscription in
            let channel = EventChannel<Handed>(capacity: .max)
            let consumers = runtime.address(
                StoreName(store: store).name(.consumers, key: name),
                of: DynamicSupervisorProcess.self
            )
            try await consumers.startChild(
                Worker("consumer", restart: .temporary) { context in
                    try await ConsumerEmitter.start(context, subscription, window, channel)
                }
            )
            return LocalDeliveryFeed(store: store, name: name, channel, subscription)
        }
    }

    /// Makes a durable subscription.
    /// - Throws: ``StoreError``.
    public func createSubscription(
        _ name: String,
        of store: String,
        _ configuration: SubscriptionConfiguration
    ) async throws {
        try SubscriptionDefinition.check(name)
        try configuration.check()
        try await changing(store) { try await $0.create(name, configuration) }
    }

    /// Changes what a durable subscription follows or how.
    /// - Throws: ``StoreError``.
    public func updateSubscription(
        _ name: String,
        of store: String,
        _ configuration: SubscriptionConfiguration
    ) async throws {
        try configuration.check()
        try await changing(store) { try await $0.update(name, configuration) }
    }

    /// Removes a durable subscription with its checkpoint and its parked events.
    /// - Throws: ``StoreError``.
    public func deleteSubscription(_ name: String, of store: String) async throws {
        try await changing(store) { try await $0.delete(name) }
    }

    /// The durable subscriptions of a store, sorted by name.
    /// - Throws: ``StoreError``.
    public func subscriptions(of store: String) async throws -> [SubscriptionInfo] {
        try await retrying(store) { [self] in
            try await reader(of: store).call(timeout: nil) { try await $0.list() }
        }
    }

    /// Answers for an event from outside, whichever consumer it is with.
    /// - Throws: ``StoreError``.
    public func settle(_ place: Int, of name: String, in store: String, _ answer: Answer) async throws {
        try await asking(name, of: store, changes: true) { subscription in
            try await subscription.ask(timeout: nil) { worker, reply in worker.settle(place: place, answer, reply) }
        }
    }

    /// The events that a subscription has set aside, oldest first.
    /// - Throws: ``StoreError``.
    public func parkedEvents(of name: String, in store: String) async throws -> [ParkedEvent] {
        try await retrying(store) { [self] in
            try await reader(of: store).call(timeout: nil) { try await $0.parked(name) }
        }
    }

    /// Delivers parked events again.
    /// - Throws: ``StoreError``.
    public func replayParked(of name: String, in store: String, _ places: [Int]?) async throws -> Int {
        try await asking(name, of: store, changes: true) { subscription in
            try await subscription.ask(timeout: nil) { worker, reply in try await worker.replay(places, reply) }
        }
    }

    /// Has a subscription go on from another place.
    /// - Throws: ``StoreError``.
    public func resetCheckpoint(of name: String, in store: String, to start: StartPoint) async throws {
        try start.check()
        try await asking(name, of: store, changes: true) { subscription in
            try await subscription.ask(timeout: nil) { worker, reply in worker.reset(to: start, reply) }
        }
    }

    /// Has a subscription go on that was stopped.
    /// - Throws: ``StoreError``.
    public func resumeSubscription(_ name: String, of store: String) async throws {
        try await asking(name, of: store, changes: true) { subscription in
            try await subscription.ask(timeout: nil) { worker, reply in worker.resume(reply) }
        }
    }

    /// Checks now that a store's durable subscriptions are run as they are recorded, and mends what is not so.
    /// - Throws: ``StoreError``.
    public func checkSubscriptions(of store: String) async throws -> SubscriptionHealth {
        try await retrying(store) { [self] in
            let monitor = runtime.address(
                StoreName(store: store).name(.subscriptionHealth),
                of: SubscriptionHealthMonitor.self
            )
            return try await monitor.call(timeout: nil) { try await $0.check() }
        }
    }

    // MARK: Ways in

    private func leader(of store: String) -> Address<LeaderWorker> {
        runtime.address(StoreName(store: store).name(.leaderWorker), of: LeaderWorker.self)
    }

    private func reader(of store: String) -> Address<SubscriptionsReader> {
        runtime.address(StoreName(store: store).name(.subscriptionsReader), of: SubscriptionsReader.self)
    }

    /// Has the subscriptions' writer change something; never twice.
    private func changing(
        _ store: String,
        _ change: @escaping @Sendable (isolated SubscriptionsWriter) async throws -> Void
    ) async throws {
        let outcome: Result<Void, StoreError> = try await retrying(store) { [self] in
            let writer = runtime.address(
                StoreName(store: store).name(.subscriptionsWriter),
                of: SubscriptionsWriter.self
            )
            do {
                return .success(try await writer.call(timeout: nil, change))
            } catch let error as StoreError {
                // Made again, the change could not tell its own first attempt from somebody else's.
                if case .outcomeUnknown = error { return .failure(error) }
                throw error
            } catch CallError.exited(let reason) {
                return .failure(.outcomeUnknown(store: store, why: "the subscriptions' writer exited: \(reason)"))
            }
        }
        try outcome.get()
    }

    /// Asks what runs a durable subscription, starting it if need be.
    private func asking<Answer: Sendable>(
        _ name: String,
        of store: String,
        changes: Bool = false,
        _ question: @Sendable (Ref<SubscriptionWorker>) async throws -> Answer
    ) async throws -> Answer {
        try await retrying(store, appends: changes) { [self] in
            do {
                try await leader(of: store).call(timeout: nil) { try await $0.ensurePool(of: name) }
                let address = runtime.address(
                    StoreName(store: store).name(.subscription, key: name),
                    of: SubscriptionWorker.self
                )
                return try await question(try address.resolve())
            } catch SupervisorError.startFailed(_, let why as StoreError) {
                // What it could not be started for is what there is to say.
                throw why
            } catch is ReplyDropped {
                throw StoreError.outcomeUnknown(store: store, why: "the subscription ended before that was durable")
            }
        }
    }
}

/// The way between a durable subscription and a consumer in the same program.
private struct LocalDeliveryFeed: DeliveryFeed {
    let store: String
    let name: String
    let channel: EventChannel<Handed>
    let subscription: Ref<SubscriptionWorker>

    init(store: String, name: String, _ channel: EventChannel<Handed>, _ subscription: Ref<SubscriptionWorker>) {
        self.store = store
        self.name = name
        self.channel = channel
        self.subscription = subscription
    }

    func next(most: Int) async throws -> [Handed]? {
        if let handed = await channel.receive(most: most) { return handed }
        if case .refused(let error) = channel.end { throw error }
        return nil
    }

    func settle(_ number: UInt64, _ answer: MangroveStore.Answer) async throws -> [UInt64] {
        do {
            return try await subscription.ask(timeout: nil) { worker, reply in worker.settle(number, answer, reply) }
        } catch CallError.noProcess {
            throw StoreError.deliveryLost(store: store, subscription: name)
        } catch let error as CallError {
            throw StoreError.outcomeUnknown(store: store, why: "\(error)")
        } catch is ReplyDropped {
            throw StoreError.outcomeUnknown(store: store, why: "the subscription ended before the answer was durable")
        }
    }

    func close() { channel.close(.cancelled) }
}
