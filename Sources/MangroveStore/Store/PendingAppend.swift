import Mangrove

/// An append on its way to the disk: answered once, when its record is durable or its engine has failed.
final class PendingAppend: Sendable {
    private enum State {
        case open([UnsafeContinuation<Result<[AppendResult], StoreError>, Never>])
        case answered(Result<[AppendResult], StoreError>)
    }

    private let state: Lock<State>

    /// An append that waits for its record.
    init() {
        state = Lock(.open([]))
    }

    /// An append that needs to wait for nothing.
    init(_ results: [AppendResult]) {
        state = Lock(.answered(.success(results)))
    }

    /// Waits for the answer; not shortened by cancellation, because the disk decides.
    /// - Throws: what the engine said.
    func results() async throws(StoreError) -> [AppendResult] {
        let result = await withUnsafeContinuation { continuation in
            let answer = state.withLock { state -> Result<[AppendResult], StoreError>? in
                switch state {
                case .open(let waiting):
                    state = .open(waiting + [continuation])
                    return nil
                case .answered(let answer):
                    return answer
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
        return try result.get()
    }

    /// Gives the answer; a second one is ignored.
    func answer(_ result: Result<[AppendResult], StoreError>) {
        let waiting = state.withLock { state -> [UnsafeContinuation<Result<[AppendResult], StoreError>, Never>] in
            guard case .open(let waiting) = state else { return [] }
            state = .answered(result)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: result) }
    }
}

/// The appends of one engine that wait for their records to be durable.
final class CommitQueue: Sendable {
    private struct Waiting {
        var ticket: UInt64
        var results: [AppendResult]
        var pending: PendingAppend
    }

    private struct State {
        var waiting: [Waiting] = []
        var ended: StoreError?
    }

    private let state = Lock(State())

    /// Adds an append that is answered with `results` when record `ticket` is durable.
    func add(_ ticket: UInt64, _ results: [AppendResult]) -> PendingAppend {
        let pending = PendingAppend()
        let ended = state.withLock { state -> StoreError? in
            if state.ended == nil {
                state.waiting.append(Waiting(ticket: ticket, results: results, pending: pending))
            }
            return state.ended
        }
        if let ended { pending.answer(.failure(ended)) }
        return pending
    }

    /// Answers all that wait for records up to `durable`.
    func complete(upTo durable: UInt64) {
        let done = state.withLock { state -> [Waiting] in
            // Nearly always all of them are, in order: what a flush took is what had been staged.
            let done = state.waiting.filter { $0.ticket <= durable }
            state.waiting.removeAll { $0.ticket <= durable }
            return done
        }
        for waiting in done { waiting.pending.answer(.success(waiting.results)) }
    }

    /// Answers all that are left, and all to come, with what the engine's end means for each.
    func end(_ store: String, _ error: (UInt64) -> StoreError?) {
        let unknown = StoreError.outcomeUnknown(store: store, why: "its engine ended before the append was durable")
        let left = state.withLock { state -> [Waiting] in
            state.ended = .unavailable(store: store, why: "its engine has ended")
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.pending.answer(.failure(error(waiting.ticket) ?? unknown)) }
    }
}
