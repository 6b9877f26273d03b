import Mangrove

/// Keeps a store's restart short, its history sound and its disk in use for what is there: writes an index checkpoint at an
/// interval when enough has come in, closes files that nobody reads, reads once, in small portions, what opening the store
/// left unread, and rewrites segments of which enough is gone.
actor PersistenceWorker: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let session: EngineSession
    private let refusal: StoreRefusal
    private let interval: Duration
    private let events: Int
    private let compaction: (interval: Duration, share: Double)
    private let engine: Address<Store>
    private let controls: StoreControls

    private static let scrubPortion = 8 << 20
    private static let scrubPause = Duration.milliseconds(100)

    private init(
        _ context: ProcessContext,
        _ session: EngineSession,
        _ engine: Address<Store>,
        _ place: StorePlace
    ) {
        self.engine = engine
        controls = place.controls
        compaction = (place.settings.compactionInterval, Double(place.settings.compactionPercent) / 100)
        runtime = context.runtime
        self.session = session
        refusal = StoreRefusal(context.runtime, place.store)
        interval = place.settings.checkpointInterval
        events = place.settings.checkpointEvents
    }

    static func start(
        _ context: ProcessContext,
        _ place: StorePlace,
        _ names: StoreName
    ) async throws -> PersistenceWorker {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return PersistenceWorker(context, try await engine.call { $0.session }, engine, place)
    }

    func run() async throws {
        if session.engine.durableBytes > LogOptions().checkedAtOpen { try await scrub() }
        var compacted = runtime.clock.now()
        while true {
            try await runtime.sleep(for: interval)
            if compacted.duration(to: runtime.clock.now()) >= compaction.interval {
                try await compactInBackground()
                compacted = runtime.clock.now()
            }
            if session.engine.uncovered >= events { try await writeCheckpoint() }
            try await session.read { engine in engine.closeIdleFiles() }
        }
    }

    /// Writes a checkpoint before its time, because much has come in since the last.
    func writeCheckpointEarly() async throws {
        if session.engine.needsCheckpoint { try await writeCheckpoint() }
    }

    private func writeCheckpoint() async throws {
        do {
            try await faultPoint("store.beforeCheckpoint")
            _ = try await session.write { engine in try engine.writeCheckpoint() }
        } catch StoreError.unavailable(let store, let why) where session.engine.failure == nil {
            // The older one still serves; a full disk, say, is no reason to restart what works.
            runtime.emit(StoreEvents.checkpointFailed) { (store, why) }
        }
    }

    /// Rewrites the segments of which at least a share is of no more use, one after the other, and writes a checkpoint.
    ///
    /// What is too old for its stream is first declared gone, durably.
    /// - Throws: ``StoreError``; what was done until then stays done.
    func compact(share: Double) async throws -> CompactionReport {
        let now = Timestamp(microseconds: runtime.clock.civilMicroseconds())
        let retention = controls.retention(of: session.engine.store)
        let expired = try await session.read { engine in try engine.expired(at: now, retention: retention) }
        for (stream, version) in expired {
            do {
                try await engine.call { try $0.stage(.truncate(before: version), of: stream) }.durable()
            } catch StoreError.streamDeleted {
                // Ended meanwhile: all of it is gone.
            }
        }
        var report = CompactionReport()
        for segment in try await session.read({ engine in engine.compactable(share: share) }) {
            let part = try await refusal.watching {
                try await session.write { engine in try engine.compact(segment) }
            }
            report.add(part)
        }
        guard report.segments > 0 else { return report }
        try await writeCheckpoint()
        let done = report
        runtime.emit(StoreEvents.compacted) { [store = session.engine.store] in (store, done.summary) }
        return report
    }

    private func compactInBackground() async throws {
        do {
            _ = try await compact(share: compaction.share)
        } catch StoreError.unavailable(let store, let why) where session.engine.failure == nil {
            // The segments that are there still serve; a full disk, say, is no reason to restart what works.
            runtime.emit(StoreEvents.compactionFailed) { (store, why) }
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
