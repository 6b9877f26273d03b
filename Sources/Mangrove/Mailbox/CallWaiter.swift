/// A caller whose call went to the mailbox: resumed exactly once, by the answer, a timeout, its cancellation, or the
/// death of the process.
///
/// ```
///  fresh ──install──▶ queued ──claim──▶ begun ──answer──▶ over
///    └──abandon──▶ over ◀──abandon──┴──────abandon──┘
/// ```
@usableFromInline
final class CallWaiter<Answer: Sendable>: QueuedCall {
    private enum State {
        case fresh
        case queued(UnsafeContinuation<Answer, any Error>)
        case begun(UnsafeContinuation<Answer, any Error>)
        case over(early: (any Error)?)
    }

    /// Where a call stood when its caller gave it up.
    enum Abandoned {
        case waiting
        case running
        case tooLate
    }

    private struct Guarded {
        var state = State.fresh
        var timer: (any RuntimeTimer)?
    }

    private let guarded = Lock(Guarded())

    // Safe: read and written by the mailbox only, inside the process's lock.
    nonisolated(unsafe) var place = QueuedCallPlace.outside

    /// Hands over the continuation.
    /// - Returns: false if the caller was cancelled before; it has then been resumed, and nothing must be enqueued.
    func install(_ continuation: UnsafeContinuation<Answer, any Error>) -> Bool {
        let early: (any Error)? = guarded.withLock { guarded in
            if case .over(let error) = guarded.state { return error ?? CancellationError() }
            guarded.state = .queued(continuation)
            return nil
        }
        if let early { continuation.resume(throwing: early) }
        return early == nil
    }

    /// Keeps the timer that will abandon the call, so that an answer takes it back.
    func keep(_ timer: any RuntimeTimer) {
        let over = guarded.withLock { guarded -> Bool in
            if case .over = guarded.state { return true }
            guarded.timer = timer
            return false
        }
        if over { timer.cancel() }
    }

    func claim() -> Bool {
        guarded.withLock { guarded in
            guard case .queued(let continuation) = guarded.state else { return false }
            guarded.state = .begun(continuation)
            return true
        }
    }

    /// - Returns: whether anybody was there to receive the answer.
    @discardableResult
    func succeed(_ answer: Answer) -> Bool {
        guard let (continuation, timer) = finish() else { return false }
        timer?.cancel()
        continuation.resume(returning: answer)
        return true
    }

    func fail(_ error: any Error) {
        _ = failed(error)
    }

    /// - Returns: whether anybody was there to receive the error.
    func failed(_ error: any Error) -> Bool {
        guard let (continuation, timer) = finish() else { return false }
        timer?.cancel()
        continuation.resume(throwing: error)
        return true
    }

    /// The caller gives up: it is resumed with `error` at once.
    func abandon(_ error: any Error) -> Abandoned {
        let (continuation, timer, stage) = guarded.withLock {
            guarded -> (UnsafeContinuation<Answer, any Error>?, (any RuntimeTimer)?, Abandoned) in
            defer { guarded.timer = nil }
            switch guarded.state {
            case .fresh:
                guarded.state = .over(early: error)
                return (nil, guarded.timer, .tooLate)
            case .queued(let continuation):
                guarded.state = .over(early: nil)
                return (continuation, guarded.timer, .waiting)
            case .begun(let continuation):
                guarded.state = .over(early: nil)
                return (continuation, guarded.timer, .running)
            case .over:
                return (nil, nil, .tooLate)
            }
        }
        timer?.cancel()
        continuation?.resume(throwing: error)
        return stage
    }

    private func finish() -> (UnsafeContinuation<Answer, any Error>, (any RuntimeTimer)?)? {
        guarded.withLock { guarded in
            switch guarded.state {
            case .queued(let continuation), .begun(let continuation):
                guarded.state = .over(early: nil)
                defer { guarded.timer = nil }
                return (continuation, guarded.timer)
            case .fresh, .over:
                return nil
            }
        }
    }
}
