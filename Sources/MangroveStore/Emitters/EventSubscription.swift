import Mangrove

/// What a subscription follows.
public enum SubscriptionSource: Sendable, Hashable {
    /// All events of the store, in the order of their positions.
    case all
    /// The events of one stream, in the order of their versions.
    case stream(String)

    /// What it is called in the tree.
    var label: String {
        switch self {
        case .all: "$all"
        case .stream(let stream): stream
        }
    }
}

/// The events of a subscription, from its start on and then as they are committed, for as long as it is iterated.
///
/// Each event comes once, in order. A store that restarts meanwhile interrupts the flow, not the order: the subscription
/// goes on where it was. A consumer that is slow makes only its own emitter wait. Cancelling the iterating task ends it.
public struct EventSubscription: AsyncSequence, Sendable {
    /// One event at a time.
    public typealias Element = RecordedEvent

    let gateway: LocalGateway
    let store: String
    let start: SubscriptionStart

    /// Starts following.
    public func makeAsyncIterator() -> Iterator {
        Iterator(gateway: gateway, store: store, start: start)
    }

    /// Where an iteration stands.
    public struct Iterator: AsyncIteratorProtocol {
        let gateway: LocalGateway
        let store: String
        var start: SubscriptionStart
        private var listening: Listening?
        private var batch: ArraySlice<RecordedEvent> = []

        init(gateway: LocalGateway, store: String, start: SubscriptionStart) {
            self.gateway = gateway
            self.store = store
            self.start = start
        }

        /// The next event, when there is one; nil once the task is cancelled.
        /// - Throws: ``StoreError`` if the store is gone for good or does not come back in time.
        public mutating func next() async throws -> RecordedEvent? {
            while batch.isEmpty {
                if Task.isCancelled { return nil }
                let channel = try await openChannel()
                if let received = await channel.receive() {
                    batch = received[...]
                } else {
                    listening = nil
                }
            }
            start.next += 1
            return batch.removeFirst()
        }

        private mutating func openChannel() async throws -> EventChannel {
            if let listening { return listening.channel }
            let opened = try await gateway.follow(store, start)
            listening = Listening(opened)
            return opened
        }
    }
}

/// A subscriber's hold on its channel: when the subscriber lets go, whichever way, its emitter ends.
private final class Listening: Sendable {
    let channel: EventChannel

    init(_ channel: EventChannel) {
        self.channel = channel
    }

    deinit {
        channel.close(.cancelled)
    }
}
