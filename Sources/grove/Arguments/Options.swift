import MangroveStore

/// What `grove serve` is asked for.
struct ServeOptions: Equatable {
    var dataDirectory: String
    /// Stores to create if they are not there.
    var stores: [String]
    /// The configuration file.
    var configuration: String?
    var allowFaults: Bool

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        stores = arguments.options["--store"] ?? []
        if stores.contains("") { throw UsageError("--store must not be empty") }
        configuration = try arguments.text("--config")
        allowFaults = arguments.has("--allow-faults")
    }
}

/// What `grove demo` is asked for.
struct DemoOptions: Equatable {
    /// A file of NDJSON to import, or nil for the history of the checkout.
    var events: String?
}

/// What `grove import` is asked for.
struct ImportOptions: Equatable {
    var dataDirectory: String
    var store: String
    var keys: ImportLine.Keys
    /// Lines in a batch at most.
    var batch: Int
    /// Whether each durable batch is reported.
    var acks: Bool
    /// The file to read; `-` is standard input.
    var file: String

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        keys = ImportLine.Keys(
            stream: try arguments.text("--stream-key") ?? "stream",
            type: try arguments.text("--type-key") ?? "type",
            id: try arguments.text("--id-key") ?? "id"
        )
        batch = try arguments.number("--batch", least: 1) ?? 500
        acks = arguments.has("--acks")
        file = arguments.operands.count > 1 ? try arguments.operand(1, "FILE") : "-"
    }
}

/// What `grove append` is asked for.
struct AppendOptions: Equatable {
    var dataDirectory: String
    var store: String
    var stream: String
    var expected: ExpectedVersion
    /// The file to read; `-` is standard input.
    var file: String

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        stream = try arguments.operand(1, "STREAM")
        file = arguments.operands.count > 2 ? try arguments.operand(2, "FILE") : "-"
        switch try arguments.text("--expect") {
        case nil, "any": expected = .any
        case "none": expected = .noStream
        case "exists": expected = .streamExists
        case let value?:
            guard let version = Int(value), version >= -1 else {
                throw UsageError("--expect must be a version, none, any or exists, not '\(value)'")
            }
            expected = version == -1 ? .noStream : .exactly(version)
        }
    }
}

/// What `grove read` is asked for.
struct ReadOptions: Equatable {
    var dataDirectory: String
    var store: String
    /// The stream, or nil for all.
    var stream: String?
    /// The first version or position, or nil for where that direction begins.
    var from: Int?
    /// How many events at most, or nil for all.
    var count: Int?
    var direction: ReadDirection

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        from = try arguments.number("--from", least: 0)
        count = try arguments.number("--count", least: 1)
        direction = arguments.has("--backward") ? .backward : .forward
        if arguments.has("--all") {
            guard arguments.operands.count == 1 else { throw UsageError("read takes either STREAM or --all, not both") }
            guard direction == .forward else { throw UsageError("--all cannot be read with --backward") }
        } else {
            guard arguments.operands.count == 2 else { throw UsageError("read needs STREAM or --all") }
            stream = try arguments.operand(1, "STREAM")
        }
    }
}

/// What `grove streams` is asked for.
struct StreamsOptions: Equatable {
    var dataDirectory: String
    var store: String
}

/// What `grove stores` is asked for.
struct StoresOptions: Equatable {
    /// What can be done with stores.
    enum Action: Equatable {
        case list
        case create(String)
        case remove(String)
        case status(String)
        case configuration(String)
    }

    var dataDirectory: String
    var action: Action

    private static let words = ["list", "create", "remove", "status", "config"]

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        let word = arguments.operands.first ?? "list"
        guard Self.words.contains(word) else {
            throw .unknown(
                "word after 'stores'",
                word,
                known: Self.words,
                otherwise: "it can be \(Self.words.joined(separator: ", "))"
            )
        }
        if word == "list" {
            guard arguments.operands.count < 2 else { throw UsageError("stores list takes no ID") }
            action = .list
            return
        }
        guard arguments.operands.count == 2 else { throw UsageError("stores \(word) needs the ID of a store") }
        let id = try arguments.operand(1, "ID")
        switch word {
        case "create": action = .create(id)
        case "remove": action = .remove(id)
        case "status": action = .status(id)
        default: action = .configuration(id)
        }
    }
}

/// What `grove tree` is asked for.
struct TreeOptions: Equatable {
    var dataDirectory: String
    var format: TreeFormat

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        switch (arguments.has("--json"), arguments.has("--mermaid")) {
        case (true, true): throw UsageError("tree takes --json or --mermaid, not both")
        case (true, false): format = .json
        case (false, true): format = .mermaid
        case (false, false): format = .text
        }
    }
}

/// What `grove metrics` is asked for.
struct MetricsOptions: Equatable {
    var dataDirectory: String
}

/// What `grove crash` is asked for.
struct CrashOptions: Equatable {
    var dataDirectory: String
    /// The process's path in the tree.
    var path: String
    /// Whether it is killed instead of crashed.
    var kill: Bool
}

/// What `grove verify` is asked for.
struct VerifyOptions: Equatable {
    var dataDirectory: String
    /// The store, or nil for all.
    var store: String?
}
