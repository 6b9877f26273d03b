import MangroveStore

/// What `grove serve` is asked for.
struct ServeOptions: Equatable {
    var dataDirectory: String
    /// Stores to create if they are not there.
    var stores: [String]
    /// The configuration file.
    var configuration: String?
    /// What the command line says of the node's own configuration.
    var values: [ConfigurationInputs.Option] = []

    /// The descriptor on which readiness is told.
    var readyDescriptor: Int?
    /// How long stopping in order may take.
    var stopWithin: Duration = .seconds(30)

    /// Nothing but a directory.
    init(dataDirectory: String) {
        self.dataDirectory = dataDirectory
        stores = []
        values = [.init("--data", "dataDirectory", .text(dataDirectory))]
    }

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        stores = arguments.options["--store"] ?? []
        if stores.contains("") { throw UsageError("--store must not be empty") }
        configuration = try arguments.text("--config")
        readyDescriptor = try arguments.number("--ready-fd", least: 1)
        if let seconds = try arguments.number("--stop-within", least: 1) { stopWithin = .seconds(min(seconds, 86_400)) }
        if let data = try arguments.text("--data") { values.append(.init("--data", "dataDirectory", .text(data))) }
        for (name, path) in [("--allow-faults", "allowFaults"), ("--require-tokens", "requireTokens")]
        where arguments.has(name) {
            values.append(.init(name, path, .flag(true)))
        }
        if let limit = try arguments.number("--request-limit", least: 1) {
            values.append(.init("--request-limit", "requestLimit", .number(limit)))
        }
        if let revoked = arguments.options["--revoke"] {
            for text in revoked where EventID(text) == nil {
                throw UsageError("--revoke takes the id of a token, not '\(text)'")
            }
            values.append(.init("--revoke", "revokedTokens", .texts(revoked)))
        }
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
    /// Whether events are of the time that their lines say.
    var keepsTimes = false
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
        keepsTimes = arguments.has("--keep-times")
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
        let word = try arguments.text("--expect") ?? "any"
        guard let meant = ExpectedVersion(word: word) else {
            throw UsageError("--expect must be a version, none, any or exists, not '\(word)'")
        }
        expected = meant
    }
}

/// What `grove read` is asked for.
struct ReadOptions: Equatable {
    /// The options that select among the events of all streams; an event has to meet each kind of them.
    static let selection: [OptionSpecification] = [
        .init(name: "--type", value: "TYPE", repeats: true, help: "events of this type, or another one given"),
        .init(name: "--type-prefix", value: "TEXT", repeats: true, help: "events whose types begin so, as for --type"),
        .init(name: "--stream-prefix", value: "TEXT", help: "events of streams whose names begin so"),
        .init(name: "--tag", value: "TAG", repeats: true, help: "events that have this tag, and all others given"),
    ]

    var dataDirectory: String
    var store: String
    /// The stream, or nil for all.
    var stream: String?
    /// The first version or position, or nil for where that direction begins.
    var from: Int?
    /// How many events at most, or nil for all.
    var count: Int?
    var direction: ReadDirection
    /// Which events of all are meant, or nil for each.
    var filter: EventFilter?

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        store = try arguments.operand(0, "STORE")
        from = try arguments.number("--from", least: 0)
        count = try arguments.number("--count", least: 1)
        direction = arguments.has("--backward") ? .backward : .forward
        if arguments.has("--all") {
            guard arguments.operands.count == 1 else { throw UsageError("read takes either STREAM or --all, not both") }
            let chosen = EventFilter.Alternative(
                types: arguments.options["--type"] ?? [],
                typePrefixes: arguments.options["--type-prefix"] ?? [],
                streamPrefix: try arguments.text("--stream-prefix") ?? "",
                tags: arguments.options["--tag"] ?? []
            )
            if chosen != EventFilter.Alternative() { filter = EventFilter([chosen]) }
        } else {
            for option in ReadOptions.selection where arguments.has(option.name) {
                throw UsageError("\(option.name) goes with --all")
            }
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

/// What `grove tree` is asked for.
struct TreeOptions: Equatable {
    var dataDirectory: String
    var format: TreeFormat
    /// The file that a page is written to instead.
    var page: String?

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        page = try arguments.text("--html")
        switch (arguments.has("--json"), arguments.has("--mermaid"), page != nil) {
        case (false, false, _): format = .text
        case (true, false, false): format = .json
        case (false, true, false): format = .mermaid
        default: throw UsageError("tree takes one of --json, --mermaid and --html")
        }
    }
}

/// What `grove top` is asked for.
struct TopOptions: Equatable {
    var dataDirectory: String
    /// How long a look is kept, in seconds.
    var pace: Int
    var once: Bool

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        once = arguments.has("--once")
        pace = try arguments.number("--pace", least: TopModel.paces.lowerBound) ?? 1
        guard TopModel.paces.contains(pace) else { throw UsageError("--pace takes 1 to 60 seconds, not \(pace)") }
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
