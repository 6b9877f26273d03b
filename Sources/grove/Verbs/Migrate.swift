import MangroveStore

/// `grove migrate`: copies events from one store to another.
func migrateEvents(_ options: MigrateOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let bar = ProgressBar(console.errors, console.errorTraits)
    defer { bar.clear() }
    var printed: Int?
    for try await update in gateway.migrate(options.request) {
        switch update {
        case .progress(let progress):
            let lag = progress.total - progress.done
            bar.show(done: progress.done, total: progress.total, "\(Quantity.count(progress.done)) events")
            // Said once each time that it has caught up.
            guard options.request.follows, lag == 0, printed != progress.done else { continue }
            printed = progress.done
            bar.clear()
            try console.output.line(JSONLine().with("events", progress.done).with("lag", 0))
            try console.output.flush()
        case .migrated(let report):
            bar.clear()
            var line = JSONLine().with("events", report.events).with("next", report.next).with("lag", report.lag)
            if report.erased > 0 { line = line.with("erased", report.erased) }
            try console.output.line(line)
        case .backedUp, .restored: throw Failure(.failure, "the node's answer makes no sense")
        }
    }
    return .done
}
