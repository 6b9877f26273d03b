/// A closure that runs on a process's actor without suspending; its static isolation has been dropped.
@usableFromInline
package typealias SyncTurn = @Sendable (AnyObject) throws -> Void

/// A closure that runs on a process's actor and may suspend. It runs where it is called, on the actor, so that no turn begins
/// with a detour.
@usableFromInline
typealias AsyncTurn = nonisolated(nonsending) @Sendable (any ProcessActor) async throws -> Void

/// One thing a process has been asked to do: a cast, a call, or a signal.
@usableFromInline
struct Message: Sendable {
    /// What to run on the actor. The actor comes as an object; the closure knows its type.
    @usableFromInline
    enum Work: Sendable {
        /// Runs without suspending, on the actor.
        case sync(SyncTurn)
        /// May suspend.
        case async(AsyncTurn)
        /// Nothing any more: the message was dropped, and only its place is left.
        case dropped

        var isDropped: Bool {
            if case .dropped = self { true } else { false }
        }
    }

    var work: Work
    /// The caller who waits for an answer, or nil for casts and signals.
    var call: (any QueuedCall)?
    /// Signals are exempt from the mailbox's bound and are never refused.
    var isSignal = false
    /// Whether its turn must begin even when everything else stands still.
    var isUrgent = false

    init(work: Work, isSignal: Bool = false) {
        self.work = work
        self.isSignal = isSignal
    }

    /// The message of a caller who waits.
    @usableFromInline
    init(_ work: Work, _ call: any QueuedCall) {
        self.work = work
        self.call = call
    }

    /// Whether this can run in one batch with its neighbours: nobody waits for it, it does not suspend, and it counts.
    var isSyncCast: Bool {
        guard call == nil, !isSignal, !isUrgent, case .sync = work else { return false }
        return true
    }

    /// What to run, if it is such a message.
    var syncCast: SyncTurn? {
        guard isSyncCast, case .sync(let body) = work else { return nil }
        return body
    }
}

/// A caller that waits for its turn or for its answer; the mailbox's side of it.
@usableFromInline
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
@usableFromInline
enum QueuedCallPlace: Sendable {
    case outside
    case queued
    /// Outside, waiting for room.
    case waiting
    /// Its caller has gone; the message no longer counts.
    case forgotten
    case taken
}
