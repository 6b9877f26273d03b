internal import Synchronization

/// What happens to a message that finds a subscriber's mailbox full.
public enum WhenFull: Sendable, Hashable {
    /// The subscriber misses it; ``Subscription/missed`` counts.
    case drop
    /// The subscriber ends with a crash of ``MailboxOverrun``: for one that must not go on with a gap, and whose supervisor
    /// starts it again from a state it can trust.
    case crash
}

/// A subscriber's mailbox was full, and it had asked not to live on with a gap.
public struct MailboxOverrun: Error, Sendable, Equatable {
    /// The topic whose message it missed.
    public var topic: String
}

/// What became of a message that was published.
public struct Publication: Sendable {
    /// How many subscriptions it was handed to.
    public var delivered: Int
    /// The processes that missed it because their mailboxes were full: once for each subscription.
    public var missed: [AnyRef]

    /// Turns a miss into an error, for a publisher that must reach everyone.
    ///
    /// ```swift
    /// try pubsub.broadcast(.closing, to: room).requireAll()
    /// ```
    /// - Throws: ``MessageMissed``. Everyone else has got the message.
    public func requireAll() throws(MessageMissed) {
        if !missed.isEmpty { throw MessageMissed(by: missed) }
    }
}

/// A message did not reach every subscriber.
public struct MessageMissed: Error, Sendable {
    /// Who missed it.
    public var by: [AnyRef]
}

/// One process's subscription to one topic.
public final class Subscription: Sendable {
    private let active = Atomic<Bool>(true)
    private let misses = Atomic<Int>(0)
    private let remove: @Sendable (Subscription) -> Void

    init(_ remove: @escaping @Sendable (Subscription) -> Void) {
        self.remove = remove
    }

    /// Whether it has neither been cancelled nor ended with its process.
    public var isActive: Bool { active.load(ordering: .acquiring) }

    /// How many messages were missed because the mailbox, or the buffer of a stream, was full.
    public var missed: Int { misses.load(ordering: .relaxed) }

    /// Takes the subscription back: nothing of it arrives after this, not even what was under way.
    /// - Returns: whether it was still active.
    @discardableResult
    public func cancel() -> Bool {
        guard end() else { return false }
        remove(self)
        return true
    }

    @discardableResult
    func end() -> Bool {
        active.exchange(false, ordering: .acquiringAndReleasing)
    }

    func countMissed() {
        misses.wrappingAdd(1, ordering: .relaxed)
    }
}

/// Who subscribes: a process, or a stream by its number.
enum SubscriberID: Hashable, Sendable {
    case process(ProcessID)
    case stream(UInt64)
}

/// One subscription as its topic sees it.
struct Subscriber<Message: Sendable>: Sendable {
    enum Taken {
        case delivered
        case full
        case gone
    }

    let subscription: Subscription
    /// Nil for a stream.
    let process: AnyRef?
    let whenFull: WhenFull
    /// What it was subscribed with.
    var metadata: (any Sendable)?
    /// Never waits.
    let take: @Sendable (Message) -> Taken
}
