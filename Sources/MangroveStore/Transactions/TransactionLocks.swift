/// What a store has to do with transactions that are not over: the promises it has given, and the streams it keeps for
/// them. A value; what is recorded is the same, so that it is made anew when the store is opened.
struct TransactionLocks: Sendable {
    private(set) var recorded: [EventID: RecordedTransaction] = [:]
    private var holders: [StreamKey: EventID] = [:]

    /// Whether nothing is kept, as nearly always.
    var isEmpty: Bool { holders.isEmpty }

    init(_ recorded: [RecordedTransaction] = []) {
        for transaction in recorded { keep(transaction) }
    }

    /// The transaction that keeps one of these streams, if it is not `own`.
    func holder(of streams: some Sequence<String>, butFor own: EventID? = nil) -> (stream: String, id: EventID)? {
        guard !holders.isEmpty else { return nil }
        for stream in streams {
            if let id = holders[StreamKey(stream)], id != own { return (stream, id) }
        }
        return nil
    }

    mutating func keep(_ transaction: RecordedTransaction) {
        recorded[transaction.transaction.id] = transaction
        for part in transaction.promise.parts { holders[StreamKey(part.stream)] = transaction.transaction.id }
    }

    mutating func forget(_ id: EventID) {
        guard let transaction = recorded.removeValue(forKey: id) else { return }
        for part in transaction.promise.parts { holders[StreamKey(part.stream)] = nil }
    }
}
