/// What a transient subscription is given at once.
struct Emission: Sendable, Equatable {
    enum Note: UInt8, Sendable {
        case caughtUp = 1
        case fellBehind = 2
    }

    /// What the subscriber is to know before the events.
    var note: Note?
    /// The events, in order.
    var events: [RecordedEvent] = []
    /// Where to go on behind them.
    var next: Int
}

/// The way from an emitter to its subscriber, in this program or in another one.
protocol EventFeed: Sendable {
    /// Waits for what comes next.
    /// - Returns: nil when the flow was interrupted, or the task cancelled.
    /// - Throws: ``StoreError`` if nothing more is to be had.
    func next() async throws -> [Emission]?

    /// The subscriber listens no more.
    func close()
}

extension EventChannel: EventFeed where Element == Emission {
    func next() async throws -> [Emission]? {
        if let emissions = await receive() { return emissions }
        if case .refused(let error) = end { throw error }
        return nil
    }

    func close() { close(.cancelled) }
}

/// What a subscription follows, and from where on.
struct SubscriptionStart: Sendable, Equatable {
    var source: SubscriptionSource
    /// Where to begin; once a feed is open, the first place to be delivered.
    var from: StartPoint
}

/// A feed, and the place that it was found to begin at.
struct OpenedFeed: Sendable {
    var feed: any EventFeed
    var next: Int
}
