/// How the values of the gateway travel: events, results, infos and reports.
extension WireWriter {
    mutating func eventID(_ id: EventID) {
        unsigned(id.high)
        unsigned(id.low)
    }

    mutating func newEvent(_ event: NewEvent) {
        eventID(event.id)
        text(event.type)
        data(event.data)
        optional(event.metadata) { $0.data($1) }
        list(event.tags) { $0.text($1) }
    }

    mutating func recordedEvent(_ event: RecordedEvent) {
        text(event.stream)
        integer(event.version)
        integer(event.position)
        eventID(event.id)
        text(event.type)
        data(event.data)
        optional(event.metadata) { $0.data($1) }
        list(event.tags) { $0.text($1) }
        unsigned(UInt64(bitPattern: event.created.microseconds))
        flag(event.isErased)
    }

    mutating func expectedVersion(_ expected: ExpectedVersion) {
        switch expected {
        case .exactly(let version):
            byte(0)
            integer(version)
        case .noStream: byte(1)
        case .streamExists: byte(2)
        case .any: byte(3)
        }
    }

    mutating func appendResult(_ result: AppendResult) {
        text(result.stream)
        integer(result.version)
        optional(result.position) { $0.integer($1) }
    }

    mutating func streamInfo(_ info: StreamInfo) {
        text(info.stream)
        integer(info.version)
    }

    mutating func storeInfo(_ info: StoreInfo) {
        text(info.id)
        text(info.status.rawValue)
        optional(info.events) { $0.integer($1) }
        optional(info.streams) { $0.integer($1) }
        optional(info.problem) { $0.text($1) }
        text(info.priority.rawValue)
        flag(info.autoStart)
        optional(info.directory) { $0.text($1) }
        list(info.limits) { $0.limitUse($1) }
    }

    mutating func limitUse(_ use: StoreLimitUse) {
        text(use.kind.rawValue)
        integer(use.limit)
        integer(use.used)
    }

    mutating func verifyReport(_ report: VerifyReport) {
        text(report.store)
        integer(report.records)
        integer(report.events)
        integer(report.streams)
        integer(report.facts)
        integer(report.bytes)
        list(report.problems) { $0.text($1) }
    }
}

extension WireReader {
    mutating func eventID() throws(WireError) -> EventID {
        EventID(high: try unsigned(), low: try unsigned())
    }

    mutating func newEvent() throws(WireError) -> NewEvent {
        NewEvent(
            id: try eventID(),
            type: try text(),
            data: try data(),
            metadata: try optional { (reader) throws(WireError) in try reader.data() },
            tags: try list { (reader) throws(WireError) in try reader.text() }
        )
    }

    mutating func recordedEvent() throws(WireError) -> RecordedEvent {
        var event = RecordedEvent(
            stream: try text(),
            version: try integer(),
            position: try integer(),
            id: try eventID(),
            type: try text(),
            data: try data(),
            metadata: try optional { (reader) throws(WireError) in try reader.data() },
            tags: try list { (reader) throws(WireError) in try reader.text() },
            created: Timestamp(microseconds: Int64(bitPattern: try unsigned()))
        )
        event.isErased = try flag()
        return event
    }

    mutating func expectedVersion() throws(WireError) -> ExpectedVersion {
        switch try byte() {
        case 0: .exactly(try integer())
        case 1: .noStream
        case 2: .streamExists
        case 3: .any
        default: throw WireError(what: "an expected version")
        }
    }

    mutating func appendResult() throws(WireError) -> AppendResult {
        AppendResult(
            stream: try text(),
            version: try integer(),
            position: try optional { (reader) throws(WireError) in try reader.integer() }
        )
    }

    mutating func streamInfo() throws(WireError) -> StreamInfo {
        StreamInfo(stream: try text(), version: try integer())
    }

    mutating func storeInfo() throws(WireError) -> StoreInfo {
        let id = try text()
        guard let status = StoreInfo.Status(rawValue: try text()) else { throw WireError(what: "a store's status") }
        var info = StoreInfo(
            id: id,
            status: status,
            events: try optional { (reader) throws(WireError) in try reader.integer() },
            streams: try optional { (reader) throws(WireError) in try reader.integer() },
            problem: try optional { (reader) throws(WireError) in try reader.text() }
        )
        guard let priority = StorePriority(rawValue: try text()) else { throw WireError(what: "a store's priority") }
        info.priority = priority
        info.autoStart = try flag()
        info.directory = try optional { (reader) throws(WireError) in try reader.text() }
        info.limits = try list { (reader) throws(WireError) in try reader.limitUse() }
        return info
    }

    mutating func limitUse() throws(WireError) -> StoreLimitUse {
        guard let kind = StoreLimitUse.Kind(rawValue: try text()) else { throw WireError(what: "a limit") }
        return StoreLimitUse(kind, limit: try integer(), used: try integer())
    }

    mutating func verifyReport() throws(WireError) -> VerifyReport {
        VerifyReport(
            store: try text(),
            records: try integer(),
            events: try integer(),
            streams: try integer(),
            facts: try integer(),
            bytes: try integer(),
            problems: try list { (reader) throws(WireError) in try reader.text() }
        )
    }
}
