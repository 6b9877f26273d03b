import Mangrove

/// Keeps a store's restart short and its history sound: writes an index checkpoint at an interval when enough has come in,
/// closes files that nobody reads, and reads once, in small portions, what opening the store left unread.
actor PersistenceWorker: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let session: EngineSession
    private let refusal: StoreRefusal
    private let interval: Duration
    private let events: Int
    private var covered: Int

    private static let scrubPortion = 8 << 20
    private static let scrubPause = Duration.milliseconds(100)

    private init(_ context: ProcessContext, _ session: EngineSession, _ place: StorePlace) {
        runtime = context.runtime
        self.session = session
        refusal = StoreRefusal(context.runtime, place.store)
        interval = place.settings.checkpointInterval
        events = place.settings.checkpointEvents
        covered = session.engine.eventCount
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> PersistenceWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return PersistenceWorker(context, try await engine.call { $0.session }, place)
    }

    func run() async throws {
        if session.engine.durableBytes > LogOptions().checkedAtOpen { try await scrub() }
        while true {
            try await runtime.sleep(for: interval)
            if session.engine.eventCount - covered >= events { try await writeCheckpoint() }
            try await session.read { engine in engine.closeIdleFiles() }
        }
    }

    private func writeCheckpoint() async throws {
        do {
            covered = try await session.write { engine in try engine.writeCheckpoint() } ?? covered
        } catch StoreError.unavailable(let store, let why) where session.engine.failure == nil {
            // The older one still serves; a full disk, say, is no reason to restart what works.
            runtime.emit(StoreEvents.checkpointFailed) { (store, why) }
        }
    }

    private func scrub() async throws {
        var next: RecordLocation?
        repeat {
            try await runtime.sleep(for: Self.scrubPause)
            let start = next
            next = try await refusal.watching {
                try await session.read { engine in try engine.scrub(from: start, budget: Self.scrubPortion) }
            }
        } while next != nil
    }
}
