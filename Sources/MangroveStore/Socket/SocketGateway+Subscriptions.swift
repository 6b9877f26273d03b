import Mangrove

extension SocketGateway {
    /// Follows a store of the node, as ``SubscriptionGateway/subscribe(to:_:from:)`` says. What is sent is what was asked
    /// for: a subscriber that does not take events makes its emitter in the node wait.
    /// - Throws: ``StoreError/invalid(_:)``.
    public func subscribe(
        to store: String,
        _ source: SubscriptionSource,
        from start: StartPoint
    ) throws -> EventSubscription {
        try source.check()
        try start.check()
        return EventSubscription(start: SubscriptionStart(source: source, from: start)) { [connection] start in
            let (feed, next) = try await connection.open(.open(store: store, start))
            return OpenedFeed(feed: SocketEventFeed(connection: connection, store: store, feed: feed), next: next)
        }
    }

    /// Joins the consumers of a durable subscription, as ``SubscriptionGateway/consume(_:of:window:)`` says. The consumer
    /// ends with the connection.
    /// - Throws: ``StoreError``.
    public func consume(_ name: String, of store: String, window: Int) async throws -> Consumer {
        let open: @Sendable () async throws -> any DeliveryFeed = { [connection] in
            let (feed, _) = try await connection.open(.join(store: store, name: name, window: window))
            return SocketDeliveryFeed(connection: connection, store: store, name: name, feed: feed)
        }
        return Consumer(name: name, open: open, first: FirstFeed(try await open()))
    }

    /// Asks the node, as ``SubscriptionGateway/createSubscription(_:of:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func createSubscription(
        _ name: String,
        of store: String,
        _ configuration: SubscriptionConfiguration
    ) async throws {
        try await connection.done(.create(store: store, name: name, configuration))
    }

    /// Asks the node, as ``SubscriptionGateway/updateSubscription(_:of:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func updateSubscription(
        _ name: String,
        of store: String,
        _ configuration: SubscriptionConfiguration
    ) async throws {
        try await connection.done(.update(store: store, name: name, configuration))
    }

    /// Asks the node, as ``SubscriptionGateway/deleteSubscription(_:of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func deleteSubscription(_ name: String, of store: String) async throws {
        try await connection.done(.delete(store: store, name: name))
    }

    /// Asks the node, as ``SubscriptionGateway/subscriptions(of:)`` says.
    /// - Throws: ``StoreError``.
    public func subscriptions(of store: String) async throws -> [SubscriptionInfo] {
        try await connection.ask(.list(store: store)) { if case .list(let infos) = $0 { infos } else { nil } }
    }

    /// Asks the node, as ``SubscriptionGateway/settle(_:of:in:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func settle(_ place: Int, of name: String, in store: String, _ answer: Answer) async throws {
        try await connection.done(.settle(store: store, name: name, place: place, answer))
    }

    /// Asks the node, as ``SubscriptionGateway/parkedEvents(of:in:)`` says.
    /// - Throws: ``StoreError``.
    public func parkedEvents(of name: String, in store: String) async throws -> [ParkedEvent] {
        try await connection.ask(.parked(store: store, name: name)) {
            if case .parked(let events) = $0 { events } else { nil }
        }
    }

    /// Asks the node, as ``SubscriptionGateway/replayParked(of:in:_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func replayParked(of name: String, in store: String, _ places: [Int]?) async throws -> Int {
        try await connection.ask(.replay(store: store, name: name, places: places)) {
            if case .count(let count) = $0 { count } else { nil }
        }
    }

    /// Asks the node, as ``SubscriptionGateway/resetCheckpoint(of:in:to:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func resetCheckpoint(of name: String, in store: String, to start: StartPoint) async throws {
        try await connection.done(.reset(store: store, name: name, start))
    }

    /// Asks the node, as ``SubscriptionGateway/resumeSubscription(_:of:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func resumeSubscription(_ name: String, of store: String) async throws {
        try await connection.done(.resume(store: store, name: name))
    }
}

/// The client's end of a feed of events.
private struct SocketEventFeed: EventFeed {
    let connection: ClientConnection
    let store: String
    let feed: UInt64

    func next() async throws -> [Emission]? {
        if Task.isCancelled { return nil }
        let reply = try await connection.poll(.next(feed: feed, most: 1))
        return switch reply {
        case .emissions(let emissions): emissions
        case .interrupted, nil: nil
        default: throw connection.senseless(store)
        }
    }

    func close() {
        connection.tell(.subscription(.close(feed: feed)))
    }
}

/// The client's end of a feed of deliveries. A few are fetched at a time; those that are taken back before the consumer has
/// them are dropped here.
private final class SocketDeliveryFeed: DeliveryFeed {
    private let connection: ClientConnection
    private let store: String
    private let name: String
    private let feed: UInt64
    private let fetched = Lock<[Handed]>([])

    private static let portion = 16

    init(connection: ClientConnection, store: String, name: String, feed: UInt64) {
        self.connection = connection
        self.store = store
        self.name = name
        self.feed = feed
    }

    func next(most: Int) async throws -> [Handed]? {
        while !Task.isCancelled {
            let ready = fetched.withLock { fetched in
                let ready = Array(fetched.prefix(most))
                fetched.removeFirst(ready.count)
                return ready
            }
            if !ready.isEmpty { return ready }
            switch try await connection.poll(.next(feed: feed, most: Self.portion)) {
            case .handed(let handed): fetched.withLock { $0 += handed }
            case .interrupted, nil: return nil
            default: throw connection.senseless(store)
            }
        }
        return nil
    }

    func settle(_ number: UInt64, _ answer: Answer) async throws -> [UInt64] {
        let takenBack = try await tell(number, answer)
        if !takenBack.isEmpty {
            fetched.withLock { fetched in
                fetched.removeAll { handed in
                    if case .event(_, let number, _) = handed { takenBack.contains(number) } else { false }
                }
            }
        }
        return takenBack
    }

    private func tell(_ number: UInt64, _ answer: Answer) async throws(StoreError) -> [UInt64] {
        do throws(StoreError) {
            return try await connection.ask(.answer(feed: feed, number: number, answer)) {
                if case .takenBack(let numbers) = $0 { numbers } else { nil }
            }
        } catch {
            // The node does not know what a feed was for that has ended.
            if case .deliveryLost = error { throw .deliveryLost(store: store, subscription: name) }
            throw error
        }
    }

    func close() {
        connection.tell(.subscription(.close(feed: feed)))
    }
}

extension ClientConnection {
    fileprivate func open(_ request: SubscriptionRequest) async throws(StoreError) -> (feed: UInt64, next: Int) {
        try await ask(request) { if case .opened(let feed, let next) = $0 { (feed, next) } else { nil } }
    }

    /// Waits on a feed.
    /// - Returns: nil if the task was cancelled.
    fileprivate func poll(_ request: SubscriptionRequest) async throws(StoreError) -> SubscriptionReply? {
        do throws(StoreError) {
            return try await ask(request) { $0 }
        } catch {
            if Task.isCancelled { return nil }
            throw error
        }
    }

    fileprivate func ask<Value>(
        _ request: SubscriptionRequest,
        _ value: (SubscriptionReply) -> Value?
    ) async throws(StoreError) -> Value {
        let bytes = try await call(.subscription(request))
        if case .subscription(let reply)? = try? GatewayReply(decoding: bytes), let value = value(reply) {
            return value
        }
        throw senseless(request.store, changed: request.changesSomething)
    }

    fileprivate func done(_ request: SubscriptionRequest) async throws(StoreError) {
        let bytes = try await call(.subscription(request))
        guard case .done? = try? GatewayReply(decoding: bytes) else { throw senseless(request.store, changed: true) }
    }

    fileprivate func senseless(_ store: String, changed: Bool = false) -> StoreError {
        let why = "the node's answer makes no sense"
        return changed ? .outcomeUnknown(store: store, why: why) : .unavailable(store: store, why: why)
    }
}
