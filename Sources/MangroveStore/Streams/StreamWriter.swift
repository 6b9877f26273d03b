import Mangrove

/// The writer of one stream: appends to it begin here. It ends when it has been idle for a while, and is started again when
/// there is something to write.
///
/// It waits for nothing: the engine answers the caller directly, and what is on its way shares its flush with everything
/// else that is.
actor StreamWriter: ProcessActor {
    private let context: ProcessContext
    private let store: String
    private let engine: Address<Store>
    private let idleLimit: Duration
    private var lastUse: RuntimeInstant

    init(_ context: ProcessContext, _ place: StorePlace, _ names: StoreName) {
        self.context = context
        store = place.store
        engine = context.runtime.address(names.name(.engine), of: Store.self)
        idleLimit = place.settings.writerIdle
        lastUse = context.runtime.clock.now()
        context.after(idleLimit, as: StreamWriter.self) { try $0.endIfIdle() }
    }

    /// Begins an append.
    /// - Returns: what to put it to the engine with.
    func begin() -> AppendTicket {
        lastUse = context.runtime.clock.now()
        return AppendTicket(store, engine)
    }

    private func endIfIdle() throws {
        let idle = lastUse.duration(to: context.runtime.clock.now())
        if idle >= idleLimit { throw Exit(.normal) }
        context.after(idleLimit - idle, as: StreamWriter.self) { try $0.endIfIdle() }
    }
}

extension Address<Store> {
    /// Makes changes of facts, all of them or none, and returns when they are durable.
    /// - Throws: ``StoreError`` or ``CallError``; only ``StoreError/outcomeUnknown(store:why:)`` and a call that was cut off
    ///   leave open whether anything was changed.
    func record(_ changes: [FactChange]) async throws {
        try await call { try $0.stage(facts: changes) }.durable()
    }

    /// Puts an append to the engine, reading what it asks to be compared first.
    func put(_ request: AppendRequest) async throws -> PendingAppend {
        var known = ResolvedEvents()
        while true {
            let sent = known
            switch try await call({ try $0.stage(request, knowing: sent) }) {
            case .pending(let pending, _):
                return pending
            case .needsRead(let positions, let session):
                known.merge(try await session.read { engine in try engine.resolve(positions) })
            }
        }
    }
}
