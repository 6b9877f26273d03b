import Mangrove

/// A question about operations, as it travels.
enum OperationCall: Sendable, Equatable {
    case begin(OperationRequest)
    case next(feed: UInt64)
    case close(feed: UInt64)
    case append(store: String, [RecordedBatch])
    case health

    /// Whether losing the answer leaves open what is the case.
    var changesSomething: Bool { self != .health }

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .begin(let request):
            writer.byte(1)
            request.encode(&writer)
        case .next(let feed):
            writer.byte(2)
            writer.unsigned(feed)
        case .close(let feed):
            writer.byte(3)
            writer.unsigned(feed)
        case .health: writer.byte(5)
        case .append(let store, let batches):
            writer.byte(4)
            writer.text(store)
            writer.list(batches) { writer, batch in
                writer.timestamp(batch.created)
                writer.list(batch.parts) { writer, part in
                    writer.text(part.stream)
                    writer.expectedVersion(part.expected)
                    writer.list(part.events) { $0.newEvent($1) }
                }
            }
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> OperationCall {
        switch try reader.byte() {
        case 1: .begin(try OperationRequest.decode(&reader))
        case 2: .next(feed: try reader.unsigned())
        case 3: .close(feed: try reader.unsigned())
        case 5: .health
        case 4: .append(store: try reader.text(), try reader.list(batch))
        default: throw WireError(what: "a request about operations")
        }
    }
}

extension OperationCall {
    private static func batch(_ reader: inout WireReader) throws(WireError) -> RecordedBatch {
        RecordedBatch(
            created: try reader.timestamp(),
            parts: try reader.list { (reader) throws(WireError) in
                StreamBatch(
                    stream: try reader.text(),
                    expecting: try reader.expectedVersion(),
                    events: try reader.list { (reader) throws(WireError) in try reader.newEvent() }
                )
            }
        )
    }
}

/// What is answered about operations, as it travels.
enum OperationReply: Sendable, Equatable {
    case opened(feed: UInt64)
    case update(OperationUpdate)
    /// Nothing more will come.
    case over
    case appended(position: Int?)
    case health(NodeHealth)

    func encode(_ writer: inout WireWriter) {
        switch self {
        case .opened(let feed):
            writer.byte(1)
            writer.unsigned(feed)
        case .update(let update):
            writer.byte(2)
            update.encode(&writer)
        case .over: writer.byte(3)
        case .health(let health):
            writer.byte(5)
            writer.nodeHealth(health)
        case .appended(let position):
            writer.byte(4)
            writer.optional(position) { $0.integer($1) }
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> OperationReply {
        switch try reader.byte() {
        case 1: .opened(feed: try reader.unsigned())
        case 2: .update(try OperationUpdate.decode(&reader))
        case 3: .over
        case 5: .health(try reader.nodeHealth())
        case 4: .appended(position: try reader.optionalInteger())
        default: throw WireError(what: "a reply about operations")
        }
    }
}

/// The operations that one client has under way, on the node's side: they end with its connection.
final class OperationDesk: Sendable {
    /// How many one connection can have under way.
    static let maximum = 4

    private struct State {
        var feeds: [UInt64: (feed: any OperationFeed, pass: AccessPass)] = [:]
        var last: UInt64 = 0
        var isClosed = false
    }

    private let state = Lock(State())

    /// The client is gone, or the node stops: all operations end.
    func close() {
        let feeds = state.withLock { state in
            defer { state.feeds = [:] }
            state.isClosed = true
            return Array(state.feeds.values)
        }
        for feed in feeds { feed.feed.close() }
    }

    /// Carries a request out.
    /// - Throws: ``StoreError``, or what the gateway throws; an operation whose token has expired is over.
    func reply(
        to call: OperationCall,
        of gateway: any Gateway,
        _ pass: AccessPass
    ) async throws -> GatewayReply {
        switch call {
        case .begin(let request):
            let feed = try await gateway.operation(request).begin()
            let number = state.withLock { state -> UInt64? in
                guard !state.isClosed, state.feeds.count < Self.maximum else { return nil }
                state.last += 1
                state.feeds[state.last] = (feed, pass)
                return state.last
            }
            if let number { return .operation(.opened(feed: number)) }
            feed.close()
            throw StoreError.refused("a connection can have \(Self.maximum) operations under way")
        case .next(let number):
            guard let (feed, pass) = state.withLock({ $0.feeds[number] }) else { return .operation(.over) }
            do {
                try pass.check()
                guard let update = try await feed.next() else { return .operation(.over) }
                try pass.check()
                if update.isLast { forget(number) }
                return .operation(.update(update))
            } catch {
                forget(number)
                throw error
            }
        case .health: return .operation(.health(try await gateway.health()))
        case .append(let store, let batches):
            return .operation(.appended(position: try await gateway.appendRecorded(batches, to: store)))
        case .close(let number):
            forget(number)
            return .done
        }
    }

    private func forget(_ number: UInt64) {
        state.withLock { $0.feeds.removeValue(forKey: number) }?.feed.close()
    }
}

extension SocketGateway {
    /// Has the node carry something out, as ``OperationGateway/operation(_:)`` says. It ends with the connection.
    public func operation(_ request: OperationRequest) -> NodeOperation {
        NodeOperation { [self] in
            let feed: UInt64 = try await ask(.operation(.begin(request))) {
                if case .operation(.opened(let feed)) = $0 { feed } else { nil }
            }
            return SocketOperationFeed(gateway: self, feed: feed)
        }
    }
}

extension SocketGateway {
    /// Asks the node, as ``OperationGateway/appendRecorded(_:to:)`` says.
    /// - Throws: ``StoreError``; when the connection is lost, it may or may not have been done.
    public func appendRecorded(_ batches: [RecordedBatch], to store: String) async throws -> Int? {
        let position: Int?? = try await ask(.operation(.append(store: store, batches))) {
            if case .operation(.appended(let position)) = $0 { .some(position) } else { nil }
        }
        return position ?? nil
    }
}

/// The client's end of an operation.
private struct SocketOperationFeed: OperationFeed {
    let gateway: SocketGateway
    let feed: UInt64

    func next() async throws -> OperationUpdate? {
        if Task.isCancelled { return nil }
        do {
            let reply: OperationReply = try await gateway.ask(.operation(.next(feed: feed))) {
                if case .operation(let reply) = $0 { reply } else { nil }
            }
            if case .update(let update) = reply { return update }
            return nil
        } catch {
            if Task.isCancelled { return nil }
            throw error
        }
    }

    func close() {
        gateway.connection.tell(.operation(.close(feed: feed)))
    }
}
