/// What `grove` can be told to do.
enum Verb: String, CaseIterable {
    case serve
    case `import`
    case append
    case read
    case streams
    case subscribe
    case subscriptions
    case ack
    case park
    case replay
    case projections
    case stores
    case tree
    case top
    case metrics
    case health
    case crash
    case verify
    case backup
    case restore
    case migrate
    case token
    case config
    case truncate
    case delete
    case erase
    case compact
    case snapshots
    case merge
    case transact
    case transactions
    case demo
    case help

    static let data = OptionSpecification(
        name: "--data",
        value: "DIR",
        help: "the data directory (default: $MANGROVE_DATA_DIR, else ./grove-data)"
    )

    static let configurationFile = OptionSpecification(
        name: "--config",
        value: "FILE",
        help: "the configuration (default: $MANGROVE_CONFIG, else DIR/grove.json)"
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
        case .subscribe: .subscribe(Self.data)
        case .subscriptions: .subscriptions(Self.data)
        case .ack: .ack(Self.data)
        case .park: .park(Self.data)
        case .replay: .replay(Self.data)
        case .projections: .projections(Self.data)
        case .stores: Self.storesSpecification
        case .tree:
            VerbSpecification(
                summary: "show the live supervision tree",
                forms: ["tree [--json | --mermaid | --html FILE] [--data DIR]"],
                details: [
                    "Where no node is serving the directory, one is started for the moment and its tree is shown.",
                    "With --html, writes a page that shows what 'grove top' does of a look of a second, walkable, in one file.",
                ],
                options: [
                    .init(name: "--json", help: "print the tree as JSON"),
                    .init(name: "--mermaid", help: "print the tree as a Mermaid flowchart"),
                    .init(name: "--html", value: "FILE", help: "write the tree as a page for a browser"),
                    Self.data,
                ],
                operands: 0...0
            )
        case .top:
            VerbSpecification(
                summary: "watch the live supervision tree",
                forms: ["top [--pace SECONDS] [--once] [--data DIR]"],
                details: [
                    "Shows every process with its restarts, the messages that wait for it, its turns a second, its age and how it",
                    "last failed, and every store with its events a second and the lag of its subscriptions. What is folded",
                    "shows the sum of all below it. Keys:",
                    "",
                    "  arrows, or h j k l     move, fold and unfold        enter    one process, with its last crashes",
                    "  page up and down, g G  move further                 f        only what is in trouble",
                    "  / and n                find by name, the next       + - q    slower, faster, quit",
                    "",
                    "Where standard output is no terminal, prints what there is to see once.",
                ],
                options: [
                    .init(name: "--pace", value: "SECONDS", help: "how long a look is kept, 1 to 60 (default: 1)"),
                    .init(name: "--once", help: "print what there is to see once"),
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
        case .health:
            VerbSpecification(
                summary: "say how a node is, with its stores, subscriptions and projections",
                forms: ["health [--all] [--json] [--data DIR]"],
                details: [
                    "Prints a line for each component that is not healthy, and since when; with --all for the others too.",
                    "Exits with 0 if all is well, 6 if something is degraded, 7 if something is unhealthy. A node must be",
                    "serving the directory.",
                ],
                options: [
                    .init(name: "--all", help: "what is healthy too"),
                    .init(name: "--json", help: "all of it as one line of JSON, with every check"),
                    Self.data,
                ],
                operands: 0...0
            )
        case .crash:
            VerbSpecification(
                summary: "make a process of a serving node crash, to see it restarted",
                forms: ["crash PATH [--kill] [--data DIR]"],
                details: [
                    "PATH is a process's path in the tree that 'grove tree' shows; a pattern in which * stands for any part",
                    "of one, which hits the first such process; or name:NAME, the process that has a name. The node must have",
                    "been started with --allow-faults.",
                ],
                options: [.init(name: "--kill", help: "kill the process instead of making it crash"), Self.data],
                operands: 1...1
            )
        case .verify:
            VerbSpecification(
                summary: "check every record's checksum and every invariant",
                forms: ["verify [STORE] [--data DIR]", "verify --backup DIR [--number N]"],
                details: [
                    "Checks one store, or all of them, and prints one line {\"store\", \"records\", \"events\", \"streams\",",
                    "\"bytes\", \"problems\"} for each; of backups {\"backup\", \"made\", \"store\", \"events\", \"bytes\", \"problems\"}.",
                    "Exits with 5 if anything is wrong.",
                ],
                options: [
                    .init(name: "--backup", value: "DIR", help: "check the backups in this directory instead"),
                    .init(name: "--number", value: "N", help: "only this one of them"),
                    Self.data,
                ],
                operands: 0...1
            )
        case .backup: .backup(Self.data)
        case .restore: .restore
        case .migrate: .migrate(Self.data)
        case .token: Self.tokenSpecification
        case .config: Self.configSpecification
        case .truncate, .delete, .erase, .compact, .snapshots: Self.keepingSpecification(self, Self.data)
        case .merge, .transact, .transactions: Self.acrossStoresSpecification(self, Self.data)
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
        forms: [
            "serve [--data DIR] [--store ID]... [--config FILE] [--allow-faults] [--require-tokens]"
        ],
        details: [
            "Opens the stores of the data directory and serves them to the other verbs over the socket grove.sock in it,",
            "until SIGINT or SIGTERM, then stops in order; a second one ends it at once. SIGUSR1 prints the tree on",
            "standard error. A directory has one owner at a time.",
            "",
            "What the command line does not say, $MANGROVE_... variables and the configuration file do; 'grove config show'",
            "shows what comes of them.",
        ],
        options: [
            data,
            .init(name: "--store", value: "ID", repeats: true, help: "create this store if it is not there"),
            configurationFile,
            .init(name: "--allow-faults", help: "let 'grove crash' crash this node's processes"),
            .init(name: "--require-tokens", help: "ask everyone for a token of 'grove token create'"),
            .init(
                name: "--revoke",
                value: "ID",
                repeats: true,
                help: "refuse the token with this id, and what was narrowed from it"
            ),
            .init(name: "--request-limit", value: "N", help: "how many requests a second each connection may make"),
            .init(name: "--ready-fd", value: "N", help: "write READY=1 to this descriptor, later STOPPING=1"),
            .init(name: "--stop-within", value: "SECONDS", help: "kill what has not stopped then (default: 30)"),
        ],
        operands: 0...0
    )

    private static let importSpecification = VerbSpecification(
        summary: "append NDJSON to a store, each line to the stream it names",
        forms: [
            "import STORE [--stream-key K] [--type-key K] [--id-key K] [--batch N] [--acks] [FILE|-]",
            "import STORE --keep-times [--batch N] [--acks] [FILE|-]",
        ],
        details: [
            "Each line is a JSON object of at most 8 MiB. The three keys name its members that hold the stream, the",
            "event's type and, if it is there, the event's id; all are strings. If the object has a member \"data\", that",
            "is the event's data and \"metadata\", if there, its metadata; members beside these are left out, which is",
            "noted at the end. Otherwise the whole object is the data, as it stands.",
            "",
            "Lines go out in batches, each of which is appended as a whole or not at all. A bad line stops the import:",
            "batches before its own stay. An import that was interrupted can be run again: events that carry an id are",
            "not appended twice. Events without one get a new id each time. With --keep-times what 'grove read --all' of",
            "one store has printed becomes the same events in another, with their times.",
        ],
        options: [
            .init(name: "--stream-key", value: "K", help: "the member that names the stream (default: stream)"),
            .init(name: "--type-key", value: "K", help: "the member that names the type (default: type)"),
            .init(name: "--id-key", value: "K", help: "the member that identifies the event (default: id)"),
            .init(name: "--keep-times", help: "events are of the time that their member \"created\" says"),
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
            "read STORE --all [SELECTION] [--from POSITION] [--count N] [--backward] [--data DIR]",
        ],
        details: [
            "Reads to the end, or --count events. A stream that does not exist has no events. What is selected among all is",
            "found by the store's indexes, however much lies between.",
        ],
        options: [
            .init(name: "--all", help: "all streams, in the order of their positions"),
            .init(name: "--from", value: "N", help: "the first version, or position with --all"),
            .init(name: "--count", value: "N", help: "how many events at most"),
            .init(name: "--backward", help: "newest first"),
        ] + ReadOptions.selection + [data],
        operands: 1...2
    )
}
