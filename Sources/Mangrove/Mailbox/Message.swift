/// One thing a process has been asked to do: a cast, a call, or a signal.
struct Message: Sendable {
    /// What to run on the actor. The actor comes as an object; the closure knows its type.
    enum Work: Sendable {
        /// Runs without suspending, on the actor.
        case sync(@Sendable (any ProcessActor) throws -> Void)
        /// May suspend; hops to the actor itself.
        case async(@Sendable (any ProcessActor) async throws -> Void)
    }

    var work: Work
    /// The caller who waits for an answer, or nil for casts and signals.
    var call: (any QueuedCall)?
    /// Signals are exempt from the mailbox's bound and are never refused.
    var isSignal = false

    /// Whether this can run in one batch with its neighbours: nobody waits for it, and it does not suspend.
    var syncCast: (@Sendable (any ProcessActor) throws -> Void)? {
        guard call == nil, case .sync(let body) = work else { return nil }
        return body
    }
}

/// A caller that waits for its turn or for its answer; the mailbox's side of it.
protocol QueuedCall: AnyObject, Sendable {
    /// Takes the call up.
    /// - Returns: whether anybody still waits for it; if not, its work is not to be done.
    func claim() -> Bool

    /// Gives the caller an error instead of an answer, if it still waits.
    func fail(_ error: any Error)
}

/// The messages of one process, oldest first, and how many of them count against its bound.
struct Mailbox {
    private var queue = RingQueue<Message>()
    /// Messages that count: neither signals nor calls whose callers have gone.
    private(set) var bounded = 0

    var isEmpty: Bool { queue.isEmpty }

    /// How many messages wait, signals and abandoned calls included.
    var count: Int { queue.count }

    mutating func append(_ message: Message) {
        if !message.isSignal { bounded += 1 }
        queue.append(message)
    }

    mutating func popFirst() -> Message? {
        let message = queue.popFirst()
        if let message, !message.isSignal, bounded > 0 { bounded -= 1 }
        return message
    }

    /// The next messages that can run in one go, or none if the next one cannot.
    mutating func popSyncCasts(limit: Int) -> [@Sendable (any ProcessActor) throws -> Void] {
        var batch: [@Sendable (any ProcessActor) throws -> Void] = []
        while batch.count < limit, let body = queue.first?.syncCast {
            _ = popFirst()
            batch.append(body)
        }
        return batch
    }

    /// Empties the mailbox.
    mutating func takeAll() -> [Message] {
        bounded = 0
        return queue.takeAll()
    }
}
