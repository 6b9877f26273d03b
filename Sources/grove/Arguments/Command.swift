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
    case stores(StoresOptions)
    case tree(TreeOptions)
    case metrics(MetricsOptions)
    case crash(CrashOptions)
    case verify(VerifyOptions)
    case demo(DemoOptions)

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
        case .stores: return .stores(try StoresOptions(arguments, data))
        case .tree: return .tree(try TreeOptions(arguments, data))
        case .metrics: return .metrics(MetricsOptions(dataDirectory: data))
        case .crash:
            let path = try arguments.operand(0, "PATH")
            return .crash(CrashOptions(dataDirectory: data, path: path, kill: arguments.has("--kill")))
        case .verify:
            let store = arguments.operands.isEmpty ? nil : try arguments.operand(0, "STORE")
            return .verify(VerifyOptions(dataDirectory: data, store: store))
        case .demo, .help: return .help(verb)
        }
    }
}
