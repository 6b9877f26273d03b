/// One question to a gateway, as it travels.
enum GatewayRequest: Sendable, Equatable {
    case append(store: String, stream: String, expected: ExpectedVersion, events: [NewEvent])
    case appendParts(store: String, parts: [StreamBatch], conditions: [AppendCondition])
    case read(store: String, stream: String, start: Int?, count: Int, direction: ReadDirection)
    case readAll(store: String, start: Int, count: Int)
    case version(store: String, stream: String)
    case streams(store: String)
    case stores
    case storeStatus(String)
    case storeConfiguration(String)
    case tree(TreeFormat)
    case metrics
    case crash(path: String, kill: Bool)
    case verify(String)
    /// From now on the connection may do what this token says.
    case present(token: String)
    case subscription(SubscriptionRequest)
    case projection(store: String, ProjectionRequest)
    case log(store: String, LogRequest)
    case transaction(TransactionRequest)
    case operation(OperationCall)
    case configuration(ConfigurationRequest)
    case managed(store: String, StoresRequest)

    /// The store it concerns, or an empty text.
    var store: String {
        switch self {
        case .append(let store, _, _, _), .appendParts(let store, _, _), .log(let store, _),
            .read(let store, _, _, _, _),
            .readAll(let store, _, _), .version(let store, _), .streams(let store), .storeStatus(let store),
            .storeConfiguration(let store), .verify(let store):
            store
        case .subscription(let request): request.store
        case .projection(let store, _): store
        case .configuration(let request): request.store
        case .managed(let name, let request): request.store(name)
        case .operation(.append(let store, _)): store
        case .stores, .tree, .metrics, .crash, .present, .transaction, .operation: ""
        }
    }

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .append, .appendParts, .crash: true
        case .subscription(let request): request.changesSomething
        case .projection(_, let request): request.changesSomething
        case .log(_, let request): request.changesSomething
        case .transaction(let request): request.changesSomething
        case .operation(let call): call.changesSomething
        case .configuration(let request): request.changesSomething
        case .managed(_, let request): request.changesSomething
        default: false
        }
    }

    /// Whether it is answered when there is something to say, however long that takes.
    var waitsForNews: Bool {
        switch self {
        case .subscription(.next), .operation(.next): true
        default: false
        }
    }

    /// The bytes it travels as.
    var encoded: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .append(let store, let stream, let expected, let events):
            writer.byte(1)
            writer.text(store)
            writer.text(stream)
            writer.expectedVersion(expected)
            writer.list(events) { $0.newEvent($1) }
        case .appendParts(let store, let parts, let conditions):
            writer.byte(2)
            writer.text(store)
            writer.list(parts) { writer, part in
                writer.text(part.stream)
                writer.expectedVersion(part.expected)
                writer.list(part.events) { $0.newEvent($1) }
            }
            writer.list(conditions) { $0.appendCondition($1) }
        case .read(let store, let stream, let start, let count, let direction):
            writer.byte(3)
            writer.text(store)
            writer.text(stream)
            writer.optional(start) { $0.integer($1) }
            writer.integer(count)
            writer.flag(direction == .backward)
        case .readAll(let store, let start, let count):
            writer.byte(4)
            writer.text(store)
            writer.integer(start)
            writer.integer(count)
        case .version(let store, let stream):
            writer.byte(5)
            writer.text(store)
            writer.text(stream)
        case .stores: writer.byte(7)
        case .tree(let format):
            writer.byte(12)
            writer.text(format.rawValue)
        case .metrics: writer.byte(15)
        case .present(let token): writer.encode(200, token)
        case .crash(let path, let kill):
            writer.byte(13)
            writer.text(path)
            writer.flag(kill)
        case .streams(let store): writer.encode(6, store)
        case .storeStatus(let store): writer.encode(10, store)
        case .storeConfiguration(let store): writer.encode(11, store)
        case .verify(let store): writer.encode(14, store)
        case .subscription(let request):
            writer.byte(40)
            request.encode(&writer)
        case .projection(let store, let request):
            writer.encode(41, store)
            request.encode(&writer)
        case .operation(let call):
            writer.byte(80)
            call.encode(&writer)
        case .configuration(let request):
            writer.byte(70)
            request.encode(&writer)
        case .log(let store, let request):
            writer.encode(20, store)
            writer.logRequest(request)
        case .managed(let store, let request):
            writer.encode(60, store)
            request.encode(&writer)
        case .transaction(let request):
            writer.byte(90)
            request.encode(&writer)
        }
        return writer.bytes
    }

    /// Reads a request.
    /// - Throws: ``WireError`` if the bytes are not one.
    init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        self = try Self.decode(&reader)
        try reader.end()
    }

    private static func decode(_ reader: inout WireReader) throws(WireError) -> GatewayRequest {
        switch try reader.byte() {
        case 1:
            .append(
                store: try reader.text(),
                stream: try reader.text(),
                expected: try reader.expectedVersion(),
                events: try events(&reader)
            )
        case 2:
            .appendParts(
                store: try reader.text(),
                parts: try reader.list { (reader) throws(WireError) in
                    StreamBatch(
                        stream: try reader.text(),
                        expecting: try reader.expectedVersion(),
                        events: try events(&reader)
                    )
                },
                conditions: try reader.list { (reader) throws(WireError) in try reader.appendCondition() }
            )
        case 3:
            .read(
                store: try reader.text(),
                stream: try reader.text(),
                start: try reader.optional { (reader) throws(WireError) in try reader.integer() },
                count: try reader.integer(),
                direction: try reader.flag() ? .backward : .forward
            )
        case 4: .readAll(store: try reader.text(), start: try reader.integer(), count: try reader.integer())
        case 5: .version(store: try reader.text(), stream: try reader.text())
        case 6: .streams(store: try reader.text())
        case 7: .stores
        case 10: .storeStatus(try reader.text())
        case 11: .storeConfiguration(try reader.text())
        case 12: .tree(try treeFormat(&reader))
        case 13: .crash(path: try reader.text(), kill: try reader.flag())
        case 14: .verify(try reader.text())
        case 15: .metrics
        case 200: .present(token: try reader.text())
        case 40: .subscription(try SubscriptionRequest.decode(&reader))
        case 41: .projection(store: try reader.text(), try ProjectionRequest.decode(&reader))
        case 80: .operation(try OperationCall.decode(&reader))
        case 70: .configuration(try ConfigurationRequest.decode(&reader))
        case 20: .log(store: try reader.text(), try reader.logRequest())
        case 90: .transaction(try TransactionRequest.decode(&reader))
        case 60: .managed(store: try reader.text(), try StoresRequest.decode(&reader))
        default: throw WireError(what: "a request")
        }
    }

    private static func events(_ reader: inout WireReader) throws(WireError) -> [NewEvent] {
        try reader.list { (reader) throws(WireError) in try reader.newEvent() }
    }

    private static func treeFormat(_ reader: inout WireReader) throws(WireError) -> TreeFormat {
        guard let format = TreeFormat(rawValue: try reader.text()) else { throw WireError(what: "a tree format") }
        return format
    }
}

extension WireWriter {
    fileprivate mutating func encode(_ tag: UInt8, _ store: String) {
        byte(tag)
        text(store)
    }
}
