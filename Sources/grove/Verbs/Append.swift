import MangroveStore

/// Bytes of lines that one append can have: 32 MiB.
private let appendBytes = 32 << 20

/// `grove append`: appends events to one stream, as a whole or not at all.
func appendEvents(_ options: AppendOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let input = try console.lines(of: options.file)
    let reader = EventLine(store: options.store, stream: options.stream)
    var events: [NewEvent] = []
    var bytes = 0
    do {
        while let line = try input.next() {
            bytes += line.bytes.count
            guard bytes <= appendBytes else {
                throw NDJSONError(line: line.number, "more than \(appendBytes) bytes in one append; see 'grove import'")
            }
            events.append(try reader.event(of: line) { console.newID() })
        }
    } catch let error as NDJSONError {
        throw input.failure(error)
    }
    let result = try await gateway.append(
        to: options.store,
        stream: options.stream,
        expecting: options.expected,
        events
    )
    try console.output.line(
        JSONLine().with("stream", result.stream).with("version", result.version).with("position", result.position)
    )
    return .done
}
