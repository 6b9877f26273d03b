import MangroveStore

/// `grove merge`: prints the events of several stores in one order.
func mergeStores(_ options: MergeOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    var left = options.count ?? .max
    var events = gateway.mergedEvents(of: options.stores, from: options.start).makeAsyncIterator()
    while left > 0, let element = try await events.next() {
        try console.output.append { line in
            line.append(contentsOf: "{\"store\":".utf8)
            JSONText.append(element.store, to: &line)
            line.append(contentsOf: ",\"event\":".utf8)
            element.event.appendLine(to: &line)
            // The line end of the event's own line comes after what closes this one.
            line.removeLast()
            line.append(contentsOf: "}\n".utf8)
        }
        left -= 1
    }
    return .done
}

/// `grove transact`: appends events to several stores, all of them or none.
func transact(_ options: TransactOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let input = try console.lines(of: options.file)
    var lines = TransactionLines()
    do {
        while let line = try input.next() { try lines.add(line) { console.newID() } }
    } catch let error as NDJSONError {
        throw input.failure(error)
    }
    let results = try await gateway.append(acrossStores: lines.batches)
    for (batch, result) in zip(lines.batches, results) {
        try console.output.line(
            JSONLine()
                .with("store", batch.store)
                .with("stream", result.stream)
                .with("version", result.version)
                .with("position", result.position)
        )
    }
    return .done
}

/// `grove transactions`: lists those that are not over, or gives one up.
func manageTransactions(
    _ options: TransactionsOptions,
    _ gateway: any Gateway,
    _ console: Console
) async throws -> ExitCode {
    if let id = options.abandoned {
        try await gateway.abandonTransaction(id)
        try console.output.line(JSONLine().with("transaction", id.description).with("done", "abandoned"))
        return .done
    }
    for pending in try await gateway.pendingTransactions() {
        try console.output.line(
            JSONLine()
                .with("transaction", pending.id.description)
                .with("store", pending.store)
                .with("state", pending.isDecided ? "decided" : "promised")
                .with("stores", pending.stores)
                .with("locked", pending.lockedStreams)
        )
    }
    return .done
}
