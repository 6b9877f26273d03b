/// What can be asked of a node about transactions over its stores, whoever carries it there.
public protocol TransactionGateway: Sendable {
    /// Appends to several stores, all of it or nothing, and returns when all of it is durable.
    ///
    /// What is required of the streams is checked in every store before anything is appended anywhere; from then on nobody
    /// else can append to these streams until the transaction is over, and who tries waits. If the node, a store or the
    /// machine fails meanwhile, the transaction is brought to its end afterwards, one way or the other. Who reads several
    /// stores meanwhile can see what one has appended before another has.
    ///
    /// Events whose ids are in their streams already are not appended again: a transaction whose outcome is not known can
    /// be made again as it was.
    ///
    /// - Parameter batches: what is appended where; a store and a stream can occur several times, and each has an event
    ///   at least. To one store only it is an ordinary append.
    /// - Returns: the result for each batch, in order.
    /// - Throws: ``StoreError``: nothing was appended, except with ``StoreError/outcomeUnknown(store:why:)``: then all of
    ///   it will have been or nothing, as soon as the stores can be reached.
    func append(acrossStores batches: [StoreBatch]) async throws -> [AppendResult]

    /// The transactions that are not over, with every store that runs and holds something of them.
    func pendingTransactions() async throws -> [PendingTransaction]

    /// Gives up a transaction that cannot come to its end, because a store it is over will never come back: in all stores
    /// that run, what was promised is not done and its streams are free.
    ///
    /// If it was decided already, some stores may have done their share: it is then up to you to put things right. A store
    /// that does not run now and knows of it begins it again when it comes back: remove that store first.
    /// - Throws: ``StoreError/unavailable(store:why:)`` while a store of it is starting; ``StoreError/invalid(_:)`` if no store that runs knows of it.
    func abandonTransaction(_ id: EventID) async throws
}
