/// Events to be appended to one stream of one store, as part of an append over several stores.
public struct StoreBatch: Sendable, Equatable {
    /// The store.
    public var store: String
    /// The stream.
    public var stream: String
    /// What is required of the stream.
    public var expected: ExpectedVersion
    /// The events, in order.
    public var events: [NewEvent]

    /// Makes a part of an append over several stores.
    public init(store: String, stream: String, expecting expected: ExpectedVersion = .any, _ events: [NewEvent]) {
        self.store = store
        self.stream = stream
        self.expected = expected
        self.events = events
    }
}

/// A transaction over stores that is not over yet, as a store knows it.
public struct PendingTransaction: Sendable, Equatable {
    /// What identifies it.
    public var id: EventID
    /// The store that holds this of it.
    public var store: String
    /// Whether it is decided that it happens; if not, it may still come to nothing.
    public var isDecided: Bool
    /// All stores it is over; the last one is where it is decided.
    public var stores: [String]
    /// The store's streams that nobody else can append to until it is over.
    public var lockedStreams: [String]
}

/// A transaction over stores: what each is to append, all of them or none.
///
/// ```
///              every other store      the deciding store             every store, the deciding one last
///  promising ───────────────────▶ promising and deciding ──▶ applying ─────────────────────────────────▶ done
///      │ one refuses                 │ it refuses
///      └──────▶ releasing ◀──────────┘   (promises are taken back)
/// ```
///
/// A store that promises keeps the streams concerned for the transaction: nobody else appends to them until it is over. The
/// last promise decides, in the same record; until then the transaction can come to nothing, and from then on it happens.
/// Every store that has to do with it records all of it, so that each can bring it to its end alone, from the beginning:
/// whatever was done already is found done.
///
/// Stores promise in the order of their ids and the last one decides, so that transactions never wait for each other in a
/// circle.
struct StoreTransaction: Sendable, Equatable {
    /// What one store is to append.
    struct Share: Sendable, Equatable {
        var store: String
        var request: AppendRequest
    }

    var id: EventID
    /// By the ids of the stores; at least two.
    var shares: [Share]

    /// Sorts what is to be done by stores.
    /// - Returns: nil if it is for one store only, or none.
    init?(id: EventID, _ batches: [StoreBatch]) {
        let stores = Set(batches.map(\.store)).sorted()
        guard stores.count > 1 else { return nil }
        self.id = id
        shares = stores.map { store in
            let own = batches.filter { $0.store == store }
            return Share(
                store: store,
                request: AppendRequest(
                    own.map { StreamBatch(stream: $0.stream, expecting: $0.expected, events: $0.events) }
                )
            )
        }
    }

    init(id: EventID, shares: [Share]) {
        self.id = id
        self.shares = shares
    }

    /// The share of the store whose promise decides.
    var decider: Share { shares[shares.count - 1] }

    func share(of store: String) -> AppendRequest? { shares.first { $0.store == store }?.request }
}

/// What a store has recorded of a transaction.
struct RecordedTransaction: Sendable, Equatable {
    var transaction: StoreTransaction
    /// What the store has promised to append, at exact versions.
    var promise: AppendRequest
    /// Whether this is the promise that decides.
    var isDecided: Bool { promiser == transaction.decider.store }
    /// The store that has promised.
    var promiser: String

    static func key(_ id: EventID) -> FactKey { FactKey().appending(id.high).appending(id.low) }

    /// What records it.
    var recorded: FactChange { FactChange(.transactions, Self.key(transaction.id), value) }

    private static let format: UInt8 = 1

    private var value: [UInt8] {
        var writer = WireWriter()
        writer.byte(Self.format)
        writer.eventID(transaction.id)
        writer.list(transaction.shares) { writer, share in
            writer.text(share.store)
            writer.kept(share.request)
        }
        writer.text(promiser)
        writer.kept(promise)
        return writer.bytes
    }

    init(_ transaction: StoreTransaction, by store: String, promise: AppendRequest) {
        self.transaction = transaction
        promiser = store
        self.promise = promise
    }

    /// Reads what was recorded.
    /// - Throws: ``WireError``
    init(_ value: [UInt8]) throws(WireError) {
        var reader = WireReader(value)
        guard try reader.byte() == Self.format else { throw WireError(what: "a transaction of a known format") }
        let id = try reader.eventID()
        let shares = try reader.list { (reader) throws(WireError) in
            StoreTransaction.Share(store: try reader.text(), request: try reader.keptRequest())
        }
        guard shares.count > 1 else { throw WireError(what: "a transaction over several stores") }
        transaction = StoreTransaction(id: id, shares: shares)
        promiser = try reader.text()
        promise = try reader.keptRequest()
        try reader.end()
    }
}

extension WireWriter {
    /// A request with its events as they are kept: encrypted ones stay so.
    fileprivate mutating func kept(_ request: AppendRequest) {
        list(request.parts) { writer, part in
            writer.text(part.stream)
            writer.expectedVersion(part.expected)
            writer.list(part.events) { writer, event in
                writer.newEvent(event)
                writer.flag(event.isSealed)
            }
        }
    }
}

extension WireReader {
    fileprivate mutating func keptRequest() throws(WireError) -> AppendRequest {
        AppendRequest(
            try list { (reader) throws(WireError) in
                StreamBatch(
                    stream: try reader.text(),
                    expecting: try reader.expectedVersion(),
                    events: try reader.list { (reader) throws(WireError) in
                        var event = try reader.newEvent()
                        event.isSealed = try reader.flag()
                        return event
                    }
                )
            }
        )
    }
}
