import Mangrove

/// One of the consumers of a durable subscription: the events that are handed to it, for as long as it is iterated.
///
/// Events of one key come in order, and none of them goes to another consumer while this one has any. Each is to be
/// answered for; what is not goes to another consumer when this one ends, or comes again when it is back. A store that
/// restarts meanwhile interrupts the flow: what was not answered for comes again. Cancelling the iterating task ends it,
/// and leaves the checkpoint where the answers have brought it.
///
/// ```swift
/// let consumer = try await gateway.consume("billing", of: "orders")
/// for try await delivery in consumer {
///     try await charge(delivery.event)
///     try await delivery.ack()
/// }
/// ```
public struct Consumer: AsyncSequence, Sendable {
    /// One event at a time.
    public typealias Element = Delivery

    let name: String
    let open: @Sendable () async throws -> any DeliveryFeed
    /// What was opened when the consumer was made, for the first iteration.
    let first: FirstFeed

    /// The same, with notes of when everything has been delivered and when that is over.
    public var elements: Elements { Elements(consumer: self) }

    /// Starts taking events.
    public func makeAsyncIterator() -> Iterator {
        Iterator(elements: elements.makeAsyncIterator())
    }

    /// Where an iteration stands.
    public struct Iterator: AsyncIteratorProtocol {
        var elements: Elements.Iterator

        /// The next event, when there is one; nil once the task is cancelled.
        /// - Throws: ``StoreError``: the subscription was deleted or stopped, or the store does not come back in time.
        public mutating func next() async throws -> Delivery? {
            while let element = try await elements.next() {
                if case .delivery(let delivery) = element { return delivery }
            }
            return nil
        }
    }

    /// What a consumer is told.
    public enum Told: Sendable {
        /// An event to be handled and answered for.
        case delivery(Delivery)
        /// Everything there is has been handed out: what comes now has just been committed.
        case caughtUp
        /// There is more than is handed out at once, until the next ``caughtUp``.
        case fellBehind
    }

    /// The events that are handed to a consumer, with notes of where the subscription stands among them.
    public struct Elements: AsyncSequence, Sendable {
        /// One event or note at a time.
        public typealias Element = Told

        let consumer: Consumer

        /// Starts taking events.
        public func makeAsyncIterator() -> Iterator {
            Iterator(consumer: consumer)
        }

        /// Where an iteration stands.
        public struct Iterator: AsyncIteratorProtocol {
            private let consumer: Consumer
            private var joined: Joined?

            init(consumer: Consumer) {
                self.consumer = consumer
            }

            /// The next event or note, when there is one; nil once the task is cancelled.
            /// - Throws: as ``Consumer/Iterator/next()``.
            public mutating func next() async throws -> Told? {
                while !Task.isCancelled {
                    let joined = try await join()
                    guard let handed = try await joined.feed.next(most: 1)?.first else {
                        self.joined = nil
                        continue
                    }
                    switch handed {
                    case .caughtUp: return .caughtUp
                    case .fellBehind: return .fellBehind
                    case .event(let event, let number, let attempt):
                        return .delivery(
                            Delivery(event: event, subscription: consumer.name, attempt: attempt, number, joined)
                        )
                    }
                }
                joined = nil
                return nil
            }

            private mutating func join() async throws -> Joined {
                if let joined { return joined }
                let new: Joined
                if let first = consumer.first.take() { new = first } else { new = Joined(try await consumer.open()) }
                joined = new
                return new
            }
        }
    }
}

/// An event that was handed to a consumer, to be answered for once.
public struct Delivery: Sendable {
    /// The event.
    public let event: RecordedEvent
    /// The subscription it belongs to.
    public let subscription: String
    /// How often it has been delivered, this time included, as far as is known.
    public let attempt: Int
    private let number: UInt64
    private let joined: Joined

    init(event: RecordedEvent, subscription: String, attempt: Int, _ number: UInt64, _ joined: Joined) {
        self.event = event
        self.subscription = subscription
        self.attempt = attempt
        self.number = number
        self.joined = joined
    }

    /// Says that the event is handled. When this returns that is durable, and the event is not delivered again.
    /// - Throws: ``StoreError/deliveryLost(store:subscription:)`` if it was taken back and will be delivered again;
    ///   ``StoreError/outcomeUnknown(store:why:)`` if it may or may not be.
    public func ack() async throws {
        try await joined.feed.settle(number, .ack)
    }

    /// Says that the event is not handled, and what is to become of it. When this returns that is durable.
    /// - Throws: as ``ack()``.
    public func nack(_ nack: Nack) async throws {
        try await joined.feed.settle(number, nack.answer)
    }
}

/// What a consumer is handed.
enum Handed: Sendable, Equatable {
    case event(RecordedEvent, number: UInt64, attempt: Int)
    case caughtUp
    case fellBehind
}

/// The way between a durable subscription and one of its consumers, in this program or in another one.
protocol DeliveryFeed: Sendable {
    /// Waits for what comes next.
    /// - Returns: nil when the flow was interrupted, or the task cancelled.
    /// - Throws: ``StoreError`` if nothing more is to be had.
    func next(most: Int) async throws -> [Handed]?

    /// Answers for a delivery of this feed; returns when that is durable.
    /// - Returns: the deliveries that were taken back with it.
    @discardableResult
    func settle(_ number: UInt64, _ answer: Answer) async throws -> [UInt64]

    /// The consumer is gone.
    func close()
}

/// A consumer's hold on its feed: when its iteration and the last of its deliveries are gone, so is the consumer.
final class Joined: Sendable {
    let feed: any DeliveryFeed
    private let isHandedOver = Lock(false)

    init(_ feed: any DeliveryFeed) {
        self.feed = feed
    }

    /// Leaves the feed to somebody else, who is to close it.
    func handOver() -> any DeliveryFeed {
        isHandedOver.withLock { $0 = true }
        return feed
    }

    deinit {
        if !isHandedOver.withLock({ $0 }) { feed.close() }
    }
}

/// The feed that a consumer was made with, until its iteration takes it.
final class FirstFeed: Sendable {
    private let joined: Lock<Joined?>

    init(_ feed: any DeliveryFeed) {
        joined = Lock(Joined(feed))
    }

    func take() -> Joined? { joined.withLock { $0.take() } }
}
