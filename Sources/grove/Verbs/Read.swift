import MangroveStore

/// `grove read`: prints the events of a stream, or of all, page by page.
func readEvents(_ options: ReadOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    var page = Page()
    var left = options.count ?? .max
    var start = options.from
    while left > 0 {
        let (events, next) = try await load(options, gateway, start, min(page.count, left))
        for event in events { try console.output.append { event.appendLine(to: &$0) } }
        try console.output.flush()
        guard let next else { break }
        left -= events.count
        page.adapt(to: events)
        start = next
    }
    return .done
}

/// The events of a page, and where the next one begins; nil if there is none.
private func load(
    _ options: ReadOptions,
    _ gateway: any Gateway,
    _ start: Int?,
    _ count: Int
) async throws -> ([RecordedEvent], Int?) {
    let store = options.store
    switch (options.stream, options.direction, options.filter) {
    case (let stream?, let direction, _):
        let events = try await gateway.read(
            from: store,
            stream: stream,
            start: start,
            count: count,
            direction: direction
        )
        // Fewer than asked for is the end.
        guard events.count == count, let last = events.last else { return (events, nil) }
        let next = last.version + (direction == .forward ? 1 : -1)
        return (events, next < 0 ? nil : next)
    case (nil, .forward, nil):
        let events = try await gateway.readAll(from: store, start: start ?? 0, count: count)
        return (events, events.count == count ? events.last.map { $0.position + 1 } : nil)
    case (nil, .forward, let filter?):
        let page = try await gateway.readAll(from: store, start: start ?? 0, count: count, filter: filter)
        return (page.events, page.isAtEnd ? nil : page.next)
    case (nil, .backward, let filter):
        let page = try await gateway.readAllBackward(from: store, start: start, count: count, filter: filter)
        return (page.events, page.isAtEnd ? nil : page.next)
    }
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
