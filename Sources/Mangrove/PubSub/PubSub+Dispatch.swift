extension PubSub {
    /// Hands the subscriptions of `topic` to `body`, which decides who gets what: for a publisher that prepares a message
    /// once for all that want it in one form, or leaves some of them out.
    ///
    /// The sender's own subscriptions are among them. Runs in the caller, outside the locks, once, with an empty list if
    /// nobody subscribes. Source: the custom dispatchers of `Phoenix.PubSub`.
    ///
    /// ```swift
    /// pubsub.dispatch(room) { subscriptions in
    ///     for one in subscriptions where one.metadata as? Language == .german { one.hand(greeting) }
    /// }
    /// ```
    /// - Parameters:
    ///   - topic: the topic.
    ///   - body: what to do with the subscriptions, oldest first.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public func dispatch<Result>(
        _ topic: Topic,
        _ body: ([TopicEntry<Message>]) throws -> Result
    ) rethrows -> Result {
        try body(subscribers(of: topic).map { TopicEntry(subscriber: $0, topic: topic) })
    }
}

/// One subscription, as a publisher that dispatches by itself sees it; see ``PubSub/dispatch(_:_:)``.
public struct TopicEntry<Message: Sendable>: Sendable {
    let subscriber: Subscriber<Message>
    let topic: any Sendable

    /// The subscribing process; nil for a sequence of messages.
    public var process: AnyRef? { subscriber.process }

    /// What it subscribed with.
    public var metadata: (any Sendable)? { subscriber.metadata }

    /// Hands it a message, without waiting. One that misses it is counted, or ends, as it asked for; see ``WhenFull``.
    /// - Returns: whether it was handed over.
    @discardableResult
    public func hand(_ message: Message) -> Bool {
        if case .delivered = subscriber.hand(message, of: topic) { true } else { false }
    }
}

extension Subscriber {
    /// Hands over a message, and does what the subscriber wants done if it is missed.
    func hand(_ message: Message, of topic: @autoclosure () -> Any) -> Taken {
        let taken = take(message)
        if case .full = taken {
            subscription.countMissed()
            if whenFull == .crash { process?.cell.requestStop(.crash(MailboxOverrun(topic: "\(topic())"))) }
        }
        return taken
    }
}
