import Mangrove

extension LocalGateway {
    /// Appends to several stores, all of it or nothing, and returns when all of it is durable.
    /// - Throws: ``StoreError``.
    public func append(acrossStores batches: [StoreBatch]) async throws -> [AppendResult] {
        let randomness = runtime.environment.randomness
        let id = EventID(high: randomness.next(), low: randomness.next())
        guard var transaction = StoreTransaction(id: id, batches) else {
            guard let store = batches.first?.store else { return [] }
            let parts = batches.map { StreamBatch(stream: $0.stream, expecting: $0.expected, events: $0.events) }
            return try await append(to: store, parts, if: [])
        }
        guard batches.allSatisfy({ !$0.events.isEmpty }) else {
            throw StoreError.invalid("every part of an append to several stores has an event at least")
        }
        for share in transaction.shares {
            try StoreID.check(share.store)
            try await admit(share.request, to: share.store)
        }
        for number in transaction.shares.indices {
            let share = transaction.shares[number]
            transaction.shares[number].request = try await sealed(share.request, in: share.store)
        }
        let prepared = transaction
        let outcome = try await keeper { try await $0.begin(prepared) }
        var results = try await outcome.result().mapValues { $0[...] }
        return batches.map { batch in
            results[batch.store]?.popFirst() ?? AppendResult(stream: batch.stream, version: -1, position: nil)
        }
    }

    /// The transactions that are not over.
    /// - Throws: ``StoreError``.
    public func pendingTransactions() async throws -> [PendingTransaction] {
        var pending: [PendingTransaction] = []
        for store in try await stores() where store.status == .running {
            let engine = engine(of: store.id)
            // A store that ends just now holds nothing for anybody until it is back.
            for recorded in (try? await engine.call { $0.transactions() }) ?? [] {
                pending.append(
                    PendingTransaction(
                        id: recorded.transaction.id,
                        store: store.id,
                        isDecided: recorded.isDecided,
                        stores: recorded.transaction.shares.map(\.store),
                        lockedStreams: recorded.promise.parts.map(\.stream)
                    )
                )
            }
        }
        return pending
    }

    /// Gives up a transaction that cannot come to its end.
    /// - Throws: ``StoreError``.
    public func abandonTransaction(_ id: EventID) async throws {
        let holders = try await pendingTransactions().filter { $0.id == id }
        guard !holders.isEmpty else {
            throw StoreError.invalid("no store that runs knows of a transaction \(id) that is not over")
        }
        // A store that came back only now would begin it again.
        for store in Set(holders.flatMap(\.stores)).sorted() {
            guard let info = try? await storeStatus(store), info.status == .starting else { continue }
            let why = "it is starting, and may bring transaction \(id) to its end"
            throw StoreError.unavailable(store: store, why: why)
        }
        try await keeper { try await $0.abandon(id) }
        for holder in holders {
            let engine = engine(of: holder.store)
            try await retrying(holder.store, appends: true) {
                try await engine.call { try $0.forget(id) }.durable()
            }
        }
    }

    /// Checks that a store which runs is in no transaction: without it, others could not tell how that was decided.
    /// - Throws: ``StoreError/refused(_:)``, naming the transaction.
    func checkTransactions(of store: String) async throws {
        guard let pending = try? await engine(of: store).call({ $0.transactions().first }) else { return }
        throw StoreError.refused(
            "store '\(store)' is in transaction \(pending.transaction.id), which is not over; wait for it, or abandon it"
        )
    }

    private func engine(of store: String) -> Address<Store> {
        runtime.address(StoreName(store: store).name(.engine), of: Store.self)
    }

    private func keeper<Answer: Sendable>(
        _ body: @escaping @Sendable (isolated TransactionKeeper) async throws -> Answer
    ) async throws -> Answer {
        let keeper = runtime.address(TransactionKeeper.name, of: TransactionKeeper.self)
        do {
            return try await keeper.call(timeout: nil, body)
        } catch CallError.exited, CallError.timedOut {
            // It may have begun by then.
            throw TransactionWorker.unknown
        } catch let error as CallError {
            throw StoreError.unavailable(store: "", why: "the transactions of the node: \(error)")
        } catch let error as SupervisorError {
            throw StoreError.unavailable(store: "", why: "the transactions of the node: \(error)")
        }
    }
}
