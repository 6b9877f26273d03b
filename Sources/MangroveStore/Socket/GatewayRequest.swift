/// One question to a gateway, as it travels.
enum GatewayRequest: Sendable, Equatable {
    case append(store: String, stream: String, expected: ExpectedVersion, events: [NewEvent])
    case appendParts(store: String, parts: [StreamBatch])
    case read(store: String, stream: String, start: Int?, count: Int, direction: ReadDirection)
    case readAll(store: String, start: Int, count: Int)
    case version(store: String, stream: String)
    case streams(store: String)
    case stores
    case createStore(String)
    case removeStore(String)
    case storeStatus(String)
    case storeConfiguration(String)
    case tree(TreeFormat)
    case metrics
    case crash(path: String, kill: Bool)
    case verify(String)

    /// The store it concerns, or an empty text.
    var store: String {
        switch self {
        case .append(let store, _, _, _), .appendParts(let store, _), .read(let store, _, _, _, _),
            .readAll(let store, _, _), .version(let store, _), .streams(let store), .createStore(let store),
            .removeStore(let store), .storeStatus(let store), .storeConfiguration(let store), .verify(let store):
            store
        case .stores, .tree, .metrics, .crash: ""
        }
    }

    /// Whether carrying it out changes something, so that losing the answer leaves open what is the case.
    var changesSomething: Bool {
        switch self {
        case .append, .appendParts, .createStore, .removeStore, .crash: true
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
        case .appendParts(let store, let parts):
            writer.byte(2)
            writer.text(store)
            writer.list(parts) { writer, part in
                writer.text(part.stream)
                writer.list(part.events) { $0.newEvent($1) }
            }
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
        case .crash(let path, let kill):
            writer.byte(13)
            writer.text(path)
            writer.flag(kill)
        case .streams(let store): writer.encode(6, store)
        case .createStore(let store): writer.encode(8, store)
        case .removeStore(let store): writer.encode(9, store)
        case .storeStatus(let store): writer.encode(10, store)
        case .storeConfiguration(let store): writer.encode(11, store)
        case .verify(let store): writer.encode(14, store)
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
                    StreamBatch(stream: try reader.text(), events: try events(&reader))
                }
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
        case 8: .createStore(try reader.text())
        case 9: .removeStore(try reader.text())
        case 10: .storeStatus(try reader.text())
        case 11: .storeConfiguration(try reader.text())
        case 12: .tree(try treeFormat(&reader))
        case 13: .crash(path: try reader.text(), kill: try reader.flag())
        case 14: .verify(try reader.text())
        case 15: .metrics
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
