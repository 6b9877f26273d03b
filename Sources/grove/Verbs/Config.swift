import MangroveStore

/// Runs a verb with the gateway to a data directory.
typealias WithGateway = (
    String, DirectoryNeed, (any Gateway) async throws -> ExitCode
) async throws -> ExitCode

/// `grove config`: shows, checks and changes how a node and its stores are configured.
func handleConfiguration(
    _ options: ConfigOptions,
    _ environment: [String: String],
    _ console: Console,
    _ programs: Programs,
    _ with: WithGateway
) async throws -> ExitCode {
    switch options.action {
    case .show(let serve):
        let configuration = try console.nodeConfiguration(serve, environment)
        var records: [ConfigurationRecord] = []
        if System.isDirectory(configuration.dataDirectory + "/.config") {
            _ = try await with(configuration.dataDirectory, .records) { gateway in
                records = try await gateway.configurations().map(\.record)
                return .done
            }
        }
        try showConfiguration(configuration, records, environment, json: options.json, console)
        return .done
    case .check(let file):
        let stores = try console.nodeConfiguration(file: file).stores.map(\.id)
        try console.output.line(JSONLine().with("file", file).with("stores", stores))
        return .done
    case .diff(let first, let second):
        let nodes = (try await node(first, console, with), try await node(second, console, with))
        return try showDifferences(ConfigurationValidator.compare(nodes.0, nodes.1), json: options.json, console)
    case .watch(let start, let count):
        return try await with(options.dataDirectory, .served) { try await programs.watch(start, count, $0, console) }
    case .put:
        return try await with(options.dataDirectory, .createIfMissing) {
            try await handleRecords(options, $0, console)
        }
    default:
        return try await with(options.dataDirectory, .records) { try await handleRecords(options, $0, console) }
    }
}

extension Console {
    /// What a file alone says.
    fileprivate func nodeConfiguration(file: String) throws -> NodeConfiguration {
        try NodeConfiguration(
            ConfigurationInputs(
                file: .init(path: file, text: try bytes(of: file)),
                workingDirectory: System.workingDirectory
            )
        )
    }
}

/// The configuration in a file, or on record in a data directory.
private func node(
    _ path: String,
    _ console: Console,
    _ with: WithGateway
) async throws -> ConfigurationValidator.Node {
    guard System.isDirectory(path) else {
        return try ConfigurationValidator.Node(path, try console.nodeConfiguration(file: path))
    }
    var records: [ConfigurationRecord] = []
    _ = try await with(path, .records) { gateway in
        records = try await gateway.configurations().map(\.record)
        return .done
    }
    return ConfigurationValidator.Node(path, records)
}

private func showDifferences(
    _ findings: [ConfigurationFinding],
    json: Bool,
    _ console: Console
) throws -> ExitCode {
    for finding in findings {
        if json {
            try console.output.line(JSONLine(finding))
        } else {
            try console.output.write("\(finding)\n")
        }
    }
    return findings.contains { $0.severity > .note } ? .failure : .done
}

/// One value, as it is shown.
private struct ShownValue {
    /// The store it is of; nil for the node, or what is so for all stores.
    var store: String?
    var name: String
    var value: ConfigurationValue?
    var source: ConfigurationSource

    /// The value for people.
    var words: String {
        let words = value?.description ?? ""
        return words.isEmpty ? "-" : words
    }
}

private func showConfiguration(
    _ configuration: NodeConfiguration,
    _ records: [ConfigurationRecord],
    _ environment: [String: String],
    json: Bool,
    _ console: Console
) throws {
    var shown: [ShownValue] = []
    for (path, value, source) in configuration.nodeValues {
        shown.append(ShownValue(name: path, value: value, source: source))
    }
    if environment["MANGROVE_TOKEN"] != nil {
        // Whoever sees it may do what it says.
        shown.append(ShownValue(name: "token", value: .text("(not shown)"), source: .variable("MANGROVE_TOKEN")))
    }
    for (path, value, source) in configuration.storeDefaults.values {
        guard !ConfigurationField.ofOneStore.contains(path) else { continue }
        shown.append(ShownValue(name: path, value: value, source: source))
    }
    let known = Dictionary(uniqueKeysWithValues: records.map { ($0.store, $0) })
    typealias Shown = (id: String, origin: ConfigurationSource, record: ConfigurationLayer?)
    let named = configuration.stores.filter { known[$0.id] == nil }.map { Shown($0.id, $0.source, nil) }
    let recorded = records.map { record -> Shown in
        let source = ConfigurationSource.record(version: record.version)
        return (record.store, source, ConfigurationLayer(record.configuration, from: source))
    }
    for (id, origin, record) in named + recorded {
        // Of a store, what is not as it is for all of them.
        let resolved = try configuration.resolved(id, record: record)
        let common = Set(configuration.storeDefaults.sources.map { "\($0.key) \($0.value)" })
        for (path, value, source) in resolved.values where source != .standard {
            guard !common.contains("\(path) \(source)") else { continue }
            shown.append(ShownValue(store: id, name: path, value: value, source: source))
        }
        if shown.last?.store != id {
            shown.append(ShownValue(store: id, name: "id", value: .text(id), source: origin))
        }
    }
    if json {
        for value in shown { try console.output.line(JSONLine(value)) }
        return
    }
    var table = Table(.left, .left, .left)
    for value in shown {
        let name = (value.store.map { $0 + ": " } ?? "") + value.name
        table.add("\(name)", "\(value.words)", "\(value.source.description)")
    }
    try console.output.write(table.text(Painter(console.outputTraits)))
    for name in configuration.unusedVariables {
        try console.output.write("$\(name) means nothing here\n")
    }
}

extension JSONLine {
    fileprivate init(_ shown: ShownValue) {
        self = JSONLine().withIfKnown("store", shown.store).with("setting", shown.name)
            .with("value", text: shown.value?.json ?? Array("null".utf8))
            .with("source", shown.source.description)
    }
}
