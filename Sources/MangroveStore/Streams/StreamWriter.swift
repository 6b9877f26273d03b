import Mangrove

/// The writer of one stream: appends to it go through here in the order in which they came. It ends when it has been idle
/// for a while, and is started again when there is something to write.
///
/// It waits for the engine's decision, not for the disk: what is on its way is answered to the caller directly, and shares
/// its flush with everything else that is.
actor StreamWriter: ProcessActor {
    private let context: ProcessContext
    private let stream: String
    private let engine: Address<Store>
    private let idleLimit: Duration
    private var lastUse: RuntimeInstant

    init(_ context: ProcessContext, _ stream: String, _ place: StorePlace, _ names: StoreName) {
        self.context = context
        self.stream = stream
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        idleLimit = place.settings.writerIdle
        lastUse = context.runtime.clock.now()
        context.after(idleLimit, as: StreamWriter.self) { try $0.endIfIdle() }
    }

    /// Puts an append to the engine.
    /// - Returns: the append on its way to the disk.
    /// - Throws: ``StoreError`` or ``CallError``; nothing was appended, unless the process was killed meanwhile.
    func append(_ expected: ExpectedVersion, _ events: [NewEvent]) async throws -> PendingAppend {
        lastUse = context.runtime.clock.now()
        return try await engine.put(AppendRequest(stream: stream, expecting: expected, events))
    }

    private func endIfIdle() throws {
        let idle = lastUse.duration(to: context.runtime.clock.now())
        if idle >= idleLimit { throw Exit(.normal) }
        context.after(idleLimit - idle, as: StreamWriter.self) { try $0.endIfIdle() }
    }
}

extension Address<Store> {
    /// Puts an append to the engine, reading what it asks to be compared first.
    func put(_ request: AppendRequest) async throws -> PendingAppend {
        var known = ResolvedEvents()
        while true {
            let sent = known
            switch try await call({ try $0.stage(request, knowing: sent) }) {
            case .pending(let pending):
                return pending
            case .needsRead(let positions, let session):
                known.merge(try await session.read { engine in try engine.resolve(positions) })
            }
        }
    }
}
