import MangroveStore

/// `grove backup`: copies stores while they serve.
func makeBackup(_ options: BackupOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    guard case .backedUp(let report) = try await follow(gateway.backUp(options.request), console) else {
        throw Failure(.failure, "the node's answer makes no sense")
    }
    for store in report.stores {
        let line = JSONLine().with("store", store.id).with("events", store.events).with("bytes", store.bytes)
        try console.output.line(line)
    }
    try console.output.line(
        JSONLine().with("backup", report.number).with("made", report.made.description).with("copied", report.copied)
            .withIfAny("removed", report.removed)
    )
    guard report.missing.isEmpty else {
        let names = report.missing.sorted { $0.key < $1.key }.map { "'\($0.key)' (\($0.value))" }
        throw Failure(.incomplete, "the backup is there, but without \(names.joined(separator: ", "))")
    }
    return .done
}

/// `grove restore`: makes stores of a backup appear.
func restoreStores(_ options: RestoreOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    guard case .restored(let report) = try await follow(gateway.restore(options.request), console) else {
        throw Failure(.failure, "the node's answer makes no sense")
    }
    for store in report.stores {
        let line = JSONLine().with("store", store.id).with("as", store.restoredAs).with("events", store.events)
        try console.output.line(line)
    }
    try console.output.line(JSONLine().with("backup", report.number).with("made", report.made.description))
    return .done
}

/// Shows how far an operation has come, until it has its report.
func follow(_ operation: NodeOperation, _ console: Console) async throws -> OperationUpdate? {
    let bar = ProgressBar(console.errors, console.errorTraits)
    defer { bar.clear() }
    var last: OperationUpdate?
    for try await update in operation {
        if case .progress(let progress) = update {
            bar.show(done: progress.done, total: progress.total, progress.subject)
        }
        last = update
    }
    return last
}

/// `grove verify --backup`: checks backups, where no node is needed.
func checkBackups(
    _ directory: String,
    _ number: Int?,
    _ check: (String, Int?) async throws -> [BackupCheckReport],
    _ console: Console
) async throws -> ExitCode {
    var wrong: Set<Int> = []
    for report in try await check(directory, number) {
        if !report.problems.isEmpty { wrong.insert(report.number) }
        try console.output.line(
            JSONLine().with("backup", report.number).with("made", report.made.description)
                .with("store", report.store).with("events", report.events).with("bytes", report.bytes)
                .with("problems", report.problems)
        )
    }
    guard wrong.isEmpty else {
        let numbers = wrong.sorted().map(String.init).joined(separator: ", ")
        throw Failure(.damaged, "damaged: backup \(numbers); what is wrong stands in \"problems\"")
    }
    return .done
}

extension JSONLine {
    fileprivate func withIfAny(_ name: String, _ values: [Int]) -> JSONLine {
        values.isEmpty ? self : with(name, values)
    }
}
