/// The specifications and processes of a supervisor's children: what its machine decides about, but need not know.
///
/// Readable from anywhere, so that a tree can be looked at while its supervisor is busy starting a child.
final class ChildRoster<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var spec: ChildSpec
        var cell: ProcessCell?
        /// When its restart is tried next, while it waits for that.
        var nextAttempt: RuntimeInstant?
    }

    private let entries: Lock<[Key: Entry]>

    init(_ specs: [Key: ChildSpec] = [:]) {
        entries = Lock(specs.mapValues { Entry(spec: $0, cell: nil) })
    }

    func learn(_ key: Key, _ spec: ChildSpec) {
        entries.withLock { $0[key] = Entry(spec: spec, cell: nil) }
    }

    /// Another specification for a child, from its next start on.
    func change(_ key: Key, _ spec: ChildSpec) {
        entries.withLock { $0[key]?.spec = spec }
    }

    /// Lets go of how a child starts, which is never started again.
    func forgetStart(_ key: Key) {
        entries.withLock { $0[key]?.spec.forgetStart() }
    }

    func forget(_ key: Key) {
        entries.withLock { $0[key] = nil }
    }

    func put(_ key: Key, _ cell: ProcessCell) {
        entries.withLock { entries in
            entries[key]?.cell = cell
            entries[key]?.nextAttempt = nil
        }
    }

    /// Notes when a child's restart is tried next.
    func awaits(_ key: Key, _ time: RuntimeInstant) {
        entries.withLock { $0[key]?.nextAttempt = time }
    }

    func nextAttempt(_ key: Key) -> RuntimeInstant? {
        entries.withLock { $0[key]?.nextAttempt }
    }

    func spec(_ key: Key) -> ChildSpec? {
        entries.withLock { $0[key]?.spec }
    }

    /// The process of a child, or the last one it had.
    func cell(_ key: Key) -> ProcessCell? {
        entries.withLock { $0[key]?.cell }
    }

    /// Stops one child and waits for its end.
    /// - Returns: what it ended with.
    func stop(
        _ key: Key,
        _ process: ProcessID,
        _ policy: ShutdownPolicy,
        during course: ShutdownCourse?
    ) async -> ExitReason {
        guard let cell = cell(key), cell.id == process else { return .noProcess }
        // Who stops a child learns of its end by waiting for it.
        cell.endSupervision()
        let reason = await cell.stop(.shutdown, within: policy, during: course)
        entries.withLock { entries in
            if entries[key]?.cell === cell, !cell.isHaunting { entries[key]?.cell = nil }
        }
        return reason
    }

    /// Empties the roster, for good: no child can be started from it any more.
    /// - Returns: the processes that were in it, oldest first, and how each is to be stopped.
    func removeAll() -> [Orphan] {
        entries.withLock { entries in
            defer { entries = [:] }
            return entries.values.compactMap { entry in
                entry.cell.map { Orphan(cell: $0, shutdown: entry.spec.shutdown) }
            }.sorted { $0.cell.id.serial < $1.cell.id.serial }
        }
    }
}

/// One child as its supervisor sees it.
struct ChildOverview: Sendable {
    var id: ChildID
    var kind: ChildKind
    var restart: RestartType
    var state: SupervisorMachine.ChildState
    var restarts: Int
    var lastExit: ExitReason?
    var nextAttempt: RuntimeInstant?
    var cell: ProcessCell?

    /// - Parameter nextAttempt: counts only while the child waits for its restart.
    init(
        id: ChildID,
        kind: ChildKind,
        restart: RestartType,
        state: SupervisorMachine.ChildState,
        restarts: Int,
        lastExit: ExitReason?,
        nextAttempt: RuntimeInstant?,
        cell: ProcessCell?
    ) {
        self.id = id
        self.kind = kind
        self.restart = restart
        self.state = state
        self.restarts = restarts
        self.lastExit = lastExit
        if case .restarting = state { self.nextAttempt = nextAttempt }
        self.cell = cell
    }
}
