import Mangrove

/// One partition of a store's writers of snapshots: it writes those of the sources and streams that hash to it, one after
/// the other, each durable before the next.
///
/// It belongs to one incarnation of the engine and ends with it.
actor SnapshotWriter: ProcessActor {
    private let runtime: Runtime
    private let session: EngineSession
    private let engine: Address<Store>

    private init(_ context: ProcessContext, _ session: EngineSession, _ engine: Address<Store>) {
        runtime = context.runtime
        self.session = session
        self.engine = engine
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> SnapshotWriter
    {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return SnapshotWriter(context, try await engine.call { $0.session }, engine)
    }

    /// Records a snapshot in place of the one that may be there, and in the same record drops those of its source and
    /// stream that are older than the newest `kept`.
    func record(_ snapshot: Snapshot, keeping kept: Int?) async throws {
        let now = Timestamp(microseconds: runtime.clock.civilMicroseconds())
        var changes = [
            FactChange(.snapshots, SnapshotRecord.key(snapshot.id), SnapshotRecord.encode(snapshot, created: now))
        ]
        if let kept {
            let (source, stream) = (snapshot.id.source, snapshot.id.stream)
            var versions = Set(try session.engine.snapshots(source: source, stream: stream).map(\.version))
            versions.insert(snapshot.id.version)
            for version in versions.sorted().dropLast(kept) {
                let old = SnapshotID(source: source, stream: stream, version: version)
                changes.append(FactChange(.snapshots, SnapshotRecord.key(old), nil))
            }
        }
        try await engine.record(changes)
    }

    /// Removes a snapshot; fine if it is not there.
    func delete(_ id: SnapshotID) async throws {
        try await engine.record([FactChange(.snapshots, SnapshotRecord.key(id), nil)])
    }
}

/// One partition of a store's readers of snapshots.
///
/// It belongs to one incarnation of the engine and ends with it.
actor SnapshotReader: ProcessActor {
    private let session: EngineSession
    private let refusal: StoreRefusal

    private init(_ session: EngineSession, _ refusal: StoreRefusal) {
        self.session = session
        self.refusal = refusal
    }

    static func start(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) async throws -> SnapshotReader
    {
        let engine = context.runtime.address(names.name(.engine), of: Store.self)
        return SnapshotReader(try await engine.call { $0.session }, StoreRefusal(context.runtime, place.store))
    }

    func read(_ id: SnapshotID) async throws -> Snapshot? {
        try await refusal.watching {
            try await session.read { engine in try engine.snapshot(id) }
        }
    }

    func latest(source: String, stream: String, upTo version: Int?) async throws -> Snapshot? {
        try await refusal.watching {
            try await session.read { engine in
                try engine.latestSnapshot(source: source, stream: stream, upTo: version)
            }
        }
    }

    func list(source: String?, stream: String?) async throws -> [SnapshotID] {
        try await refusal.watching {
            try await session.read { engine in try engine.snapshots(source: source, stream: stream) }
        }
    }
}
