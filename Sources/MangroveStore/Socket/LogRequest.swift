/// A question about what a store's log keeps and how, as it travels.
enum LogRequest: Sendable, Equatable {
    case readAll(start: Int, count: Int, filter: EventFilter)
    case readAllBackward(start: Int?, count: Int, filter: EventFilter?)
    case streamSettings(stream: String)
    case setStreamSettings(stream: String, StreamSettings)
    case truncate(stream: String, before: Int)
    case deleteStream(stream: String, tombstone: Bool)
    case recordSnapshot(Snapshot, keeping: Int?)
    case snapshot(SnapshotID)
    case latestSnapshot(source: String, stream: String, upTo: Int?)
    case snapshots(source: String?, stream: String?)
    case deleteSnapshot(SnapshotID)
    case compact
    case eraseStream(String)

    /// Whether carrying it out changes something.
    var changesSomething: Bool {
        switch self {
        case .readAll, .readAllBackward, .streamSettings, .snapshot, .latestSnapshot, .snapshots: false
        case .setStreamSettings, .truncate, .deleteStream, .recordSnapshot, .deleteSnapshot, .compact, .eraseStream:
            true
        }
    }

    /// Asks `gateway`.
    func reply(of gateway: any Gateway, _ store: String) async throws -> GatewayReply {
        switch self {
        case .readAll(let start, let count, let filter):
            return .log(.page(try await gateway.readAll(from: store, start: start, count: count, filter: filter)))
        case .readAllBackward(let start, let count, let filter):
            return .log(
                .page(
                    try await gateway.readAllBackward(from: store, start: start, count: count, filter: filter)
                )
            )
        case .streamSettings(let stream):
            return .log(.settings(try await gateway.streamSettings(of: stream, in: store)))
        case .setStreamSettings(let stream, let settings):
            try await gateway.setStreamSettings(settings, of: stream, in: store)
        case .truncate(let stream, let version):
            try await gateway.truncate(stream, in: store, before: version)
        case .deleteStream(let stream, let tombstone):
            try await gateway.deleteStream(stream, in: store, tombstone: tombstone)
        case .recordSnapshot(let snapshot, let kept):
            try await gateway.recordSnapshot(snapshot, in: store, keeping: kept)
        case .snapshot(let id): return .log(.snapshot(try await gateway.snapshot(id, in: store)))
        case .latestSnapshot(let source, let stream, let version):
            return .log(
                .snapshot(
                    try await gateway.latestSnapshot(source: source, stream: stream, upTo: version, in: store)
                )
            )
        case .snapshots(let source, let stream):
            return .log(.snapshots(try await gateway.snapshots(source: source, stream: stream, in: store)))
        case .deleteSnapshot(let id): try await gateway.deleteSnapshot(id, in: store)
        case .eraseStream(let stream): try await gateway.eraseStream(stream, in: store)
        case .compact: return .log(.compacted(try await gateway.compact(store)))
        }
        return .done
    }
}

/// An answer to it.
enum LogReply: Sendable, Equatable {
    case page(EventPage)
    case settings(StreamSettings)
    case snapshot(Snapshot?)
    case snapshots([SnapshotID])
    case compacted(CompactionReport)
}

extension WireWriter {
    mutating func logRequest(_ request: LogRequest) {
        switch request {
        case .readAll(let start, let count, let filter):
            byte(1)
            integer(start)
            integer(count)
            eventFilter(filter)
        case .streamSettings(let stream):
            byte(2)
            text(stream)
        case .setStreamSettings(let stream, let settings):
            byte(3)
            text(stream)
            streamSettings(settings)
        case .truncate(let stream, let version):
            byte(4)
            text(stream)
            integer(version)
        case .deleteStream(let stream, let tombstone):
            byte(5)
            text(stream)
            flag(tombstone)
        case .recordSnapshot(let snapshot, let kept):
            byte(6)
            self.snapshot(snapshot)
            optional(kept) { $0.integer($1) }
        case .snapshot(let id):
            byte(7)
            snapshotID(id)
        case .latestSnapshot(let source, let stream, let version):
            byte(8)
            text(source)
            text(stream)
            optional(version) { $0.integer($1) }
        case .snapshots(let source, let stream):
            byte(9)
            optional(source) { $0.text($1) }
            optional(stream) { $0.text($1) }
        case .deleteSnapshot(let id):
            byte(10)
            snapshotID(id)
        case .compact: byte(11)
        case .readAllBackward(let start, let count, let filter):
            byte(13)
            optional(start) { $0.integer($1) }
            integer(count)
            optional(filter) { $0.eventFilter($1) }
        case .eraseStream(let stream):
            byte(12)
            text(stream)
        }
    }

    mutating func logReply(_ reply: LogReply) {
        switch reply {
        case .page(let page):
            byte(1)
            list(page.events) { $0.recordedEvent($1) }
            integer(page.next)
            flag(page.isAtEnd)
        case .settings(let settings):
            byte(2)
            streamSettings(settings)
        case .snapshot(let snapshot):
            byte(3)
            optional(snapshot) { $0.snapshot($1) }
        case .snapshots(let ids):
            byte(4)
            list(ids) { $0.snapshotID($1) }
        case .compacted(let report):
            byte(5)
            for number in report.numbers { integer(number) }
        }
    }

    private mutating func snapshotID(_ id: SnapshotID) {
        text(id.source)
        text(id.stream)
        integer(id.version)
    }

    private mutating func snapshot(_ snapshot: Snapshot) {
        snapshotID(snapshot.id)
        data(snapshot.data)
        optional(snapshot.metadata) { $0.data($1) }
        unsigned(UInt64(bitPattern: snapshot.created.microseconds))
        flag(snapshot.isErased)
    }

    mutating func eventFilter(_ filter: EventFilter) {
        list(filter.alternatives) { writer, alternative in
            writer.list(alternative.types) { $0.text($1) }
            writer.list(alternative.typePrefixes) { $0.text($1) }
            writer.text(alternative.streamPrefix)
            writer.list(alternative.tags) { $0.text($1) }
        }
    }

    mutating func appendCondition(_ condition: AppendCondition) {
        switch condition {
        case .stream(let stream, let expected):
            byte(1)
            text(stream)
            expectedVersion(expected)
        case .noneMatching(let filter, let position):
            byte(2)
            eventFilter(filter)
            integer(position)
        }
    }

    private mutating func streamSettings(_ settings: StreamSettings) {
        optional(settings.metadata) { $0.data($1) }
        optional(settings.maxCount) { $0.integer($1) }
        optional(settings.maxAge) { $0.unsigned(UInt64(bitPattern: $1.microseconds)) }
        integer(settings.firstVersion)
        flag(settings.isTombstone)
    }
}

extension WireReader {
    mutating func logRequest() throws(WireError) -> LogRequest {
        switch try byte() {
        case 1: .readAll(start: try integer(), count: try integer(), filter: try eventFilter())
        case 2: .streamSettings(stream: try text())
        case 3: .setStreamSettings(stream: try text(), try streamSettings())
        case 4: .truncate(stream: try text(), before: try integer())
        case 5: .deleteStream(stream: try text(), tombstone: try flag())
        case 6: .recordSnapshot(try snapshot(), keeping: try optionalInteger())
        case 7: .snapshot(try snapshotID())
        case 8: .latestSnapshot(source: try text(), stream: try text(), upTo: try optionalInteger())
        case 9: .snapshots(source: try optionalText(), stream: try optionalText())
        case 10: .deleteSnapshot(try snapshotID())
        case 11: .compact
        case 12: .eraseStream(try text())
        case 13:
            .readAllBackward(
                start: try optionalInteger(),
                count: try integer(),
                filter: try optional { (reader) throws(WireError) in try reader.eventFilter() }
            )
        default: throw WireError(what: "a request")
        }
    }

    mutating func logReply() throws(WireError) -> LogReply {
        switch try byte() {
        case 1:
            .page(
                EventPage(
                    events: try list { (reader) throws(WireError) in try reader.recordedEvent() },
                    next: try integer(),
                    isAtEnd: try flag()
                )
            )
        case 2: .settings(try streamSettings())
        case 3: .snapshot(try optional { (reader) throws(WireError) in try reader.snapshot() })
        case 4: .snapshots(try list { (reader) throws(WireError) in try reader.snapshotID() })
        case 5: .compacted(try compactionReport())
        default: throw WireError(what: "a reply")
        }
    }

    mutating func eventFilter() throws(WireError) -> EventFilter {
        EventFilter(
            try list { (reader) throws(WireError) in
                EventFilter.Alternative(
                    types: try reader.texts(),
                    typePrefixes: try reader.texts(),
                    streamPrefix: try reader.text(),
                    tags: try reader.texts()
                )
            }
        )
    }

    mutating func appendCondition() throws(WireError) -> AppendCondition {
        switch try byte() {
        case 1: .stream(try text(), try expectedVersion())
        case 2: .noneMatching(try eventFilter(), after: try integer())
        default: throw WireError(what: "a condition")
        }
    }

    private mutating func compactionReport() throws(WireError) -> CompactionReport {
        var report = CompactionReport()
        report.segments = try integer()
        report.bytesBefore = try integer()
        report.bytesAfter = try integer()
        report.events = try integer()
        report.facts = try integer()
        return report
    }

    private mutating func snapshotID() throws(WireError) -> SnapshotID {
        SnapshotID(source: try text(), stream: try text(), version: try integer())
    }

    private mutating func snapshot() throws(WireError) -> Snapshot {
        var snapshot = Snapshot(
            try snapshotID(),
            data: try data(),
            metadata: try optional { (reader) throws(WireError) in try reader.data() }
        )
        snapshot.created = Timestamp(microseconds: Int64(bitPattern: try unsigned()))
        snapshot.isErased = try flag()
        return snapshot
    }

    mutating func optionalInteger() throws(WireError) -> Int? {
        try optional { (reader) throws(WireError) in try reader.integer() }
    }

    mutating func optionalText() throws(WireError) -> String? {
        try optional { (reader) throws(WireError) in try reader.text() }
    }

    private mutating func texts() throws(WireError) -> [String] {
        try list { (reader) throws(WireError) in try reader.text() }
    }

    private mutating func streamSettings() throws(WireError) -> StreamSettings {
        var settings = StreamSettings(
            metadata: try optional { (reader) throws(WireError) in try reader.data() },
            maxCount: try optional { (reader) throws(WireError) in try reader.integer() },
            maxAge: try optional { (reader) throws(WireError) in .microseconds(Int64(bitPattern: try reader.unsigned()))
            }
        )
        settings.firstVersion = try integer()
        settings.isTombstone = try flag()
        return settings
    }
}

extension CompactionReport {
    fileprivate var numbers: [Int] { [segments, bytesBefore, bytesAfter, events, facts] }
}
