/// A caller whose call went to the mailbox. It learns the outcome exactly once: the answer, a timeout, its cancellation, or the
/// death of the process; what comes later is nobody's.
///
/// ```
///  waiting ──claim──▶ begun ──answer──▶ over
///     └──────abandon──────┴────abandon────▲
/// ```
///
/// The outcome may be there before the caller has begun to wait for it: it is then kept until it does. What depends on the type
/// of the answer is in ``AnswerWaiter``, so that everything else is compiled once.
// Safe: the stored properties are a lock and `place`, which is the mailbox's; the subclass says why its own is.
@usableFromInline
class CallWaiter: QueuedCall, @unchecked Sendable {
    /// Where a call stands.
    @usableFromInline
    enum Stage: Sendable {
        case waiting
        case begun
        case over
    }

    /// How it ended: with an answer, or with an error in its place.
    @usableFromInline
    enum Outcome: Sendable {
        case answered
        case failed(any Error)
    }

    private struct Guarded {
        var stage = Stage.waiting
        var continuation: UnsafeContinuation<Outcome, Never>?
        /// The outcome, where it came before the continuation.
        var early: Outcome?
        var timer: (any RuntimeTimer)?
    }

    private let guarded = InlineLock(Guarded())

    // Safe: read and written by the mailbox only, inside the process's lock.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) final var place = QueuedCallPlace.outside

    @usableFromInline
    init() {}

    /// The outcome, if it has come already.
    @usableFromInline final var early: Outcome? {
        guarded.withLock { $0.early }
    }

    /// Waits for the outcome.
    @usableFromInline
    final func wait(on isolation: isolated (any Actor)?) async -> Outcome {
        await withUnsafeContinuation { continuation in
            let early = guarded.withLock { guarded -> Outcome? in
                if guarded.early == nil { guarded.continuation = continuation }
                return guarded.early
            }
            if let early { continuation.resume(returning: early) }
        }
    }

    /// Keeps the timer that will abandon the call, so that an answer takes it back.
    final func keep(_ timer: any RuntimeTimer) {
        let over = guarded.withLock { guarded -> Bool in
            if case .over = guarded.stage { return true }
            guarded.timer = timer
            return false
        }
        if over { timer.cancel() }
    }

    @usableFromInline
    final func claim() -> Bool {
        guarded.withLock { guarded in
            guard case .waiting = guarded.stage else { return false }
            guarded.stage = .begun
            return true
        }
    }

    @usableFromInline
    final func fail(_ error: any Error) {
        _ = end(.failed(error))
    }

    /// Ends the call: its caller is resumed at once.
    /// - Returns: where it stood; if it was over, nobody learns of this outcome.
    @usableFromInline
    final func end(_ outcome: Outcome) -> Stage {
        let (stage, continuation, timer) = guarded.withLock {
            guarded -> (Stage, UnsafeContinuation<Outcome, Never>?, (any RuntimeTimer)?) in
            let stage = guarded.stage
            guard stage != .over else { return (.over, nil, nil) }
            guarded.stage = .over
            if guarded.continuation == nil { guarded.early = outcome }
            return (stage, guarded.continuation.take(), guarded.timer.take())
        }
        timer?.cancel()
        continuation?.resume(returning: outcome)
        return stage
    }
}

/// A caller who waits for an `Answer`.
// Safe: as `answer` is.
@usableFromInline
final class AnswerWaiter<Answer: Sendable>: CallWaiter, @unchecked Sendable {
    // Safe: written by the one turn that answers, before it says so under the lock; read by the caller after it has learned
    // there that this turn answered, and by nobody otherwise.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) var answer: Answer?

    @inlinable
    override init() {}

    /// - Returns: whether anybody was there to receive the answer.
    @inlinable
    @discardableResult
    func succeed(_ answer: Answer) -> Bool {
        self.answer = answer
        return end(.answered) != .over
    }

    /// The outcome, if it has come already.
    /// - Throws: the error that came instead of an answer.
    @inlinable
    func earlyAnswer() throws -> Answer? {
        guard let early else { return nil }
        return try answer(of: early)
    }

    /// Waits for the answer.
    /// - Throws: the error that came instead.
    @inlinable
    func answer(on isolation: isolated (any Actor)?) async throws -> Answer {
        try answer(of: await wait(on: isolation))
    }

    @inlinable
    func answer(of outcome: Outcome) throws -> Answer {
        switch outcome {
        case .failed(let error): throw error
        case .answered:
            guard let answer else { throw CancellationError() }
            return answer
        }
    }
}
