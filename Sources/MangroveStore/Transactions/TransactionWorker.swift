import Mangrove

/// Brings one transaction over stores to its end, however often it, a store or the node ends meanwhile.
///
/// Its first incarnation answers whoever asked for the transaction, and gives up when a store refuses before anything is
/// decided. A later one, and one that was started for what a store had recorded, does not know how far things had come:
/// it goes on for as long as a store may yet come back, and gives up only for what will never change.
actor TransactionWorker: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let gateway: LocalGateway
    private let transaction: StoreTransaction
    private let outcome: TransactionOutcome
    /// The stores that have promised to this incarnation.
    private var promised: [String] = []

    init(
        _ context: ProcessContext,
        _ gateway: LocalGateway,
        _ transaction: StoreTransaction,
        _ outcome: TransactionOutcome
    ) {
        self.context = context
        self.gateway = gateway
        self.transaction = transaction
        self.outcome = outcome
        context.onExit { _ in outcome.answer(.failure(Self.unknown)) }
    }

    func run() async throws {
        let isFirst = outcome.begin()
        do {
            let isDecided = try await isFirst ? false : isDecided()
            if !isDecided { try await promiseAll(isFirst) }
        } catch let refusal as Refusal {
            // What was found recorded may have been promised anywhere.
            for store in isFirst ? promised : transaction.shares.map(\.store) { try await forget(store) }
            outcome.answer(.failure(refusal.why))
            throw Exit(.normal)
        }
        outcome.answer(.success(try await applyAll()))
        throw Exit(.normal)
    }

    /// Why the transaction does not happen.
    private struct Refusal: Error {
        var why: StoreError
    }

    static let unknown = StoreError.outcomeUnknown(
        store: "",
        why: "the transaction was interrupted; it is brought to its end as soon as its stores can be reached"
    )

    // MARK: Steps

    /// Whether it is decided, and not yet done.
    private func isDecided() async throws -> Bool {
        let id = transaction.id
        return try await untilAnswered(transaction.decider.store, isFirst: false) { store in
            guard let recorded = try await store.call(timeout: nil, { try $0.recorded(id) }) else { return false }
            try await recorded.durable()
            return true
        }
    }

    /// Has all stores promise, the deciding one last.
    private func promiseAll(_ isFirst: Bool) async throws {
        let transaction = transaction
        for share in transaction.shares {
            if share == transaction.decider { try await faultPoint("transaction.beforeDecision") }
            _ = try await untilAnswered(share.store, isFirst: isFirst) { store in
                try await store.put { store, known in try store.promise(transaction, knowing: known) }
            }
            promised.append(share.store)
        }
        try await faultPoint("transaction.afterDecision")
    }

    /// Has all stores keep their promises, the deciding one last.
    private func applyAll() async throws -> [String: [AppendResult]] {
        let transaction = transaction
        var results: [String: [AppendResult]] = [:]
        for share in transaction.shares {
            if share == transaction.decider { try await faultPoint("transaction.beforeEnd") }
            results[share.store] = try await untilDone(share.store) { store in
                try await store.put { store, known in try store.apply(transaction.id, knowing: known) }
            }
        }
        // An earlier incarnation has had those that are missing, or there was nothing to do for some part.
        for share in transaction.shares where results[share.store]?.count != share.request.parts.count {
            results[share.store] = try await untilDone(share.store) { store in
                do {
                    return try await store.put { store, known in try store.results(of: transaction, knowing: known) }
                } catch let error as StoreError where error.isFinal {
                    // It is done, and what it came to is gone again by now.
                    return []
                }
            }
        }
        return results
    }

    private func forget(_ store: String) async throws {
        let id = transaction.id
        _ = try await untilDone(store) { store in
            try await store.call(timeout: nil) { try $0.forget(id) }.durable()
            return [AppendResult]()
        }
    }

    // MARK: Asking stores

    /// Asks a store until it answers.
    /// - Throws: ``Refusal`` if it refuses for good, or, while nothing can have been decided, for now.
    private func untilAnswered<Answer: Sendable>(
        _ store: String,
        isFirst: Bool,
        _ question: @Sendable (Address<Store>) async throws -> Answer
    ) async throws -> Answer {
        var isUnsure = !isFirst
        while true {
            do {
                return try await ask(store, question)
            } catch let error as StoreError {
                if case .outcomeUnknown = error { isUnsure = true }
                if !isUnsure || error.isFinal { throw Refusal(why: error) }
            }
            try await pause(store)
        }
    }

    /// Asks a store until it has done it; one that is gone has nothing to do.
    private func untilDone(
        _ store: String,
        _ question: @Sendable (Address<Store>) async throws -> [AppendResult]
    ) async throws -> [AppendResult] {
        while true {
            do {
                return try await ask(store, question)
            } catch StoreError.noSuchStore {
                return []
            } catch let error as StoreError {
                context.runtime.emit(StoreEvents.transactionWaits) {
                    (transaction.id.description, store, LoggedError(error))
                }
            }
            try await pause(store)
        }
    }

    private func ask<Answer: Sendable>(
        _ store: String,
        _ question: @Sendable (Address<Store>) async throws -> Answer
    ) async throws -> Answer {
        let engine = context.runtime.address(StoreName(store: store).name(.engine), of: Store.self)
        return try await gateway.retrying(store, appends: true, recognized: true) { try await question(engine) }
    }

    /// A store that is not to be had is asked again after a while; whoever asked need not wait for it.
    private func pause(_ store: String) async throws {
        outcome.answer(.failure(Self.unknown))
        try await context.runtime.sleep(for: .seconds(1))
    }
}

extension StoreError {
    /// Whether a store that says this of a promise will never say anything else.
    fileprivate var isFinal: Bool {
        switch self {
        case .wrongExpectedVersion, .eventIDConflict, .conditionFailed, .streamDeleted, .invalid, .noSuchStore: true
        default: false
        }
    }
}

/// What whoever asked for a transaction waits for; nobody waits for one that a store had recorded.
final class TransactionOutcome: Sendable {
    /// The results of each store, or why there are none.
    typealias Outcome = Result<[String: [AppendResult]], StoreError>

    private struct State {
        var hasBegun: Bool
        var answer: Outcome?
        var waiter: UnsafeContinuation<Outcome, Never>?
    }

    private let state: Lock<State>

    /// - Parameter isFound: it was found recorded, so that more may have been done than is known.
    init(isFound: Bool) {
        state = Lock(State(hasBegun: isFound))
    }

    /// Notes that somebody works on it.
    /// - Returns: whether nobody has before.
    func begin() -> Bool {
        state.withLock { state in
            defer { state.hasBegun = true }
            return !state.hasBegun
        }
    }

    /// Says how it ended; the first word counts.
    func answer(_ result: Outcome) {
        let waiter = state.withLock { state -> UnsafeContinuation<Outcome, Never>? in
            guard state.answer == nil else { return nil }
            state.answer = result
            return state.waiter.take()
        }
        waiter?.resume(returning: result)
    }

    /// Waits for the end; one waits.
    func result() async throws(StoreError) -> [String: [AppendResult]] {
        let result = await withUnsafeContinuation { continuation in
            let answer = state.withLock { state in
                if state.answer == nil { state.waiter = continuation }
                return state.answer
            }
            if let answer { continuation.resume(returning: answer) }
        }
        return try result.get()
    }
}

extension Address<Store> {
    /// Puts something to do with a transaction to a store, reading what it asks to be compared first.
    /// - Returns: once it is durable.
    fileprivate func put(
        _ body: @escaping @Sendable (isolated Store, ResolvedEvents) throws -> StagedShare
    ) async throws -> [AppendResult] {
        var known = ResolvedEvents()
        while true {
            let sent = known
            switch try await call(timeout: nil, { try body($0, sent) }) {
            case .pending(let pending, let results):
                try await pending.durable()
                return results
            case .done(let results): return results
            case .needsRead(let positions, let session):
                known.merge(try await session.read { engine in try engine.resolve(positions) })
            }
        }
    }
}
