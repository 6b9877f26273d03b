import Mangrove

/// Reads what a subscription follows, page by page, from the log of one incarnation of the engine.
struct SourceReader: Sendable {
    /// Events in order, some that do not match among them.
    struct Page: Sendable {
        var events: [RecordedEvent]
        /// The place behind them.
        var next: Int
        /// Whether that was all there is.
        var isLast: Bool
    }

    let session: EngineSession
    let source: SubscriptionSource
    private let refusal: StoreRefusal
    private let clock: any RuntimeClock

    private static let portion = 512

    static func open(
        _ context: ProcessContext,
        _ names: StoreName,
        _ source: SubscriptionSource
    ) async throws -> SourceReader {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        let session = try await engine.call { $0.session }
        session.recent.want()
        let refusal = StoreRefusal(context.runtime, session.engine.store)
        return SourceReader(session: session, source: source, refusal: refusal, clock: context.runtime.clock)
    }

    /// The place behind the last durable event.
    var end: Int { source.end(in: session.engine) }

    /// The place that is meant by a start point.
    func place(of start: StartPoint) -> Int {
        switch start {
        case .beginning: 0
        case .at(let place): place
        case .end: end
        }
    }

    /// Reads from a place on, which is before the end.
    /// - Throws: ``StoreError/damaged(store:file:offset:what:)``; ``StoreError/unavailable(store:why:)``.
    func read(from place: Int, most: Int = portion) async throws -> Page {
        let end = end
        let count = min(most, Self.portion)
        if let events = recent(from: place, count) {
            let next = events.last.map { source.place(of: $0) + 1 } ?? place
            return Page(events: events, next: next, isLast: next >= end)
        }
        let now = Timestamp(microseconds: clock.civilMicroseconds())
        return try await refusal.watching {
            try await session.read { [source] engine in
                if let filter = source.filter {
                    let page = try engine.readAll(start: place, count: count, filter: filter, now: now)
                    return Page(events: page.events, next: max(place, page.next), isLast: page.isAtEnd)
                }
                let events =
                    if let stream = source.stream {
                        try engine.read(stream: stream, start: place, count: count, now: now)
                    } else {
                        try engine.readAll(start: place, count: count, now: now)
                    }
                // Nothing where something should be was there once: it is passed over.
                let next = events.last.map { source.place(of: $0) + 1 } ?? end
                return Page(events: events, next: next, isLast: next >= end)
            }
        }
    }

    /// The same from memory, if it is there. Events that are encrypted are so there too: they are read and opened.
    private func recent(from place: Int, _ count: Int) -> [RecordedEvent]? {
        let events =
            if let stream = source.stream {
                session.recent.events(of: stream, from: place, count: count)
            } else {
                session.recent.events(from: place, count: count)
            }
        return events.flatMap { $0.contains { $0.isSealed } ? nil : $0 }
    }

    /// The events at these places, as far as they are there.
    /// - Throws: as ``read(from:most:)``.
    func events(at places: [Int]) async throws -> [Int: RecordedEvent] {
        guard !places.isEmpty else { return [:] }
        return try await refusal.watching {
            try await session.read { [source] engine in
                var events: [Int: RecordedEvent] = [:]
                for place in places {
                    let found =
                        if let stream = source.stream {
                            try engine.read(stream: stream, start: place, count: 1)
                        } else {
                            try engine.readAll(start: place, count: 1)
                        }
                    // Where an event is gone, the next one comes instead.
                    if let event = found.first, source.place(of: event) == place { events[place] = event }
                }
                return events
            }
        }
    }
}

extension SubscriptionSource {
    /// The place behind the last durable event that it can follow.
    func end(in engine: StoreEngine) -> Int {
        stream.map { engine.version(of: $0) + 1 } ?? engine.eventCount
    }
}
