import MangroveStore

/// What a command line asks for.
enum Command: Equatable {
    case help(Verb?)
    case version
    case serve(ServeOptions)
    case importEvents(ImportOptions)
    case append(AppendOptions)
    case read(ReadOptions)
    case streams(StreamsOptions)
    case subscribe(SubscribeOptions)
    case subscriptions(SubscriptionsOptions)
    case deliveries(DeliveryOptions)
    case projections(ProjectionsOptions)
    case stores(StoresOptions)
    case tree(TreeOptions)
    case top(TopOptions)
    case metrics(MetricsOptions)
    case health(HealthOptions)
    case crash(CrashOptions)
    case verify(VerifyOptions)
    case checkBackups(directory: String, number: Int?)
    case backup(BackupOptions)
    case restore(RestoreOptions)
    case migrate(MigrateOptions)
    case keeping(KeepingOptions)
    case merge(MergeOptions)
    case transact(TransactOptions)
    case transactions(TransactionsOptions)
    case demo(DemoOptions)
    case token(TokenOptions)
    case config(ConfigOptions)

    /// Gives a command line its meaning.
    /// - Parameter words: the command line without the program's own name.
    /// - Parameter environment: the environment's variables by name.
    /// - Throws: ``UsageError``.
    init(_ words: [String], environment: (String) -> String?) throws(UsageError) {
        guard let first = words.first else {
            self = .help(nil)
            return
        }
        switch first {
        case "--help", "-h":
            self = .help(nil)
            return
        case "--version":
            self = .version
            return
        default: break
        }
        guard !first.hasPrefix("-") else {
            throw .unknown("option", first, known: ["--help", "--version"], otherwise: "see 'grove --help'")
        }
        let verb = try Self.verb(first)
        let arguments = try ParsedArguments(Array(words.dropFirst()), verb: first, verb.specification)
        self = arguments.wantsHelp ? .help(verb) : try Self.command(verb, arguments, environment)
    }

    private static func verb(_ word: String) throws(UsageError) -> Verb {
        guard let verb = Verb(rawValue: word) else {
            throw .unknown("verb", word, known: Verb.allCases.map(\.rawValue), otherwise: "see 'grove --help'")
        }
        return verb
    }

    private static func command(
        _ verb: Verb,
        _ arguments: ParsedArguments,
        _ environment: (String) -> String?
    ) throws(UsageError) -> Command {
        if verb == .help {
            return .help(arguments.operands.isEmpty ? nil : try Self.verb(arguments.operands[0]))
        }
        if verb == .demo { return .demo(DemoOptions(events: try arguments.text("--events"))) }
        let fromEnvironment = environment("MANGROVE_DATA_DIR").flatMap { $0.isEmpty ? nil : $0 }
        let data = try arguments.text("--data") ?? fromEnvironment ?? "./grove-data"
        switch verb {
        case .serve: return .serve(try ServeOptions(arguments, data))
        case .import: return .importEvents(try ImportOptions(arguments, data))
        case .append: return .append(try AppendOptions(arguments, data))
        case .read: return .read(try ReadOptions(arguments, data))
        case .streams:
            return .streams(StreamsOptions(dataDirectory: data, store: try arguments.operand(0, "STORE")))
        case .subscribe: return .subscribe(try SubscribeOptions(arguments, data))
        case .subscriptions: return .subscriptions(try SubscriptionsOptions(arguments, data))
        case .ack, .park, .replay: return .deliveries(try DeliveryOptions(verb, arguments, data))
        case .projections: return .projections(try ProjectionsOptions(arguments, data))
        case .stores: return .stores(try StoresOptions(arguments, data))
        case .tree: return .tree(try TreeOptions(arguments, data))
        case .top: return .top(try TopOptions(arguments, data))
        case .metrics: return .metrics(MetricsOptions(dataDirectory: data))
        case .health:
            let (all, json) = (arguments.has("--all"), arguments.has("--json"))
            return .health(HealthOptions(dataDirectory: data, showsAll: all, asJSON: json))
        case .crash:
            let path = try arguments.operand(0, "PATH")
            return .crash(CrashOptions(dataDirectory: data, path: path, kill: arguments.has("--kill")))
        case .backup: return .backup(try BackupOptions(arguments, data))
        case .restore: return .restore(try RestoreOptions(arguments))
        case .migrate: return .migrate(try MigrateOptions(arguments, data, environment("MANGROVE_SOURCE_TOKEN")))
        case .verify:
            let number = try arguments.number("--number", least: 1)
            if let directory = try arguments.text("--backup") {
                guard arguments.operands.isEmpty else { throw UsageError("verify takes STORE or --backup, not both") }
                return .checkBackups(directory: directory, number: number)
            }
            guard number == nil else { throw UsageError("--number means something with --backup only") }
            let store = arguments.operands.isEmpty ? nil : try arguments.operand(0, "STORE")
            return .verify(VerifyOptions(dataDirectory: data, store: store))
        case .config: return .config(try ConfigOptions(arguments, data, user: environment("USER")))
        case .token: return .token(try TokenOptions(arguments, data, environment("MANGROVE_TOKEN")))
        case .truncate, .delete, .erase, .compact, .snapshots:
            return .keeping(try KeepingOptions(verb, arguments, data))
        case .merge: return .merge(try MergeOptions(arguments, data))
        case .transact: return .transact(try TransactOptions(arguments, data))
        case .transactions: return .transactions(try TransactionsOptions(arguments, data))
        case .demo, .help: return .help(verb)
        }
    }
}
