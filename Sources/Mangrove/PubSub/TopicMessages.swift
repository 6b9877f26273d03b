extension PubSub {
    /// The messages published to `topic` from now on, for whoever is not a process.
    ///
    /// Messages wait in a buffer; when it is full the oldest make room, or the newest are not taken, as `keeping` says, and
    /// ``TopicMessages/missed`` counts. The subscription ends when the sequence and its iterators are gone, or the iterating
    /// task is cancelled. One task iterates; several would share the messages out among them.
    ///
    /// ```swift
    /// for await event in pubsub.messages(of: room, buffering: 64) { print(event) }
    /// ```
    /// - Parameters:
    ///   - topic: the topic.
    ///   - limit: how many messages may wait; at least 1.
    ///   - keeping: which ones are kept when more come.
    public func messages(
        of topic: Topic,
        buffering limit: Int = 256,
        keeping: TopicMessages<Message>.Kept = .newest
    ) -> TopicMessages<Message> {
        let id = SubscriberID.stream(runtime.nextSerial())
        let subscription = Subscription { [self] _ in remove(id, from: topic) }
        let (stream, continuation) = AsyncStream.makeStream(
            of: Message.self,
            bufferingPolicy: keeping == .newest ? .bufferingNewest(max(1, limit)) : .bufferingOldest(max(1, limit))
        )
        continuation.onTermination = { _ in subscription.cancel() }
        let subscriber = Subscriber<Message>(subscription: subscription, process: nil, whenFull: .drop) { message in
            switch continuation.yield(message) {
            case .enqueued: return .delivered
            case .dropped:
                if keeping == .oldest { return .full }
                // The new one was taken; an older one was not.
                subscription.countMissed()
                return .delivered
            case .terminated: return .gone
            @unknown default: return .gone
            }
        }
        add(subscriber, id, to: topic)
        return TopicMessages(stream: stream, subscription: subscription, finish: { continuation.finish() })
    }
}

/// The messages of one topic, as they are published; see ``PubSub/messages(of:buffering:keeping:)``.
public struct TopicMessages<Message: Sendable>: AsyncSequence, Sendable {
    /// Which messages are kept when the buffer is full.
    public enum Kept: Sendable, Hashable {
        /// Those that came last.
        case newest
        /// Those that came first.
        case oldest
    }

    private let stream: AsyncStream<Message>
    private let subscription: Subscription
    private let finish: @Sendable () -> Void

    init(stream: AsyncStream<Message>, subscription: Subscription, finish: @escaping @Sendable () -> Void) {
        self.stream = stream
        self.subscription = subscription
        self.finish = finish
    }

    /// How many messages were missed because the buffer was full.
    public var missed: Int { subscription.missed }

    /// Ends the subscription; what waits in the buffer is still handed out.
    public func cancel() {
        subscription.cancel()
        finish()
    }

    /// Starts to hand out messages.
    public func makeAsyncIterator() -> AsyncStream<Message>.Iterator {
        stream.makeAsyncIterator()
    }
}
