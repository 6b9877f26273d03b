import Mangrove

/// Keeps a store's restart short: writes an index checkpoint at an interval when enough has come in, and closes files that
/// nobody reads.
actor PersistenceWorker: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let session: EngineSession
    private let interval: Duration
    private let events: Int
    private var covered: Int

    private init(_ runtime: Runtime, _ session: EngineSession, _ settings: StoreSettings) {
        self.runtime = runtime
        self.session = session
        interval = settings.checkpointInterval
        events = settings.checkpointEvents
        covered = session.engine.eventCount
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> PersistenceWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return PersistenceWorker(context.runtime, try await engine.call { $0.session }, place.settings)
    }

    func run() async throws {
        while true {
            try await runtime.sleep(for: interval)
            if session.engine.eventCount - covered >= events {
                covered = try await session.write { engine in try engine.writeCheckpoint() } ?? covered
            }
            try await session.read { engine in engine.closeIdleFiles() }
        }
    }
}
