/// The events of a subscription, from its start on and then as they are committed, for as long as it is iterated.
///
/// Each event comes once, in order. A store that restarts meanwhile interrupts the flow, not the order: the subscription
/// goes on where it was. A consumer that is slow makes only its own emitter wait. Cancelling the iterating task ends it.
///
/// ```swift
/// for try await event in try gateway.subscribe(to: "orders", .typePrefix("order-"), from: .end) { print(event.type) }
/// ```
public struct EventSubscription: AsyncSequence, Sendable {
    /// One event at a time.
    public typealias Element = RecordedEvent

    let start: SubscriptionStart
    let open: @Sendable (SubscriptionStart) async throws -> OpenedFeed

    /// The same, with notes of when everything has been delivered and when that is over.
    public var elements: Elements { Elements(subscription: self) }

    /// Starts following.
    public func makeAsyncIterator() -> Iterator {
        Iterator(elements: elements.makeAsyncIterator())
    }

    /// Where an iteration stands.
    public struct Iterator: AsyncIteratorProtocol {
        var elements: Elements.Iterator

        /// The next event, when there is one; nil once the task is cancelled.
        /// - Throws: ``StoreError`` if the store is gone for good or does not come back in time.
        public mutating func next() async throws -> RecordedEvent? {
            while let element = try await elements.next() {
                if case .event(let event) = element { return event }
            }
            return nil
        }
    }
}

/// What a subscription has to say.
public enum SubscriptionElement: Sendable, Equatable {
    /// An event.
    case event(RecordedEvent)
    /// Everything there is has been delivered: what comes now has just been committed.
    case caughtUp
    /// More was committed than is delivered at once: what comes now is older, until the next ``caughtUp``.
    case fellBehind
}

extension EventSubscription {
    /// The events of a subscription with notes of where it stands among them.
    public struct Elements: AsyncSequence, Sendable {
        /// One event or note at a time.
        public typealias Element = SubscriptionElement

        let subscription: EventSubscription

        /// Starts following.
        public func makeAsyncIterator() -> Iterator {
            Iterator(open: subscription.open, start: subscription.start)
        }

        /// Where an iteration stands.
        public struct Iterator: AsyncIteratorProtocol {
            private let open: @Sendable (SubscriptionStart) async throws -> OpenedFeed
            private var start: SubscriptionStart
            private var listening: Listening?
            private var waiting: ArraySlice<SubscriptionElement> = []
            private var isLive = false

            init(open: @escaping @Sendable (SubscriptionStart) async throws -> OpenedFeed, start: SubscriptionStart) {
                self.open = open
                self.start = start
            }

            /// The next event or note, when there is one; nil once the task is cancelled.
            /// - Throws: ``StoreError`` if the store is gone for good or does not come back in time.
            public mutating func next() async throws -> SubscriptionElement? {
                while true {
                    if let element = waiting.popFirst() { return element }
                    if Task.isCancelled { return nil }
                    do {
                        if let emissions = try await feed().next() { take(emissions) } else { listening = nil }
                    } catch is CancellationError {
                        // Also where it was about to open the feed again.
                        return nil
                    }
                }
            }

            private mutating func take(_ emissions: [Emission]) {
                var elements: [SubscriptionElement] = []
                for emission in emissions {
                    // After an interruption the emitter is another one, and says again what is known.
                    if let note = emission.note, (note == .caughtUp) != isLive {
                        isLive.toggle()
                        elements.append(isLive ? .caughtUp : .fellBehind)
                    }
                    elements += emission.events.map { .event($0) }
                    start.from = .at(emission.next)
                }
                waiting = elements[...]
            }

            private mutating func feed() async throws -> any EventFeed {
                if let listening { return listening.feed }
                let opened = try await open(start)
                // From here on it is known where the end was.
                start.from = .at(opened.next)
                listening = Listening(opened.feed)
                return opened.feed
            }
        }
    }
}

/// A subscriber's hold on its feed: when the subscriber lets go, whichever way, its emitter ends.
private final class Listening: Sendable {
    let feed: any EventFeed

    init(_ feed: any EventFeed) {
        self.feed = feed
    }

    deinit {
        feed.close()
    }
}
