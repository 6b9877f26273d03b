/// What a gateway answers, as it travels.
enum GatewayReply: Sendable, Equatable {
    case done
    case appended([AppendResult])
    case events([RecordedEvent])
    case version(Int)
    case streams([StreamInfo])
    case stores([StoreInfo])
    case configuration([String: String])
    case text(String)
    case report(VerifyReport)
    case subscription(SubscriptionReply)
    case projection(ProjectionReply)
    case log(LogReply)
    case transactions([PendingTransaction])
    case operation(OperationReply)
    case records([ConfigurationListing])
    case managed(StoresReply)

    /// The bytes it travels as.
    var encoded: [UInt8] {
        var writer = WireWriter()
        switch self {
        case .done: writer.byte(1)
        case .appended(let results):
            writer.byte(2)
            writer.list(results) { $0.appendResult($1) }
        case .events(let events):
            writer.byte(3)
            writer.list(events) { $0.recordedEvent($1) }
        case .version(let version):
            writer.byte(4)
            writer.integer(version)
        case .streams(let streams):
            writer.byte(5)
            writer.list(streams) { $0.streamInfo($1) }
        case .stores(let stores):
            writer.byte(6)
            writer.list(stores) { $0.storeInfo($1) }
        case .configuration(let values):
            writer.byte(7)
            writer.list(values.sorted { $0.key < $1.key }) { writer, entry in
                writer.text(entry.key)
                writer.text(entry.value)
            }
        case .text(let text):
            writer.byte(8)
            writer.text(text)
        case .report(let report):
            writer.byte(9)
            writer.verifyReport(report)
        case .subscription(let reply):
            writer.byte(40)
            reply.encode(&writer)
        case .projection(let reply):
            writer.byte(41)
            reply.encode(&writer)
        case .operation(let reply):
            writer.byte(80)
            reply.encode(&writer)
        case .records(let listings):
            writer.byte(70)
            writer.list(listings) { $0.configurationListing($1) }
        case .log(let reply):
            writer.byte(20)
            writer.logReply(reply)
        case .transactions(let all):
            writer.byte(90)
            writer.list(all) { $0.pendingTransaction($1) }
        case .managed(let reply):
            writer.byte(60)
            reply.encode(&writer)
        }
        return writer.bytes
    }

    /// Reads a reply.
    /// - Throws: ``WireError`` if the bytes are not one.
    init(decoding bytes: [UInt8]) throws(WireError) {
        var reader = WireReader(bytes)
        self = try Self.decode(&reader)
        try reader.end()
    }

    private static func decode(_ reader: inout WireReader) throws(WireError) -> GatewayReply {
        switch try reader.byte() {
        case 1: .done
        case 2: .appended(try reader.list { (reader) throws(WireError) in try reader.appendResult() })
        case 3: .events(try reader.list { (reader) throws(WireError) in try reader.recordedEvent() })
        case 4: .version(try reader.integer())
        case 5: .streams(try reader.list { (reader) throws(WireError) in try reader.streamInfo() })
        case 6: .stores(try reader.list { (reader) throws(WireError) in try reader.storeInfo() })
        case 7: .configuration(try configuration(&reader))
        case 8: .text(try reader.text())
        case 9: .report(try reader.verifyReport())
        case 40: .subscription(try SubscriptionReply.decode(&reader))
        case 41: .projection(try ProjectionReply.decode(&reader))
        case 80: .operation(try OperationReply.decode(&reader))
        case 70: .records(try reader.list { (reader) throws(WireError) in try reader.configurationListing() })
        case 20: .log(try reader.logReply())
        case 90: .transactions(try reader.list { (reader) throws(WireError) in try reader.pendingTransaction() })
        case 60: .managed(try StoresReply.decode(&reader))
        default: throw WireError(what: "a reply")
        }
    }

    private static func configuration(_ reader: inout WireReader) throws(WireError) -> [String: String] {
        let entries = try reader.list { (reader) throws(WireError) in (try reader.text(), try reader.text()) }
        return Dictionary(entries) { first, _ in first }
    }
}
