import MangroveStore

/// `grove read`: prints the events of a stream, or of all, page by page.
func readEvents(_ options: ReadOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    var page = Page()
    var left = options.count ?? .max
    var start = options.from
    while left > 0 {
        let asked = min(page.count, left)
        let events: [RecordedEvent]
        if let stream = options.stream {
            events = try await gateway.read(
                from: options.store,
                stream: stream,
                start: start,
                count: asked,
                direction: options.direction
            )
        } else {
            events = try await gateway.readAll(from: options.store, start: start ?? 0, count: asked)
        }
        for event in events { try console.output.append { event.appendLine(to: &$0) } }
        try console.output.flush()
        // Fewer than asked for is the end.
        guard events.count == asked, let last = events.last else { break }
        left -= events.count
        page.adapt(to: events)
        start = options.stream == nil ? last.position + 1 : last.version + (options.direction == .forward ? 1 : -1)
        if start == -1 { break }
    }
    return .done
}

/// How many events are read at a time: as many as make a few megabytes, so that memory stays small whatever their size.
private struct Page {
    private static let bytes = 4 << 20
    private static let most = 1000

    private(set) var count = 64

    mutating func adapt(to events: [RecordedEvent]) {
        let size = events.reduce(0) { $0 + $1.data.count + ($1.metadata?.count ?? 0) + 100 }
        let average = max(1, size / max(1, events.count))
        count = max(1, min(Self.most, Self.bytes / average))
    }
}
