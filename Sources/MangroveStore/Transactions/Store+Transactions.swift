import Mangrove

/// What became of a share of a transaction that was put to its store.
enum StagedShare: Sendable {
    /// It holds when this is durable.
    case pending(PendingAppend, [AppendResult])
    /// The store has appended it already.
    case done([AppendResult])
    /// These events must be read and compared before it can be told.
    case needsRead([Int], EngineSession)
}

extension Store {
    /// Checks that nobody's transaction keeps the streams of an append.
    /// - Throws: ``StoreError/unavailable(store:why:)``: it will be over soon.
    func checkLocks(_ streams: some Sequence<String>, butFor own: EventID? = nil) throws(StoreError) {
        guard let (stream, id) = locks.holder(of: streams, butFor: own) else { return }
        throw .unavailable(
            store: session.engine.store,
            why: "stream '\(stream)' is kept for transaction \(id), which is not over"
        )
    }

    /// What the store knows of transactions that are not over.
    func transactions() -> [RecordedTransaction] {
        locks.recorded.values.sorted { $0.transaction.id.description < $1.transaction.id.description }
    }

    /// Promises to append its share of a transaction, and keeps the streams for it; in the deciding store that decides it.
    /// Done twice it is done once.
    /// - Throws: ``StoreError``; nothing was promised.
    func promise(_ transaction: StoreTransaction, knowing known: ResolvedEvents) throws(StoreError) -> StagedShare {
        let store = session.engine.store
        guard let share = transaction.share(of: store) else { return .done([]) }
        if let given = locks.recorded[transaction.id] {
            // Asked again: an answer was lost. What was recorded goes out before, or with, what is staged now.
            return .pending(try stage(facts: [given.recorded]), [])
        }
        try checkLocks(share.parts.map(\.stream))
        switch try session.engine.trial(share, knowing: known, within: controls.terms(of: store).room) {
        case .needsRead(let positions): return .needsRead(positions, session)
        case .done(let results, let ticket):
            // There is nothing to keep streams for; but what is decided is recorded, however little there is to do.
            guard store == transaction.decider.store else { return .pending(pending(ticket), results) }
            return .pending(try keep(RecordedTransaction(transaction, by: store, promise: AppendRequest([]))), results)
        case .possible(let exact):
            return .pending(try keep(RecordedTransaction(transaction, by: store, promise: exact)), [])
        }
    }

    private func keep(_ promise: RecordedTransaction) throws(StoreError) -> PendingAppend {
        let pending = try stage(facts: [promise.recorded])
        locks.keep(promise)
        return pending
    }

    /// Whether a transaction is on record here, as is certain when this is durable; nil if it is not.
    /// - Throws: ``StoreError``.
    func recorded(_ id: EventID) throws(StoreError) -> PendingAppend? {
        guard let given = locks.recorded[id] else { return nil }
        // It may be known here and not yet be durable. What is staged now goes out behind it, or with it.
        return try stage(facts: [given.recorded])
    }

    /// What a share of a transaction came to, if it is appended.
    /// - Throws: ``StoreError``.
    func results(of transaction: StoreTransaction, knowing known: ResolvedEvents) throws(StoreError) -> StagedShare {
        guard let share = transaction.share(of: session.engine.store) else { return .done([]) }
        switch try session.engine.trial(share, knowing: known) {
        case .done(let results, let ticket): return .pending(pending(ticket), results)
        case .needsRead(let positions): return .needsRead(positions, session)
        case .possible: return .done([])
        }
    }

    /// Appends what was promised, and gives the streams free again. Nothing is done if there is no promise: then it was kept
    /// before.
    /// - Throws: ``StoreError``; nothing was appended.
    func apply(_ id: EventID, knowing known: ResolvedEvents) throws(StoreError) -> StagedShare {
        guard let promise = locks.recorded[id]?.promise else { return .done([]) }
        switch try stage(promise, knowing: known, for: id) {
        case .needsRead(let positions, let session): return .needsRead(positions, session)
        case .pending(_, let results): return .pending(try forget(id), results)
        }
    }

    /// Forgets a promise, which gives its streams free.
    /// - Throws: ``StoreError``; nothing was changed.
    func forget(_ id: EventID) throws(StoreError) -> PendingAppend {
        guard locks.recorded[id] != nil else { return PendingAppend([]) }
        let pending = try stage(facts: [FactChange(.transactions, RecordedTransaction.key(id), nil)])
        // Whoever appends from here on does so behind this in the log.
        locks.forget(id)
        return pending
    }
}

extension StoreEngine {
    /// What an append would do.
    enum Trial: Sendable {
        /// Nothing: it was done before, and holds when the record with this number is durable, 0 meaning now.
        case done([AppendResult], ticket: UInt64)
        case needsRead([Int])
        /// It would append this, at exact versions.
        case possible(AppendRequest)
    }

    /// Finds out what an append would do now, and does nothing.
    /// - Throws: as ``stage(_:now:knowing:)``.
    func trial(
        _ request: AppendRequest,
        knowing known: ResolvedEvents,
        within room: StoreRoom = StoreRoom()
    ) throws(StoreError) -> Trial {
        switch try decision(on: request, knowing: known, within: room) {
        case .needsRead(let positions): .needsRead(positions)
        case .decided(.alreadyPresent(let results, let ticket)): .done(results, ticket: ticket)
        case .decided(.record(let parts, _)):
            .possible(
                AppendRequest(
                    parts.map {
                        StreamBatch(stream: $0.stream, expecting: .exactly($0.version - 1), events: $0.events)
                    }
                )
            )
        }
    }

    /// The transactions that are recorded here. Blocks.
    /// - Throws: ``StoreError``; `damaged` if one cannot be read.
    func recordedTransactions() throws(StoreError) -> [RecordedTransaction] {
        var transactions: [RecordedTransaction] = []
        for fact in try facts(.transactions) {
            do throws(WireError) {
                transactions.append(try RecordedTransaction(fact.value))
            } catch {
                throw .damaged(
                    store: store,
                    file: "",
                    offset: 0,
                    what: "a recorded transaction: expected \(error.what)"
                )
            }
        }
        return transactions
    }
}
