/// A state that follows from events, kept up to date as they are committed.
///
/// The state is kept by key: one for each stream, for each value of a field, or one for all. It is recorded in the store
/// together with the place up to which events have gone into it, in one record, so that after a crash no event is missing
/// from it and none is in it twice.
///
/// ```swift
/// let totals = Projection("totals", of: "orders", partitionBy: .data(try JSONField("customer")), initial: 0) {
///     total, event in total += 1
/// }
/// ```
public struct Projection: Sendable {
    /// Its name, unique in its store.
    public let name: String
    /// The store it belongs to.
    public let store: String
    /// What it follows.
    public let source: SubscriptionSource
    /// What has a state of its own. An event without the field is left out.
    public let partitionBy: SubscriptionConfiguration.Order
    /// Says which fold this is: when it is another number than that of the recorded state, the projection is rebuilt.
    public let version: Int
    let apply: @Sendable ([UInt8]?, RecordedEvent) throws -> [UInt8]

    /// A projection whose states are encoded as the caller says.
    ///
    /// - Parameter version: change it whenever the fold changes.
    /// - Parameter initial: the state of a key before its first event.
    /// - Parameter decode: reads what `encode` wrote.
    /// - Parameter fold: takes an event into the state of its key. It must depend on nothing else. An error stops the
    ///   projection at that event, and is shown, until it is rebuilt or the node is restarted.
    public init<State: Sendable>(
        _ name: String,
        of store: String,
        following source: SubscriptionSource = .all,
        partitionBy: SubscriptionConfiguration.Order = .stream,
        version: Int = 1,
        initial: State,
        decode: @escaping @Sendable ([UInt8]) throws -> State,
        encode: @escaping @Sendable (State) throws -> [UInt8],
        fold: @escaping @Sendable (inout State, RecordedEvent) throws -> Void
    ) {
        self.init(name, of: store, following: source, partitionBy: partitionBy, version: version) { recorded, event in
            var state = try recorded.map(decode) ?? initial
            try fold(&state, event)
            return try encode(state)
        }
    }

    /// A projection whose states are texts of their own, such as numbers and strings.
    public init<State: LosslessStringConvertible & Sendable>(
        _ name: String,
        of store: String,
        following source: SubscriptionSource = .all,
        partitionBy: SubscriptionConfiguration.Order = .stream,
        version: Int = 1,
        initial: State,
        fold: @escaping @Sendable (inout State, RecordedEvent) throws -> Void
    ) {
        self.init(
            name,
            of: store,
            following: source,
            partitionBy: partitionBy,
            version: version,
            initial: initial,
            decode: { bytes in
                guard let state = State(String(decoding: bytes, as: UTF8.self)) else {
                    throw StoreError.invalid("the recorded state is no \(State.self); has the fold's version changed?")
                }
                return state
            },
            encode: { Array($0.description.utf8) },
            fold: fold
        )
    }

    init(
        _ name: String,
        of store: String,
        following source: SubscriptionSource,
        partitionBy: SubscriptionConfiguration.Order,
        version: Int,
        apply: @escaping @Sendable ([UInt8]?, RecordedEvent) throws -> [UInt8]
    ) {
        self.name = name
        self.store = store
        self.source = source
        self.partitionBy = partitionBy
        self.version = version
        self.apply = apply
    }

    /// The key whose state an event belongs to, or nil.
    func key(of event: RecordedEvent) -> String? {
        partitionBy == .none
            ? "" : SubscriptionConfiguration(source, partitionBy: partitionBy).key(of: event)
    }

    /// - Throws: ``StoreError/invalid(_:)``
    static func check(_ projections: [Projection]) throws(StoreError) {
        var names: Set<[String]> = []
        for projection in projections {
            try SubscriptionDefinition.check(projection.name)
            try projection.source.check()
            guard names.insert([projection.store, projection.name]).inserted else {
                throw .invalid("store '\(projection.store)' has two projections '\(projection.name)'")
            }
        }
    }
}

/// A projection and how it is doing.
public struct ProjectionInfo: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// Everything before this position is in its state; where one stream is followed, this version.
    public var checkpoint: Int
    /// How many events there are from the checkpoint on, matching or not.
    public var lag: Int
    /// How many keys have a state.
    public var states: Int
    /// What it stopped at, if it has.
    public var failure: String?

    /// Makes an info.
    public init(name: String, checkpoint: Int, lag: Int, states: Int, failure: String? = nil) {
        self.name = name
        self.checkpoint = checkpoint
        self.lag = lag
        self.states = states
        self.failure = failure
    }
}

/// The state of one key of a projection.
public struct ProjectedState: Sendable, Hashable {
    /// The key; empty where there is one state for all.
    public var key: String
    /// The state as it is recorded.
    public var data: [UInt8]

    /// Makes a state.
    public init(key: String, data: [UInt8]) {
        self.key = key
        self.data = data
    }
}
