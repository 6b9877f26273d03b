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
        default: throw WireError(what: "a reply")
        }
    }

    private static func configuration(_ reader: inout WireReader) throws(WireError) -> [String: String] {
        let entries = try reader.list { (reader) throws(WireError) in (try reader.text(), try reader.text()) }
        return Dictionary(entries) { first, _ in first }
    }
}
