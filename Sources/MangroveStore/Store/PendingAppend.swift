import Mangrove
internal import Synchronization

/// An append on its way to the disk: answered once, when its record is durable or its engine has failed.
final class PendingAppend: Sendable {
    /// What became of it.
    enum Outcome: Sendable {
        case done([AppendResult])
        case failed(StoreError)
        /// Nothing yet: events that it repeats perhaps must be read and compared first.
        case needsRead
    }

    private enum State {
        case open
        /// One waits, as is usual.
        case waiting(UnsafeContinuation<Outcome, Never>)
        case severalWaiting([UnsafeContinuation<Outcome, Never>])
        case answered(Outcome)
    }

    private let state: Lock<State>

    /// An append that waits for its record.
    init() {
        state = Lock(.open)
    }

    /// An append that needs to wait for nothing.
    init(_ results: [AppendResult]) {
        state = Lock(.answered(.done(results)))
    }

    /// Waits for the answer; not shortened by cancellation, because the disk decides.
    func outcome() async -> Outcome {
        await withUnsafeContinuation { continuation in
            let answer = state.withLock { state -> Outcome? in
                switch state {
                case .open:
                    state = .waiting(continuation)
                    return nil
                case .waiting(let first):
                    state = .severalWaiting([first, continuation])
                    return nil
                case .severalWaiting(let waiting):
                    state = .severalWaiting(waiting + [continuation])
                    return nil
                case .answered(let answer):
                    return answer
                }
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Waits for the results of an append that the engine has taken.
    /// - Throws: what the engine said.
    func results() async throws(StoreError) -> [AppendResult] {
        switch await outcome() {
        case .done(let results): return results
        case .failed(let error): throw error
        case .needsRead: throw .unavailable(store: "", why: "events must be read to compare them")
        }
    }

    /// Waits until what was put to the engine is durable.
    /// - Throws: as ``results()``.
    func durable() async throws(StoreError) {
        _ = try await results()
    }

    /// Gives the answer; a second one is ignored.
    func answer(_ outcome: Outcome) {
        let before = state.withLock { state -> State in
            let before = state
            if case .answered = before { return before }
            state = .answered(outcome)
            return before
        }
        switch before {
        case .open, .answered: break
        case .waiting(let continuation): continuation.resume(returning: outcome)
        case .severalWaiting(let waiting): for continuation in waiting { continuation.resume(returning: outcome) }
        }
    }
}

/// An append that is put to an engine's process and may not have come there yet. If it never does, because the process ends
/// first, the append is answered so: it was certainly not done.
final class AppendTicket: Sendable {
    private let pending = PendingAppend()
    private let store: String
    private let engine: Address<Store>
    private let isTaken = Atomic(false)

    init(_ store: String, _ engine: Address<Store>) {
        self.store = store
        self.engine = engine
    }

    /// Puts an append to the engine, in the caller's own task.
    /// - Returns: the append on its way.
    /// - Throws: ``CallError``; nothing was appended.
    consuming func put(_ request: AppendRequest) async throws -> PendingAppend {
        let pending = pending
        do {
            try await engine.call { [self] in $0.take(request, self) }
        } catch is CancellationError {
            // What was begun is seen through; only its place among others is lost.
            try engine.cast { [self] in $0.take(request, self) }
        } catch let error as CallError {
            switch error {
            case .noProcess, .mailboxFull, .deadlock: throw error
            // Taken or not, it is answered.
            case .exited, .timedOut: break
            }
        }
        return pending
    }

    /// The engine's process has it: from here on that answers.
    func take() -> PendingAppend {
        isTaken.store(true, ordering: .relaxed)
        return pending
    }

    deinit {
        guard !isTaken.load(ordering: .relaxed) else { return }
        pending.answer(.failed(.unavailable(store: store, why: "its engine ended before it took the append")))
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
    func add(_ ticket: UInt64, _ results: [AppendResult], _ pending: PendingAppend) {
        let ended = state.withLock { state -> StoreError? in
            if state.ended == nil {
                state.waiting.append(Waiting(ticket: ticket, results: results, pending: pending))
            }
            return state.ended
        }
        if let ended { pending.answer(.failed(ended)) }
    }

    /// Answers all that wait for records up to `durable`.
    func complete(upTo durable: UInt64) {
        let done = state.withLock { state -> [Waiting] in
            // They wait in order, but for those that wait for what was staged before; mostly it is all of them.
            guard state.waiting.contains(where: { $0.ticket > durable }) else {
                defer { state.waiting = [] }
                return state.waiting
            }
            let done = state.waiting.filter { $0.ticket <= durable }
            state.waiting.removeAll { $0.ticket <= durable }
            return done
        }
        for waiting in done { waiting.pending.answer(.done(waiting.results)) }
    }

    /// Answers all that are left, and all to come, with what the engine's end means for each.
    func end(_ store: String, _ error: (UInt64) -> StoreError?) {
        let unknown = StoreError.outcomeUnknown(store: store, why: "its engine ended before the append was durable")
        let left = state.withLock { state -> [Waiting] in
            state.ended = .unavailable(store: store, why: "its engine has ended")
            defer { state.waiting = [] }
            return state.waiting
        }
        for waiting in left { waiting.pending.answer(.failed(error(waiting.ticket) ?? unknown)) }
    }
}
