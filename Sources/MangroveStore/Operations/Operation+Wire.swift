/// How operations travel: what is asked for, and what comes of it.
extension OperationRequest {
    func encode(_ writer: inout WireWriter) {
        switch self {
        case .backUp(let request):
            writer.byte(1)
            writer.text(request.target)
            writer.optional(request.stores) { writer, stores in writer.list(stores) { $0.text($1) } }
            writer.optional(request.bytesPerSecond) { $0.integer($1) }
            writer.optional(request.kept) { $0.integer($1) }
        case .restore(let request):
            writer.byte(2)
            writer.text(request.source)
            writer.optional(request.number) { $0.integer($1) }
            writer.optional(request.store) { $0.text($1) }
            writer.optional(request.newID) { $0.text($1) }
            writer.restorePoint(request.point)
        case .migrate(let request):
            writer.byte(3)
            switch request.source {
            case .store(let store):
                writer.byte(1)
                writer.text(store)
            case .node(let directory, let store, let token):
                writer.byte(2)
                writer.text(directory)
                writer.text(store)
                writer.optional(token) { $0.text($1) }
            }
            writer.text(request.target)
            writer.text(request.streams.description)
            writer.list(request.types) { $0.text($1) }
            writer.flag(request.follows)
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> OperationRequest {
        switch try reader.byte() {
        case 1:
            .backUp(
                BackupRequest(
                    to: try reader.text(),
                    stores: try reader.optional { (reader) throws(WireError) in
                        try reader.list { (reader) throws(WireError) in try reader.text() }
                    },
                    bytesPerSecond: try reader.optionalInteger(),
                    keeping: try reader.optionalInteger()
                )
            )
        case 2:
            .restore(
                RestoreRequest(
                    from: try reader.text(),
                    number: try reader.optionalInteger(),
                    store: try reader.optionalText(),
                    as: try reader.optionalText(),
                    upTo: try reader.restorePoint()
                )
            )
        case 3:
            .migrate(
                MigrationRequest(
                    from: try source(&reader),
                    to: try reader.text(),
                    streams: NamePattern(try reader.text()),
                    types: try reader.list { (reader) throws(WireError) in try reader.text() },
                    follows: try reader.flag()
                )
            )
        default: throw WireError(what: "an operation")
        }
    }
}

extension OperationRequest {
    private static func source(_ reader: inout WireReader) throws(WireError) -> MigrationRequest.Source {
        switch try reader.byte() {
        case 1: .store(try reader.text())
        case 2: .node(directory: try reader.text(), store: try reader.text(), token: try reader.optionalText())
        default: throw WireError(what: "where a migration begins")
        }
    }
}

extension OperationUpdate {
    func encode(_ writer: inout WireWriter) {
        switch self {
        case .progress(let progress):
            writer.byte(1)
            writer.text(progress.subject)
            writer.integer(progress.done)
            writer.integer(progress.total)
        case .backedUp(let report):
            writer.byte(2)
            writer.text(report.target)
            writer.integer(report.number)
            writer.timestamp(report.made)
            writer.list(report.stores) { writer, store in
                writer.text(store.id)
                for number in [store.events, store.record, store.bytes] { writer.integer(number) }
            }
            writer.integer(report.copied)
            writer.list(report.missing.sorted { $0.key < $1.key }) { writer, missing in
                writer.text(missing.key)
                writer.text(missing.value)
            }
            writer.list(report.removed) { $0.integer($1) }
        case .migrated(let report):
            writer.byte(4)
            for number in [report.events, report.erased, report.next, report.lag] { writer.integer(number) }
        case .restored(let report):
            writer.byte(3)
            writer.integer(report.number)
            writer.timestamp(report.made)
            writer.list(report.stores) { writer, store in
                writer.text(store.id)
                writer.text(store.restoredAs)
                writer.integer(store.events)
            }
        }
    }

    static func decode(_ reader: inout WireReader) throws(WireError) -> OperationUpdate {
        switch try reader.byte() {
        case 1:
            .progress(
                OperationProgress(
                    subject: try reader.text(),
                    done: try reader.integer(),
                    total: try reader.integer()
                )
            )
        case 2: .backedUp(try backup(&reader))
        case 3:
            .restored(
                RestoreReport(
                    number: try reader.integer(),
                    made: try reader.timestamp(),
                    stores: try reader.list { (reader) throws(WireError) in
                        RestoreReport.Store(
                            id: try reader.text(),
                            restoredAs: try reader.text(),
                            events: try reader.integer()
                        )
                    }
                )
            )
        case 4:
            .migrated(
                MigrationReport(
                    events: try reader.integer(),
                    erased: try reader.integer(),
                    next: try reader.integer(),
                    lag: try reader.integer()
                )
            )
        default: throw WireError(what: "news of an operation")
        }
    }

    private static func backup(_ reader: inout WireReader) throws(WireError) -> BackupReport {
        BackupReport(
            target: try reader.text(),
            number: try reader.integer(),
            made: try reader.timestamp(),
            stores: try reader.list { (reader) throws(WireError) in
                BackupReport.Store(
                    id: try reader.text(),
                    events: try reader.integer(),
                    record: try reader.integer(),
                    bytes: try reader.integer()
                )
            },
            copied: try reader.integer(),
            missing: Dictionary(
                try reader.list { (reader) throws(WireError) in (try reader.text(), try reader.text()) }
            ) { first, _ in first },
            removed: try reader.list { (reader) throws(WireError) in try reader.integer() }
        )
    }
}

extension WireWriter {
    mutating func timestamp(_ time: Timestamp) {
        unsigned(UInt64(bitPattern: time.microseconds))
    }

    fileprivate mutating func restorePoint(_ point: RestoreRequest.Point) {
        switch point {
        case .end: byte(0)
        case .position(let position):
            byte(1)
            integer(position)
        case .time(let time):
            byte(2)
            timestamp(time)
        }
    }
}

extension WireReader {
    mutating func timestamp() throws(WireError) -> Timestamp {
        Timestamp(microseconds: Int64(bitPattern: try unsigned()))
    }

    fileprivate mutating func restorePoint() throws(WireError) -> RestoreRequest.Point {
        switch try byte() {
        case 0: .end
        case 1: .position(try integer())
        case 2: .time(try timestamp())
        default: throw WireError(what: "a point in time")
        }
    }
}
