import MangroveStore

/// Bytes of lines in a batch beyond which it goes out with fewer lines than asked for: 4 MiB.
private let batchBytes = 4 << 20

/// `grove import`: appends lines of NDJSON to the streams they name.
///
/// A batch is only sent when the one before it is durable, so each stream, and the store, has the events in the order of
/// the lines. A file's next batch is read while the one before it is on its way; what comes through a pipe is not, because
/// its sender may be waiting for the acknowledgement.
func importEvents(_ options: ImportOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    // Whoever names a store that is not there wants to hear it before a long file is read.
    _ = try await gateway.storeStatus(options.store)
    let importer = Importer(options, console, try console.lines(of: options.file))
    defer { importer.progress.clear() }

    try await withThrowingTaskGroup(of: (ImportBatch, Int?).self) { group in
        var failure: (any Error)?
        while failure == nil {
            var batch = ImportBatch()
            // A bad line must not keep the batch before it from being acknowledged.
            do { batch = try importer.nextBatch() } catch { failure = error }
            if let (done, position) = try await group.next() { try importer.acknowledge(done, position) }
            if failure != nil || batch.isEmpty { break }
            group.addTask { [batch, store = options.store] in
                (batch, try await batch.append(to: store, gateway))
            }
            if !importer.readsAhead, let (done, position) = try await group.next() {
                try importer.acknowledge(done, position)
            }
        }
        if let failure { throw failure }
    }
    return try importer.finish()
}

/// Lines that are appended together.
private struct ImportBatch: Sendable {
    /// The events, in the order of the lines: every change of stream begins a part.
    var parts: [StreamBatch] = []
    /// The same by their times, where these are kept; then there are no parts.
    var recorded: [RecordedBatch] = []
    var firstLine = 0
    var lastLine = 0
    var events = 0

    var isEmpty: Bool { events == 0 }

    mutating func add(_ event: NewEvent, to stream: String, of time: Timestamp?, line: Int) {
        if events == 0 { firstLine = line }
        lastLine = line
        events += 1
        if let time {
            if recorded.last?.created != time { recorded.append(RecordedBatch(created: time, parts: [])) }
            recorded[recorded.count - 1].add(event, to: stream)
        } else if let last = parts.indices.last, parts[last].stream.utf8.elementsEqual(stream.utf8) {
            parts[last].events.append(event)
        } else {
            parts.append(StreamBatch(stream: stream, events: [event]))
        }
    }

    /// Appends the batch.
    /// - Returns: the highest position it has, once it is durable.
    func append(to store: String, _ gateway: any Gateway) async throws -> Int? {
        do {
            if !recorded.isEmpty { return try await gateway.appendRecorded(recorded, to: store) }
            return try await gateway.append(to: store, parts).compactMap(\.position).max()
        } catch {
            var failure = Failure(describing: error)
            let lines = firstLine == lastLine ? "line \(firstLine)" : "lines \(firstLine) to \(lastLine)"
            failure.message = lines + ": " + failure.message
            throw failure
        }
    }
}

/// The import as far as it has come.
private final class Importer {
    let progress: ProgressBar
    private let options: ImportOptions
    private let console: Console
    private let input: InputLines
    private let reader: ImportLine
    private var lastLine = 0
    private var events = 0
    private var position: Int?
    private var ignored: [String] = []

    init(_ options: ImportOptions, _ console: Console, _ input: InputLines) {
        self.options = options
        self.console = console
        self.input = input
        reader = ImportLine(store: options.store, keys: options.keys, keepsTimes: options.keepsTimes)
        progress = ProgressBar(console.errors, console.errorTraits)
    }

    /// Whether the next batch may be read before this one is acknowledged.
    var readsAhead: Bool { input.size != nil }

    /// The next batch, with no events at the end of the input.
    func nextBatch() throws -> ImportBatch {
        var batch = ImportBatch()
        var bytes = 0
        do {
            while batch.events < options.batch, bytes < batchBytes, let line = try input.next() {
                let event = try reader.event(of: line) { console.newID() }
                batch.add(event.event, to: event.stream, of: event.created, line: line.number)
                bytes += line.bytes.count
                for name in event.ignored where ignored.count < 20 && !ignored.contains(name) { ignored.append(name) }
            }
        } catch let error as NDJSONError {
            throw input.failure(error)
        }
        return batch
    }

    /// A batch is durable.
    func acknowledge(_ batch: ImportBatch, _ position: Int?) throws {
        lastLine = batch.lastLine
        events += batch.events
        self.position = [self.position, position].compactMap(\.self).max()
        if options.acks {
            let line = JSONLine().with("lines", [batch.firstLine, batch.lastLine]).with("position", position)
            do {
                try console.output.line(line)
                try console.output.flush()
            } catch {
                // Nobody reads the acknowledgements any more, but the import was asked for as a whole.
                throw Failure(.failure, "\(error); stopped after line \(lastLine), which is durable")
            }
        }
        progress.show(done: input.bytesRead, total: input.size, "\(Quantity.count(events)) events")
    }

    /// The end of the input: says what was done.
    func finish() throws -> ExitCode {
        progress.clear()
        if !options.acks {
            try console.output.line(JSONLine().with("events", events).with("position", position))
        }
        if !ignored.isEmpty {
            let names = ignored.map { "'\($0)'" }.joined(separator: ", ")
            try console.errors.write(
                Failure(.done, "note: left out, for not standing in 'data': \(names)").line + "\n"
            )
        }
        return .done
    }
}
