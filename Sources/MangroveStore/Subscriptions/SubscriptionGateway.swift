/// What can be asked about the subscriptions of a node's stores, whoever carries it there.
public protocol SubscriptionGateway: Sendable {
    /// Follows a store, or some of its events, for as long as the result is iterated.
    ///
    /// Nothing is kept of it: where it stands is known to its iteration alone.
    /// - Parameter start: where it begins.
    /// - Throws: ``StoreError/invalid(_:)``.
    func subscribe(to store: String, _ source: SubscriptionSource, from start: StartPoint) throws -> EventSubscription

    /// Joins the consumers of a durable subscription.
    ///
    /// - Parameter name: the subscription.
    /// - Parameter window: how many events are handed to this consumer before it must answer for one of them: 1 to 1,024.
    /// - Throws: ``StoreError``: `noSuchSubscription`, `subscriptionStopped`, `noSuchStore`, `unavailable`.
    func consume(_ name: String, of store: String, window: Int) async throws -> Consumer

    /// Makes a durable subscription. It is there after every restart, whether it has consumers or not.
    /// - Throws: ``StoreError``: `subscriptionExists`, `invalid`, `noSuchStore`, `unavailable`; with `outcomeUnknown` it may
    ///   or may not have been made.
    func createSubscription(_ name: String, of store: String, _ configuration: SubscriptionConfiguration) async throws

    /// Changes what a durable subscription follows or how; it goes on where it is. Consumers reconnect by themselves.
    /// - Throws: as ``createSubscription(_:of:_:)``, and `noSuchSubscription`. What follows one stream counts versions,
    ///   anything else positions: one cannot become the other, nor follow another stream.
    func updateSubscription(_ name: String, of store: String, _ configuration: SubscriptionConfiguration) async throws

    /// Removes a durable subscription with its checkpoint and its parked events.
    /// - Throws: ``StoreError``: `noSuchSubscription`, `invalid` for the default one, `noSuchStore`, `unavailable`.
    func deleteSubscription(_ name: String, of store: String) async throws

    /// The durable subscriptions of a store, sorted by name.
    func subscriptions(of store: String) async throws -> [SubscriptionInfo]

    /// Answers for an event from outside, whichever consumer it is with: it is taken back from there.
    /// - Parameter place: the event's position, or its version where one stream is followed.
    /// - Throws: ``StoreError``: `deliveryLost` if the event is not with a consumer, nor waiting to be tried again.
    func settle(_ place: Int, of name: String, in store: String, _ answer: Answer) async throws

    /// The events that a subscription has set aside, oldest first.
    func parkedEvents(of name: String, in store: String) async throws -> [ParkedEvent]

    /// Delivers parked events again.
    ///
    /// - Parameter places: which ones; nil for all of them, as many as are handled at a time.
    /// - Returns: how many were replayed. Those that are left can be replayed when these are handled.
    func replayParked(of name: String, in store: String, _ places: [Int]?) async throws -> Int

    /// Has a subscription go on from another place: forward to leave events out, back to have them again.
    ///
    /// What is with consumers is taken back; what was parked at the place or behind it is delivered again with the rest.
    func resetCheckpoint(of name: String, in store: String, to start: StartPoint) async throws

    /// Has a subscription go on that was stopped.
    func resumeSubscription(_ name: String, of store: String) async throws
}

extension SubscriptionGateway {
    /// Joins the consumers of a durable subscription, taking up to 32 events at a time.
    public func consume(_ name: String, of store: String) async throws -> Consumer {
        try await consume(name, of: store, window: 32)
    }

    /// Follows a store, or some of its events, from a position on; of one stream, from a version on.
    public func subscribe(
        to store: String,
        _ source: SubscriptionSource,
        from place: Int = 0
    ) throws -> EventSubscription {
        try subscribe(to: store, source, from: .at(place))
    }
}

/// The subscription on all events that every store has.
public let defaultSubscription = "all-events"

/// What a durable subscription follows, and how it is delivered.
public struct SubscriptionConfiguration: Sendable, Hashable {
    /// Which events must be handled in the order in which they were appended.
    public enum Order: Sendable, Hashable {
        /// Those of one stream.
        case stream
        /// Those whose data have the same value in a field. Events without it have no order.
        case data(JSONField)
        /// Those whose metadata have the same value in a field. Events without it have no order.
        case metadata(JSONField)
        /// None.
        case none
    }

    /// What it follows.
    public var source: SubscriptionSource
    /// Where it begins when it is made.
    public var start: StartPoint
    /// What events are kept in order by.
    public var partitionBy: Order
    /// How often an event is tried again before it is parked.
    public var maximumRetries: Int

    /// Makes a configuration.
    public init(
        _ source: SubscriptionSource = .all,
        start: StartPoint = .beginning,
        partitionBy: Order = .stream,
        maximumRetries: Int = 10
    ) {
        self.source = source
        self.start = start
        self.partitionBy = partitionBy
        self.maximumRetries = maximumRetries
    }

    /// The key that an event is kept in order by, or nil.
    func key(of event: RecordedEvent) -> String? {
        switch partitionBy {
        case .stream: event.stream
        case .data(let field): field.key(in: event.data)
        case .metadata(let field): event.metadata.flatMap { field.key(in: $0) }
        case .none: nil
        }
    }

    /// - Throws: ``StoreError/invalid(_:)``
    func check() throws(StoreError) {
        try source.check()
        try start.check()
        guard maximumRetries >= 0 else { throw .invalid("an event is tried again 0 times or more") }
    }
}

/// A durable subscription and how it is doing.
public struct SubscriptionInfo: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// What it follows.
    public var source: SubscriptionSource
    /// Why it stopped, or nil if it has not.
    public var stopped: String?
    /// Everything before this position is handled or parked; where one stream is followed, this version.
    public var checkpoint: Int
    /// How many events there are from the checkpoint on, matching or not.
    public var lag: Int
    /// How many events are with consumers.
    public var underWay: Int
    /// How many events are set aside.
    public var parked: Int
    /// How many consumers it has.
    public var consumers: Int

    /// Makes an info.
    public init(
        name: String,
        source: SubscriptionSource,
        stopped: String? = nil,
        checkpoint: Int,
        lag: Int,
        underWay: Int = 0,
        parked: Int = 0,
        consumers: Int = 0
    ) {
        self.name = name
        self.source = source
        self.stopped = stopped
        self.checkpoint = checkpoint
        self.lag = lag
        self.underWay = underWay
        self.parked = parked
        self.consumers = consumers
    }
}

/// An event that a subscription has set aside.
public struct ParkedEvent: Sendable, Equatable {
    /// Its position, or its version where one stream is followed.
    public var place: Int
    /// Why it was set aside.
    public var reason: String
    /// How often it failed before.
    public var failures: Int
    /// The event; nil if it is not in the store any more.
    public var event: RecordedEvent?

    /// Makes a parked event.
    public init(place: Int, reason: String, failures: Int, event: RecordedEvent?) {
        self.place = place
        self.reason = reason
        self.failures = failures
        self.event = event
    }
}
