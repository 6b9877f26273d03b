/// A question about transactions over stores, as it travels.
enum TransactionRequest: Sendable, Equatable {
    case append([StoreBatch])
    case pending
    case abandon(EventID)

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .append, .abandon: true
        case .pending: false
        }
    }

    /// What whoever makes it must be allowed.
    var needs: [AccessNeed] {
        switch self {
        case .append(let batches):
            batches.map { AccessNeed(.append, stores: .one($0.store), streams: .one($0.stream)) }
        case .pending: [AccessNeed(.observe, stores: .all)]
        case .abandon: [AccessNeed(.manage, stores: .all, streams: .all)]
        }
    }

    func perform(on gateway: any Gateway) async throws -> GatewayReply {
        switch self {
        case .append(let batches): return .appended(try await gateway.append(acrossStores: batches))
        case .pending: return .transactions(try await gateway.pendingTransactions())
        case .abandon(let id):
            try await gateway.abandonTransaction(id)
            return .done
        }
    }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .append(let batches):
            writer.byte(1)
            writer.list(batches) { writer, batch in
                writer.text(batch.store)
                writer.text(batch.stream)
                writer.expectedVersion(batch.expected)
                writer.list(batch.events) { $0.newEvent($1) }
            }
        case .pending: writer.byte(2)
        case .abandon(let id):
            writer.byte(3)
            writer.eventID(id)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> TransactionRequest {
        switch try reader.byte() {
        case 1:
            .append(
                try reader.list { (reader) throws(WireError) in
                    StoreBatch(
                        store: try reader.text(),
                        stream: try reader.text(),
                        expecting: try reader.expectedVersion(),
                        try reader.list { (reader) throws(WireError) in try reader.newEvent() }
                    )
                }
            )
        case 2: .pending
        case 3: .abandon(try reader.eventID())
        default: throw WireError(what: "a request about transactions")
        }
    }
}

extension WireWriter {
    mutating func pendingTransaction(_ pending: PendingTransaction) {
        eventID(pending.id)
        text(pending.store)
        flag(pending.isDecided)
        list(pending.stores) { $0.text($1) }
        list(pending.lockedStreams) { $0.text($1) }
    }
}

extension WireReader {
    mutating func pendingTransaction() throws(WireError) -> PendingTransaction {
        PendingTransaction(
            id: try eventID(),
            store: try text(),
            isDecided: try flag(),
            stores: try list { (reader) throws(WireError) in try reader.text() },
            lockedStreams: try list { (reader) throws(WireError) in try reader.text() }
        )
    }
}

extension SocketGateway {
    /// Asks the node, as ``TransactionGateway/append(acrossStores:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func append(acrossStores batches: [StoreBatch]) async throws -> [AppendResult] {
        try await ask(.transaction(.append(batches))) {
            if case .appended(let results) = $0, results.count == batches.count { results } else { nil }
        }
    }

    /// Asks the node, as ``TransactionGateway/pendingTransactions()`` says.
    /// - Throws: ``StoreError``.
    public func pendingTransactions() async throws -> [PendingTransaction] {
        try await ask(.transaction(.pending)) { if case .transactions(let all) = $0 { all } else { nil } }
    }

    /// Asks the node, as ``TransactionGateway/abandonTransaction(_:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func abandonTransaction(_ id: EventID) async throws {
        try await ask(.transaction(.abandon(id))) { if case .done = $0 { () } else { nil } }
    }
}
