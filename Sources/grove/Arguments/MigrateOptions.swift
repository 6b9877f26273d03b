import MangroveStore

/// What `grove migrate` is asked for.
struct MigrateOptions: Equatable {
    var dataDirectory: String
    var request: MigrationRequest

    /// - Parameter token: what is presented to the node that the events come from.
    init(_ arguments: ParsedArguments, _ data: String, _ token: String?) throws(UsageError) {
        dataDirectory = data
        let store = try arguments.operand(0, "FROM")
        var source = MigrationRequest.Source.store(store)
        if let directory = try arguments.text("--from-data") {
            source = .node(directory: System.absolutePath(directory), store: store, token: token)
        }
        let types = arguments.options["--type"] ?? []
        if types.contains("") { throw UsageError("--type must not be empty") }
        request = MigrationRequest(
            from: source,
            to: try arguments.operand(1, "TO"),
            streams: NamePattern(try arguments.text("--stream") ?? "*"),
            types: types,
            follows: arguments.has("--follow")
        )
        if case .store(request.target) = source { throw UsageError("a store is not migrated to itself") }
    }
}

extension VerbSpecification {
    static func migrate(_ data: OptionSpecification) -> VerbSpecification {
        VerbSpecification(
            summary: "copy events from one store to another while both serve",
            forms: ["migrate FROM TO [--from-data DIR] [--stream NAME] [--type TYPE]... [--follow] [--data DIR]"],
            details: [
                "Each event is copied once, in order, with its id, type, data, metadata, tags and time. How far it has come",
                "is durable: interrupted and begun again, it goes on from there. Prints {\"events\", \"next\", \"lag\"} at the end;",
                "with --follow whenever it has caught up, and goes on with what is appended until it is interrupted. To cut",
                "over: stop what writes to FROM, wait for a lag of 0, and begin to write to TO.",
                "A node that asks for tokens and has FROM gets $MANGROVE_SOURCE_TOKEN.",
            ],
            options: [
                .init(name: "--from-data", value: "DIR", help: "FROM is a store of the node that serves it"),
                .init(name: "--stream", value: "NAME", help: "only this stream, or those: 'order-*'"),
                .init(name: "--type", value: "TYPE", repeats: true, help: "only events of this type"),
                .init(name: "--follow", help: "go on with what is appended meanwhile"),
                data,
            ],
            operands: 2...2
        )
    }
}
