/// What `grove` can be told to do.
enum Verb: String, CaseIterable {
    case serve
    case `import`
    case append
    case read
    case streams
    case stores
    case tree
    case metrics
    case crash
    case verify
    case demo
    case help

    private static let data = OptionSpecification(
        name: "--data",
        value: "DIR",
        help: "the data directory (default: $MANGROVE_DATA_DIR, else ./grove-data)"
    )

    /// How it is parsed and explained.
    var specification: VerbSpecification {
        switch self {
        case .serve: Self.serveSpecification
        case .import: Self.importSpecification
        case .append: Self.appendSpecification
        case .read: Self.readSpecification
        case .streams:
            VerbSpecification(
                summary: "list a store's streams with their versions",
                forms: ["streams STORE [--data DIR]"],
                details: ["Prints one line {\"stream\", \"version\"} for each stream, sorted by name."],
                options: [Self.data],
                operands: 1...1
            )
        case .stores: Self.storesSpecification
        case .tree:
            VerbSpecification(
                summary: "show the live supervision tree",
                forms: ["tree [--json | --mermaid] [--data DIR]"],
                details: [
                    "Where no node is serving the directory, one is started for the moment and its tree is shown."
                ],
                options: [
                    .init(name: "--json", help: "print the tree as JSON"),
                    .init(name: "--mermaid", help: "print the tree as a Mermaid flowchart"),
                    Self.data,
                ],
                operands: 0...0
            )
        case .metrics:
            VerbSpecification(
                summary: "print a node's metrics in Prometheus's text format",
                forms: ["metrics [--data DIR]"],
                details: [
                    "A node must be serving the directory: one started for the moment would have counted nothing."
                ],
                options: [Self.data],
                operands: 0...0
            )
        case .crash:
            VerbSpecification(
                summary: "make a process of a serving node crash, to see it restarted",
                forms: ["crash PATH [--kill] [--data DIR]"],
                details: [
                    "PATH is a process's path in the tree that 'grove tree' shows. The node must have been started with",
                    "--allow-faults.",
                ],
                options: [.init(name: "--kill", help: "kill the process instead of making it crash"), Self.data],
                operands: 1...1
            )
        case .verify:
            VerbSpecification(
                summary: "check every record's checksum and every invariant",
                forms: ["verify [STORE] [--data DIR]"],
                details: [
                    "Checks one store, or all of them, and prints one line {\"store\", \"records\", \"events\", \"streams\",",
                    "\"bytes\", \"problems\"} for each. Exits with 5 if anything is wrong.",
                ],
                options: [Self.data],
                operands: 0...1
            )
        case .demo:
            VerbSpecification(
                summary: "a tour: real events, a supervision tree, and faults on purpose",
                forms: ["demo [--events FILE]"],
                details: [
                    "Works in a temporary directory and ends by itself. Without --events it takes the history of the",
                    "checkout it runs in, topped up with generated events.",
                ],
                options: [.init(name: "--events", value: "FILE", help: "NDJSON to import instead")],
                operands: 0...0
            )
        case .help:
            VerbSpecification(
                summary: "explain grove, or one of its verbs",
                forms: ["help [VERB]"],
                details: [],
                options: [],
                operands: 0...1
            )
        }
    }

    private static let serveSpecification = VerbSpecification(
        summary: "run a node until it is interrupted",
        forms: ["serve [--data DIR] [--store ID]... [--config FILE] [--allow-faults]"],
        details: [
            "Opens the stores of the data directory and serves them to the other verbs over the socket grove.sock in it,",
            "until SIGINT or SIGTERM, then stops in order. A directory has one owner at a time.",
        ],
        options: [
            data,
            .init(name: "--store", value: "ID", repeats: true, help: "create this store if it is not there"),
            .init(name: "--config", value: "FILE", help: "the node's configuration"),
            .init(name: "--allow-faults", help: "let 'grove crash' crash this node's processes"),
        ],
        operands: 0...0
    )

    private static let importSpecification = VerbSpecification(
        summary: "append NDJSON to a store, each line to the stream it names",
        forms: ["import STORE [--stream-key K] [--type-key K] [--id-key K] [--batch N] [--acks] [FILE|-]"],
        details: [
            "Each line is a JSON object of at most 8 MiB. The three keys name its members that hold the stream, the",
            "event's type and, if it is there, the event's id; all are strings. If the object has a member \"data\", that",
            "is the event's data and \"metadata\", if there, its metadata; members beside these are left out, which is",
            "noted at the end. Otherwise the whole object is the data, as it stands.",
            "",
            "Lines go out in batches, each of which is appended as a whole or not at all. A bad line stops the import:",
            "batches before its own stay. An import that was interrupted can be run again: events that carry an id are",
            "not appended twice. Events without one get a new id each time.",
        ],
        options: [
            .init(name: "--stream-key", value: "K", help: "the member that names the stream (default: stream)"),
            .init(name: "--type-key", value: "K", help: "the member that names the type (default: type)"),
            .init(name: "--id-key", value: "K", help: "the member that identifies the event (default: id)"),
            .init(name: "--batch", value: "N", help: "lines in a batch at most (default: 500; long lines: fewer)"),
            .init(name: "--acks", help: "print {\"lines\": [first, last], \"position\": P} once a batch is durable"),
            data,
        ],
        operands: 1...2
    )

    private static let appendSpecification = VerbSpecification(
        summary: "append NDJSON to one stream, as a whole or not at all",
        forms: ["append STORE STREAM [--expect N|none|any|exists] [--data DIR] [FILE|-]"],
        details: [
            "Each line is {\"type\": string, \"data\": any, \"metadata\": any, \"id\": string}; metadata and id may be missing.",
            "What 'grove read' prints can be appended too: stream, version, position and created are not looked at. Any",
            "other member is an error. Prints {\"stream\", \"version\", \"position\"}. Exits with 3, nothing appended, if the",
            "stream is not as expected.",
        ],
        options: [
            .init(
                name: "--expect",
                value: "N|none|any|exists",
                help: "what the stream must be: at version N, not there, anything (default), there"
            ),
            data,
        ],
        operands: 2...3
    )

    private static let readSpecification = VerbSpecification(
        summary: "print events as NDJSON, of one stream or of all",
        forms: [
            "read STORE STREAM [--from N] [--count N] [--backward] [--data DIR]",
            "read STORE --all [--from POSITION] [--count N] [--data DIR]",
        ],
        details: ["Reads to the end, or --count events. A stream that does not exist has no events."],
        options: [
            .init(name: "--all", help: "all streams, in the order of their positions"),
            .init(name: "--from", value: "N", help: "the first version, or position with --all"),
            .init(name: "--count", value: "N", help: "how many events at most"),
            .init(name: "--backward", help: "newest first"),
            data,
        ],
        operands: 1...2
    )

    private static let storesSpecification = VerbSpecification(
        summary: "list, create, remove and look at stores",
        forms: ["stores [list | create ID | remove ID | status ID | config ID] [--data DIR]"],
        details: [
            "Without a word, lists. Stores are printed as {\"id\", \"status\", \"events\", \"streams\", \"problem\"}, one a line,",
            "without what is not known. 'remove' removes a store with all its events.",
        ],
        options: [data],
        operands: 0...2
    )
}
