import Mangrove

/// One partition of a store's readers: it reads for the streams that hash to it, one request at a time.
///
/// It belongs to one incarnation of the engine and ends with it.
actor StreamReader: ProcessActor {
    private let session: EngineSession
    private let refusal: StoreRefusal
    private let clock: any RuntimeClock
    private let upcasters: Upcasters

    private init(_ context: ProcessContext, _ session: EngineSession, _ place: StorePlace) {
        clock = context.runtime.clock
        upcasters = place.upcasters
        self.session = session
        refusal = StoreRefusal(context.runtime, place.store)
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> StreamReader {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return StreamReader(context, try await engine.call { $0.session }, place)
    }

    func read(
        _ stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        let now = now
        return try upcasters.upcast(
            try await refusal.watching {
                try await session.read { engine in
                    try engine.read(stream: stream, start: start, count: count, direction: direction, now: now)
                }
            }
        )
    }

    func readAll(start: Int, count: Int) async throws -> [RecordedEvent] {
        let now = now
        return try upcasters.upcast(
            try await refusal.watching {
                try await session.read { engine in try engine.readAll(start: start, count: count, now: now) }
            }
        )
    }

    func readAll(start: Int, count: Int, filter: EventFilter) async throws -> EventPage {
        let now = now
        return try await page { engine in try engine.readAll(start: start, count: count, filter: filter, now: now) }
    }

    func readAllBackward(start: Int?, count: Int, filter: EventFilter?) async throws -> EventPage {
        let now = now
        return try await page { engine in
            try engine.readAllBackward(start: start, count: count, filter: filter, now: now)
        }
    }

    private func page(_ read: @escaping @Sendable (StoreEngine) throws -> EventPage) async throws -> EventPage {
        var page = try await refusal.watching { try await session.read(read) }
        page.events = try upcasters.upcast(page.events)
        return page
    }

    func settings(of stream: String) async throws -> StreamSettings {
        try await refusal.watching {
            try await session.read { engine in try engine.settings(of: stream) }
        }
    }

    /// What is too old for its stream at this time is not read.
    private var now: Timestamp { Timestamp(microseconds: clock.civilMicroseconds()) }

    func version(of stream: String) -> Int {
        session.engine.version(of: stream)
    }

    func streams() async throws -> [StreamInfo] {
        try await session.read { engine in engine.streams() }
    }
}
