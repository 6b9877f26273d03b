import MangroveStore

/// What `grove truncate`, `delete`, `erase`, `compact` and `snapshots` are asked for.
struct KeepingOptions: Equatable {
    /// What can be done about what a store keeps.
    enum Action: Equatable {
        case truncate(stream: String, before: Int)
        case delete(stream: String, tombstone: Bool)
        case erase(stream: String)
        case compact
        case listSnapshots(source: String?, stream: String?)
        case readSnapshot(source: String, stream: String, upTo: Int?)
        case deleteSnapshot(SnapshotID)
    }

    var dataDirectory: String
    var store: String
    var action: Action

    private static let words = ["list", "read", "delete"]

    init(_ verb: Verb, _ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        switch verb {
        case .truncate:
            guard let version = try arguments.number("--before", least: 0) else {
                throw UsageError("truncate needs --before N")
            }
            action = .truncate(stream: try arguments.operand(1, "STREAM"), before: version)
        case .delete:
            action = .delete(stream: try arguments.operand(1, "STREAM"), tombstone: arguments.has("--tombstone"))
        case .erase:
            action = .erase(stream: try arguments.operand(1, "STREAM"))
            guard arguments.has("--forget-key") else {
                throw UsageError("erase cannot be undone: say --forget-key as well")
            }
        case .snapshots: action = try Self.snapshots(arguments)
        default: action = .compact
        }
    }

    private static func snapshots(_ arguments: ParsedArguments) throws(UsageError) -> Action {
        let word = arguments.operands.count > 1 ? arguments.operands[1] : "list"
        guard words.contains(word) else {
            throw .unknown(
                "word after the store",
                word,
                known: words,
                otherwise: "it can be \(words.joined(separator: ", "))"
            )
        }
        if word == "list" {
            guard arguments.operands.count < 3 else { throw UsageError("snapshots list takes --source and --stream") }
            return .listSnapshots(source: try arguments.text("--source"), stream: try arguments.text("--stream"))
        }
        guard !arguments.has("--source"), !arguments.has("--stream") else {
            throw UsageError("snapshots \(word) takes SOURCE and STREAM without options")
        }
        let (source, stream) = (try arguments.operand(2, "SOURCE"), try arguments.operand(3, "STREAM"))
        var version: Int?
        if arguments.operands.count > 4 {
            let text = arguments.operands[4]
            guard let number = Int(text), number >= 0 else {
                throw UsageError("VERSION must be a whole number, 0 or more, not '\(text)'")
            }
            version = number
        }
        if word == "read" { return .readSnapshot(source: source, stream: stream, upTo: version) }
        guard let version else { throw UsageError("snapshots delete needs a VERSION") }
        return .deleteSnapshot(SnapshotID(source: source, stream: stream, version: version))
    }
}

/// `grove truncate`, `delete`, `erase`, `compact` and `snapshots`: what a store keeps, and what it lets go.
func changeKeeping(_ options: KeepingOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let store = options.store
    switch options.action {
    case .truncate(let stream, let version):
        try await gateway.truncate(stream, in: store, before: version)
        let first = try await gateway.streamSettings(of: stream, in: store).firstVersion
        try console.output.line(JSONLine().with("stream", stream).with("first", first))
    case .delete(let stream, let tombstone):
        try await gateway.deleteStream(stream, in: store, tombstone: tombstone)
        try console.output.line(JSONLine().with("stream", stream).with("status", tombstone ? "ended" : "deleted"))
    case .erase(let stream):
        try await gateway.eraseStream(stream, in: store)
        try console.output.line(JSONLine().with("stream", stream).with("status", "erased"))
    case .compact:
        let report = try await gateway.compact(store)
        try console.output.line(
            JSONLine().with("store", store).with("segments", report.segments).with("before", report.bytesBefore)
                .with("after", report.bytesAfter).with("events", report.events).with("facts", report.facts)
        )
    case .listSnapshots(let source, let stream):
        for id in try await gateway.snapshots(source: source, stream: stream, in: store) {
            try console.output.line(JSONLine(id))
        }
    case .readSnapshot(let source, let stream, let version):
        guard
            let snapshot = try await gateway.latestSnapshot(
                source: source,
                stream: stream,
                upTo: version,
                in: store
            )
        else { throw Failure(.failure, "there is no such snapshot") }
        var line = JSONLine(snapshot.id).with("data", text: snapshot.data)
        if let metadata = snapshot.metadata { line = line.with("metadata", text: metadata) }
        line = line.with("created", snapshot.created.description)
        if snapshot.isErased { line = line.with("erased", true) }
        try console.output.line(line)
    case .deleteSnapshot(let id):
        try await gateway.deleteSnapshot(id, in: store)
        try console.output.line(JSONLine(id).with("status", "deleted"))
    }
    return .done
}

extension JSONLine {
    fileprivate init(_ id: SnapshotID) {
        self = JSONLine().with("source", id.source).with("stream", id.stream).with("version", id.version)
    }
}
