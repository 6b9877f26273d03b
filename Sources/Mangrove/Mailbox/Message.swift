/// A closure that runs on a process's actor without suspending; its static isolation has been dropped.
@usableFromInline
package typealias SyncTurn = @Sendable (AnyObject) throws -> Void

/// One thing a process has been asked to do: a cast, a call, or a signal.
struct Message: Sendable {
    /// What to run on the actor. The actor comes as an object; the closure knows its type.
    enum Work: Sendable {
        /// Runs without suspending, on the actor.
        case sync(SyncTurn)
        /// May suspend; hops to the actor itself.
        case async(@Sendable (any ProcessActor) async throws -> Void)
    }

    var work: Work
    /// The caller who waits for an answer, or nil for casts and signals.
    var call: (any QueuedCall)?
    /// Signals are exempt from the mailbox's bound and are never refused.
    var isSignal = false

    /// Whether this can run in one batch with its neighbours: nobody waits for it, and it does not suspend.
    var syncCast: SyncTurn? {
        guard call == nil, case .sync(let body) = work else { return nil }
        return body
    }
}

/// A caller that waits for its turn or for its answer; the mailbox's side of it.
protocol QueuedCall: AnyObject, Sendable {
    /// Where its message is. Read and written inside the process's lock only.
    var place: QueuedCallPlace { get set }

    /// Takes the call up.
    /// - Returns: whether anybody still waits for it; if not, its work is not to be done.
    func claim() -> Bool

    /// Gives the caller an error instead of an answer, if it still waits.
    func fail(_ error: any Error)
}

/// Where the message of a call is, as its mailbox knows it.
enum QueuedCallPlace: Sendable {
    case outside
    case queued
    /// Its caller has gone; the message no longer counts.
    case forgotten
    case taken
}

/// The messages of one process, oldest first, and how many of them count against its bound.
struct Mailbox: Sendable {
    private var queue = RingQueue<Message>()
    /// Messages that count: neither signals nor calls whose callers have gone.
    private(set) var bounded = 0
    private var forgotten = 0
    /// Messages that are not casts which run without suspending.
    private var others = 0

    var isEmpty: Bool { queue.isEmpty }

    /// How many messages wait, signals and forgotten calls included.
    var count: Int { queue.count }

    mutating func append(_ message: Message) {
        if let call = message.call {
            guard call.place == .outside else { return }
            call.place = .queued
        }
        if !message.isSignal { bounded += 1 }
        if message.syncCast == nil { others += 1 }
        queue.append(message)
    }

    /// The next message that somebody still wants done.
    mutating func popFirst() -> Message? {
        while let message = queue.popFirst() {
            if message.syncCast == nil { others -= 1 }
            guard let call = message.call else {
                if !message.isSignal { bounded -= 1 }
                return message
            }
            let wasForgotten = call.place == .forgotten
            call.place = .taken
            if wasForgotten { forgotten -= 1 } else { bounded -= 1 }
            if call.claim() { return message }
        }
        return nil
    }

    /// Moves the next messages that can run in one go into `batch`, which is empty: all of them, if all can.
    mutating func moveSyncCasts(to batch: inout RingQueue<Message>) {
        if others == 0 {
            swap(&queue, &batch)
            bounded = 0
            return
        }
        while queue.first?.syncCast != nil, batch.count < 128, let message = queue.popFirst() {
            if !message.isSignal { bounded -= 1 }
            batch.append(message)
        }
    }

    /// The caller of a message has gone: it no longer counts. Those that are only waiting to be skipped are swept out once
    /// they are most of what waits, so that callers who keep giving up on a stuck process do not fill its memory.
    mutating func forget(_ call: any QueuedCall) {
        switch call.place {
        case .outside:
            call.place = .forgotten
        case .queued:
            call.place = .forgotten
            bounded -= 1
            forgotten += 1
            if forgotten > 32, forgotten * 2 > queue.count { sweep() }
        case .forgotten, .taken:
            break
        }
    }

    /// Empties the mailbox.
    mutating func takeAll() -> [Message] {
        bounded = 0
        forgotten = 0
        others = 0
        return queue.takeAll()
    }

    private mutating func sweep() {
        for message in queue.takeAll() where message.call?.place != .forgotten { queue.append(message) }
        others -= forgotten
        forgotten = 0
    }
}
