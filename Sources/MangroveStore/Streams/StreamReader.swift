import Mangrove

/// One partition of a store's readers: it reads for the streams that hash to it, one request at a time.
///
/// It belongs to one incarnation of the engine and ends with it.
actor StreamReader: ProcessActor {
    private let session: EngineSession
    private let refusal: StoreRefusal

    private init(_ session: EngineSession, _ refusal: StoreRefusal) {
        self.session = session
        self.refusal = refusal
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> StreamReader {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return StreamReader(try await engine.call { $0.session }, StoreRefusal(context.runtime, place.store))
    }

    func read(
        _ stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent] {
        try await refusal.watching {
            try await session.read { engine in
                try engine.read(stream: stream, start: start, count: count, direction: direction)
            }
        }
    }

    func readAll(start: Int, count: Int) async throws -> [RecordedEvent] {
        try await refusal.watching {
            try await session.read { engine in try engine.readAll(start: start, count: count) }
        }
    }

    func version(of stream: String) -> Int {
        session.engine.version(of: stream)
    }

    func streams() async throws -> [StreamInfo] {
        try await session.read { engine in engine.streams() }
    }
}
