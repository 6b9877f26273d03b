import MangroveStore

/// `grove verify`: checks one store's files, or all stores', and says what is wrong.
///
/// A store that is too damaged to be checked to the end does not keep the others from being checked.
func verifyStores(_ options: VerifyOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    var ids = [options.store].compactMap(\.self)
    if options.store == nil { ids = try await gateway.stores().map(\.id) }
    let progress = ProgressBar(console.errors, console.errorTraits)
    defer { progress.clear() }

    var wrong: [String] = []
    for (index, id) in ids.enumerated() {
        progress.show(done: index, total: ids.count, id)
        let report: VerifyReport
        do {
            report = try await gateway.verify(id)
        } catch StoreError.damaged(_, let file, let offset, let what) {
            report = VerifyReport(
                store: id,
                records: 0,
                events: 0,
                streams: 0,
                bytes: 0,
                problems: ["\(file) at offset \(offset): \(what)"]
            )
        }
        if !report.problems.isEmpty { wrong.append(id) }
        progress.clear()
        try console.output.line(JSONLine(report))
        try console.output.flush()
    }
    guard wrong.isEmpty else {
        let names = wrong.map { "'\($0)'" }.joined(separator: ", ")
        throw Failure(.damaged, "damaged: \(names); what is wrong stands in \"problems\"")
    }
    return .done
}

extension JSONLine {
    fileprivate init(_ report: VerifyReport) {
        self = JSONLine().with("store", report.store).with("records", report.records)
            .with("events", report.events).with("streams", report.streams)
            .with("facts", report.facts).with("bytes", report.bytes).with("problems", report.problems)
    }
}
