import MangroveStore

/// The words of `grove config` that are about what a node has on record of its stores.
func handleRecords(_ options: ConfigOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let (expected, author) = (options.expected, options.author)
    switch options.action {
    case .list:
        for listing in try await gateway.configurations() { try console.output.line(JSONLine(listing)) }
    case .get(let id): try console.output.line(JSONLine(try await gateway.configuration(of: id)))
    case .put(let id, let put):
        let record = try await putRecord(id, put, expected, author, gateway, console)
        try console.output.line(JSONLine(record))
    case .delete(let id, let erasing):
        let record = try await gateway.deleteConfiguration(of: id, expecting: expected, erasing: erasing, by: author)
        try console.output.line(JSONLine().with("store", id).with("version", record.version).with("status", "deleted"))
    case .history(let id):
        var last: [String: ConfigurationRecord] = [:]
        for record in try await gateway.configurationHistory(of: id) {
            let differences = record.differences(from: last[record.store])
            last[record.store] = record
            try console.output.line(JSONLine(record, differences))
        }
    case .rollback(let id, let version):
        let record = try await gateway.rollBackConfiguration(of: id, to: version, expecting: expected, by: author)
        try console.output.line(JSONLine(record))
    case .recover:
        let aside = try await gateway.recoverConfiguration()
        let count = try await gateway.configurations().count
        try console.output.line(JSONLine().with("records", count).with("aside", aside))
    case .show, .check, .diff, .watch: break
    }
    return .done
}

private func putRecord(
    _ id: String,
    _ put: ConfigOptions.PutOptions,
    _ expected: Int?,
    _ author: String,
    _ gateway: any Gateway,
    _ console: Console
) async throws -> ConfigurationRecord {
    var present: ConfigurationRecord?
    do { present = try await gateway.configuration(of: id) } catch StoreError.noSuchConfiguration {}
    let status = put.status ?? present?.status ?? .active
    if let file = put.file {
        let name = file == "-" ? "standard input" : file
        let configuration = try StoreConfiguration(json: try console.bytes(of: file), named: name)
        return try await gateway.putConfiguration(
            of: id,
            configuration,
            status: status,
            expecting: expected,
            by: author
        )
    }
    var configuration = present?.configuration ?? StoreConfiguration()
    for setting in put.settings { configuration.set(setting) }
    // What is changed is what was looked at, and not what somebody else has made of it meanwhile.
    return try await gateway.putConfiguration(
        of: id,
        configuration,
        status: status,
        expecting: expected ?? present?.version ?? 0,
        by: author
    )
}

extension JSONLine {
    init(_ listing: ConfigurationListing) {
        self = JSONLine(listing.record).withIfKnown("problem", listing.problem)
    }

    init(_ record: ConfigurationRecord, _ differences: [ConfigurationDifference]? = nil) {
        self = JSONLine().with("store", record.store).with("version", record.version)
            .with("status", record.status.rawValue).with("change", record.change.word)
        switch record.change {
        case .rollback(let version): self = with("to", version)
        case .deletion(let erasing): self = with("erasing", erasing)
        case .put, .adoption, .recovery, .removal: break
        }
        self = with("configuration", text: record.configuration.json)
        if let differences { self = with("differences", differences.map { JSONLine($0) }) }
        self = with("created", record.created.description).with("createdBy", record.createdBy)
            .with("updated", record.updated.description).with("updatedBy", record.updatedBy)
    }

    private init(_ difference: ConfigurationDifference) {
        let null = Array("null".utf8)
        self = JSONLine().with("setting", difference.path)
            .with("before", text: difference.before?.json ?? null)
            .with("after", text: difference.after?.json ?? null)
    }

    init(_ finding: ConfigurationFinding) {
        self = JSONLine().with("severity", "\(finding.severity)").with("kind", finding.kind.rawValue)
            .withIfKnown("store", finding.store).withIfKnown("setting", finding.path)
            .withIfKnown("first", finding.first).withIfKnown("second", finding.second).with("text", finding.text)
    }
}

extension ConfigurationRecord.Change {
    /// What made a version, in a word.
    fileprivate var word: String {
        switch self {
        case .put: "put"
        case .rollback: "rollback"
        case .adoption: "adoption"
        case .recovery: "recovery"
        case .deletion: "deletion"
        case .removal: "removal"
        }
    }
}
