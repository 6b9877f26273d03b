import MangroveStore

/// What `grove merge` is asked for.
struct MergeOptions: Equatable {
    var dataDirectory: String
    var stores: [String]
    var start: MergedEvents.Place
    var count: Int?

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        stores = []
        for number in arguments.operands.indices { stores.append(try arguments.operand(number, "STORE")) }
        count = try arguments.number("--count", least: 1)
        start = MergedEvents.Place()
        for text in arguments.options["--from"] ?? [] {
            let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let position = Int(parts[1]), position >= 0, stores.contains(parts[0]) else {
                throw UsageError("--from takes STORE=POSITION of one of the stores, not '\(text)'")
            }
            start.positions[parts[0]] = position
        }
    }
}

/// What `grove transact` is asked for.
struct TransactOptions: Equatable {
    var dataDirectory: String
    /// The file to read; `-` is standard input.
    var file: String

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        file = arguments.operands.isEmpty ? "-" : try arguments.operand(0, "FILE")
    }
}

/// What `grove transactions` is asked for.
struct TransactionsOptions: Equatable {
    var dataDirectory: String
    /// The one to give up.
    var abandoned: EventID?

    init(_ arguments: ParsedArguments, _ data: String) throws(UsageError) {
        dataDirectory = data
        switch arguments.operands.first {
        case nil, "list":
            guard arguments.operands.count < 2 else { throw UsageError("transactions list takes nothing more") }
        case "abandon":
            let text = try arguments.operand(1, "ID")
            guard let id = EventID(text) else { throw UsageError("'\(text)' is not the id of a transaction") }
            abandoned = id
        case let word?:
            throw .unknown("word", word, known: ["list", "abandon"], otherwise: "see 'grove transactions --help'")
        }
    }
}

extension Verb {
    static func acrossStoresSpecification(_ verb: Verb, _ data: OptionSpecification) -> VerbSpecification {
        switch verb {
        case .merge:
            VerbSpecification(
                summary: "print the events of several stores as one sequence",
                forms: ["merge STORE... [--from STORE=POSITION]... [--count N] [--data DIR]"],
                details: [
                    "Every store's own order is kept; between stores the time of the append decides. Prints one line",
                    "{\"store\", \"event\"} for each event, the event as 'grove read' prints it.",
                ],
                options: [
                    .init(name: "--from", value: "STORE=POSITION", repeats: true, help: "where to begin in a store"),
                    .init(name: "--count", value: "N", help: "how many events at most"),
                    data,
                ],
                operands: 1...1_000
            )
        case .transact:
            VerbSpecification(
                summary: "append NDJSON to several stores, all of it or nothing",
                forms: ["transact [--data DIR] [FILE|-]"],
                details: [
                    "Each line is {\"store\": string, \"stream\": string, \"expect\": string, \"type\": string, \"data\": any,",
                    "\"metadata\": any, \"id\": string}. 'expect' is a version, none, any (default) or exists, and is checked",
                    "before anything is appended anywhere. Prints {\"store\", \"stream\", \"version\", \"position\"} for each stream.",
                    "Exits with 3, nothing appended, if a stream is not as expected.",
                ],
                options: [data],
                operands: 0...1
            )
        default:
            VerbSpecification(
                summary: "list transactions over stores that are not over, or give one up",
                forms: ["transactions [list | abandon ID] [--data DIR]"],
                details: [
                    "A transaction that was interrupted is brought to its end by itself as soon as its stores can be reached;",
                    "until then nobody else can append to its streams. 'abandon' is for one whose store never comes back: it",
                    "frees the streams in the stores that run, whatever others may have done of it.",
                ],
                options: [data],
                operands: 0...2
            )
        }
    }
}
