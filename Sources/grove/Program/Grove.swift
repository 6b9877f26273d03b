import MangroveStore

/// The version `grove --version` prints.
let groveVersion = "0.1.0"

/// What the program hands its work to.
struct Programs {
    /// Opens a data directory that nobody serves.
    var openInProcess: OpenInProcess
    /// Runs a node until it is told to stop.
    var serve: (ServeOptions, [String: String], Console) async throws -> ExitCode
    /// Prints events as they come.
    var subscribe: (SubscribeOptions, any Gateway, Console) async throws -> ExitCode
    /// Shows a node's tree until told to stop; finds the node again with `reconnect`.
    var top: (TopOptions, any Gateway, Console, _ reconnect: Reconnect) async throws -> ExitCode
    /// Writes a page that shows a node's tree.
    var page: (TreeOptions, _ file: String, any Gateway) async throws -> ExitCode
    /// Prints changes of what is on record as they come.
    var watch: (_ start: Int?, _ count: Int?, any Gateway, Console) async throws -> ExitCode
    /// Checks the backups in a directory, or one of them.
    var checkBackups: (_ directory: String, _ number: Int?) async throws -> [BackupCheckReport]
    /// Gives the tour.
    var demo: (DemoOptions, Console) async throws -> ExitCode
}

/// Connects to the node of a directory, or says that there is none.
typealias Reconnect = () async throws -> (any Gateway)?

/// `grove`, from the words of its command line to its exit code.
///
/// Never throws: what goes wrong becomes one line on standard error and a code. When nobody reads standard output any more,
/// as with `grove read … | head`, that is where the work ends, and not a failure.
func runGrove(
    _ words: [String],
    environment: [String: String],
    console: Console,
    programs: Programs
) async -> ExitCode {
    do {
        let command = try Command(words) { environment[$0] }
        let token = try environment["MANGROVE_TOKEN"].map { (text) throws(UsageError) in
            try CapabilityToken(environment: text)
        }
        let limit = try environment["MANGROVE_ANSWER_WITHIN"].map(answerLimit)
        // What the node says in its log of a request has the request's name.
        let id = environment["MANGROVE_REQUEST_ID"].flatMap { $0.isEmpty ? nil : $0 }
        let code = try await withRequestID(id) {
            try await run(command, environment, console, programs, presenting: token, answerWithin: limit)
        }
        try console.output.flush()
        try console.errors.flush()
        return code
    } catch let error as StreamError where error.isBrokenPipe {
        return .done
    } catch {
        let failure = Failure(describing: error)
        // What was printed before the failure stays printed; if not even that is possible, only the code can say so.
        try? console.output.flush()
        for line in failure.lines { try? console.errors.write(line + "\n") }
        try? console.errors.flush()
        return failure.code
    }
}

private func answerLimit(_ text: String) throws(UsageError) -> Duration {
    guard let seconds = Int(text), 1...86_400 ~= seconds else {
        throw UsageError("$MANGROVE_ANSWER_WITHIN takes 1 to 86400 seconds, not '\(text)'")
    }
    return .seconds(seconds)
}

private func withRequestID<Value>(_ id: String?, _ work: () async throws -> Value) async throws -> Value {
    guard let id else { return try await work() }
    return try await RequestID.with(id, work)
}

private func run(
    _ command: Command,
    _ environment: [String: String],
    _ console: Console,
    _ programs: Programs,
    presenting token: CapabilityToken?,
    answerWithin limit: Duration?
) async throws -> ExitCode {
    func with(
        _ directory: String,
        _ need: DirectoryNeed = .existing,
        _ verb: (any Gateway) async throws -> ExitCode
    ) async throws -> ExitCode {
        try await withGateway(
            dataDirectory: directory,
            token: token,
            answerWithin: limit,
            need: need,
            configuration: { try console.nodeConfiguration(ServeOptions(dataDirectory: directory), environment) },
            openInProcess: programs.openInProcess,
            verb
        )
    }

    switch command {
    case .help(let verb):
        try console.output.write(Help.text(for: verb))
        return .done
    case .version:
        try console.output.write("grove \(groveVersion)\n")
        return .done
    case .serve(let options): return try await programs.serve(options, environment, console)
    case .demo(let options): return try await programs.demo(options, console)
    case .token(let options): return try handleToken(options, console)
    case .config(let options):
        return try await handleConfiguration(options, environment, console, programs) { directory, need, verb in
            try await with(directory, need, verb)
        }
    case .importEvents(let options):
        return try await with(options.dataDirectory) { try await importEvents(options, $0, console) }
    case .append(let options):
        return try await with(options.dataDirectory) { try await appendEvents(options, $0, console) }
    case .read(let options):
        return try await with(options.dataDirectory) { try await readEvents(options, $0, console) }
    case .streams(let options):
        return try await with(options.dataDirectory) { try await listStreams(options, $0, console) }
    case .subscribe(let options):
        return try await with(options.dataDirectory) { try await programs.subscribe(options, $0, console) }
    case .subscriptions(let options):
        return try await with(options.dataDirectory) { try await manageSubscriptions(options, $0, console) }
    case .deliveries(let options):
        return try await with(options.dataDirectory) { try await answerDeliveries(options, $0, console) }
    case .projections(let options):
        return try await with(options.dataDirectory) { try await manageProjections(options, $0, console) }
    case .stores(let options):
        let need: DirectoryNeed =
            switch options.action {
            case .create: .createIfMissing
            case .list, .status, .show: .allStores
            case .remove, .configuration, .set, .kept, .revive, .erase: .existing
            }
        return try await with(options.dataDirectory, need) { try await manageStores(options, $0, console) }
    case .tree(let options):
        return try await with(options.dataDirectory, .allStores) { gateway in
            if let file = options.page { return try await programs.page(options, file, gateway) }
            return try await showTree(options, gateway, console)
        }
    case .top(let options):
        return try await with(options.dataDirectory, .served) { gateway in
            try await programs.top(options, gateway, console) {
                try await connect(options.dataDirectory, token, answerWithin: limit)
            }
        }
    case .metrics(let options):
        return try await with(options.dataDirectory, .served) { try await showMetrics($0, console) }
    case .health(let options):
        return try await with(options.dataDirectory, .served) { try await showHealth(options, $0, console) }
    case .crash(let options):
        return try await with(options.dataDirectory, .servedWithFaults) { try await crashProcess(options, $0, console) }
    case .verify(let options):
        return try await with(options.dataDirectory) { try await verifyStores(options, $0, console) }
    case .merge(let options):
        return try await with(options.dataDirectory) { try await mergeStores(options, $0, console) }
    case .transact(let options):
        return try await with(options.dataDirectory) { try await transact(options, $0, console) }
    case .transactions(let options):
        return try await with(options.dataDirectory, .allStores) {
            try await manageTransactions(options, $0, console)
        }
    case .checkBackups(let directory, let number):
        return try await checkBackups(directory, number, programs.checkBackups, console)
    case .backup(let options):
        return try await with(options.dataDirectory) { try await makeBackup(options, $0, console) }
    case .restore(let options):
        return try await with(options.dataDirectory, .createIfMissing) { try await restoreStores(options, $0, console) }
    case .migrate(let options):
        return try await with(options.dataDirectory) { try await migrateEvents(options, $0, console) }
    case .keeping(let options):
        return try await with(options.dataDirectory) { try await changeKeeping(options, $0, console) }
    }
}
