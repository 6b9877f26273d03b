import MangroveStore

/// The version `grove --version` prints.
let groveVersion = "0.1.0"

/// What the program hands its work to.
struct Programs {
    /// Opens a data directory that nobody serves.
    var openInProcess: OpenInProcess
    /// Runs a node until it is told to stop.
    var serve: (ServeOptions, Console) async throws -> ExitCode
    /// Gives the tour.
    var demo: (DemoOptions, Console) async throws -> ExitCode
}

/// `grove`, from the words of its command line to its exit code.
///
/// Never throws: what goes wrong becomes one line on standard error and a code. When nobody reads standard output any more,
/// as with `grove read … | head`, that is where the work ends, and not a failure.
func runGrove(
    _ words: [String],
    environment: (String) -> String?,
    console: Console,
    programs: Programs
) async -> ExitCode {
    do {
        let command = try Command(words, environment: environment)
        let code = try await run(command, console, programs)
        try console.output.flush()
        try console.errors.flush()
        return code
    } catch let error as StreamError where error.isBrokenPipe {
        return .done
    } catch {
        let failure = Failure(describing: error)
        // What was printed before the failure stays printed; if not even that is possible, only the code can say so.
        try? console.output.flush()
        try? console.errors.write(failure.line + "\n")
        try? console.errors.flush()
        return failure.code
    }
}

private func run(_ command: Command, _ console: Console, _ programs: Programs) async throws -> ExitCode {
    func with(
        _ directory: String,
        _ need: DirectoryNeed = .existing,
        _ verb: (any Gateway) async throws -> ExitCode
    ) async throws -> ExitCode {
        try await withGateway(dataDirectory: directory, need: need, openInProcess: programs.openInProcess, verb)
    }

    switch command {
    case .help(let verb):
        try console.output.write(Help.text(for: verb))
        return .done
    case .version:
        try console.output.write("grove \(groveVersion)\n")
        return .done
    case .serve(let options): return try await programs.serve(options, console)
    case .demo(let options): return try await programs.demo(options, console)
    case .importEvents(let options):
        return try await with(options.dataDirectory) { try await importEvents(options, $0, console) }
    case .append(let options):
        return try await with(options.dataDirectory) { try await appendEvents(options, $0, console) }
    case .read(let options):
        return try await with(options.dataDirectory) { try await readEvents(options, $0, console) }
    case .streams(let options):
        return try await with(options.dataDirectory) { try await listStreams(options, $0, console) }
    case .stores(let options):
        let need: DirectoryNeed =
            switch options.action {
            case .create: .createIfMissing
            case .list, .status: .allStores
            case .remove, .configuration: .existing
            }
        return try await with(options.dataDirectory, need) { try await manageStores(options, $0, console) }
    case .tree(let options):
        return try await with(options.dataDirectory, .allStores) { try await showTree(options, $0, console) }
    case .metrics(let options):
        return try await with(options.dataDirectory, .served) { try await showMetrics($0, console) }
    case .crash(let options):
        return try await with(options.dataDirectory, .servedWithFaults) { try await crashProcess(options, $0, console) }
    case .verify(let options):
        return try await with(options.dataDirectory) { try await verifyStores(options, $0, console) }
    }
}
