import Mangrove

/// One incarnation's use of a store's engine: everyone who works with the files does so through it, and it ends with the
/// process that opened it.
///
/// ```
///  open ──retire──▶ retiring (writes under way finish) ──last write returned──▶ retired: files closed, lease given back
///    └──────────────── retire, no write under way ──────────────────────────────▶
/// ```
final class EngineSession: Sendable {
    private struct State {
        var writing = 0
        var retiring = false
    }

    let engine: StoreEngine
    /// What was committed last.
    let recent = RecentEvents()
    private let lease: DirectoryLease
    private let blocking: any BlockingThreads
    private let state = Lock(State())

    init(_ engine: StoreEngine, _ lease: DirectoryLease, _ blocking: any BlockingThreads) {
        self.engine = engine
        self.lease = lease
        self.blocking = blocking
    }

    /// Runs work that changes the files, on a thread that may block.
    /// - Throws: ``StoreError/unavailable(store:why:)`` once retired; what `work` throws.
    func write<Result: Sendable>(_ work: @escaping @Sendable (StoreEngine) throws -> Result) async throws -> Result {
        try await blocking.run { [self] in
            let open = state.withLock { state -> Bool in
                if state.retiring { return false }
                state.writing += 1
                return true
            }
            guard open else { throw StoreError.unavailable(store: engine.store, why: "its engine has ended") }
            defer { finishWrite() }
            return try work(engine)
        }
    }

    /// Runs work that only reads, on a thread that may block.
    /// - Throws: what `work` throws: ``StoreError/unavailable(store:why:)`` once the engine has ended.
    func read<Result: Sendable>(_ work: @escaping @Sendable (StoreEngine) throws -> Result) async throws -> Result {
        try await blocking.run { [engine] in try work(engine) }
    }

    /// Ends the session: no further write begins. The files are closed and the lease is given back when the last write
    /// under way has returned.
    func retire() {
        let idle = state.withLock { state -> Bool in
            guard !state.retiring else { return false }
            state.retiring = true
            return state.writing == 0
        }
        if idle { end() }
    }

    private func finishWrite() {
        let last = state.withLock { state -> Bool in
            state.writing -= 1
            return state.retiring && state.writing == 0
        }
        if last { end() }
    }

    private func end() {
        engine.abandon()
        lease.release()
    }
}
