/// The specifications and processes of a supervisor's children: what its machine decides about, but need not know.
///
/// Readable from anywhere, so that a tree can be looked at while its supervisor is busy starting a child.
final class ChildRoster<Table: RosterTable>: Sendable {
    typealias Key = Table.Key

    private struct State {
        var entries: Table
        /// When restarts are tried next, of those that wait for that.
        var nextAttempts: [Key: RuntimeInstant] = [:]
    }

    private let state: Lock<State>

    init(_ entries: Table) {
        state = Lock(State(entries: entries))
    }

    func learn(_ key: Key, _ spec: ChildSpec) {
        state.withLock { $0.entries.insert(key, RosterEntry(spec: spec)) }
    }

    /// Another specification for a child, from its next start on.
    func change(_ key: Key, _ spec: ChildSpec) {
        state.withLock { $0.entries.update(key) { $0.spec = spec } }
    }

    /// Lets go of how a child starts, which is never started again.
    func forgetStart(_ key: Key) {
        state.withLock { $0.entries.update(key) { $0.spec.forgetStart() } }
    }

    func forget(_ key: Key) {
        state.withLock { state in
            state.entries.remove(key)
            if !state.nextAttempts.isEmpty { state.nextAttempts[key] = nil }
        }
    }

    func put(_ key: Key, _ cell: ProcessCell) {
        state.withLock { state in
            state.entries.update(key) { $0.cell = cell }
            if !state.nextAttempts.isEmpty { state.nextAttempts[key] = nil }
        }
    }

    /// Notes when a child's restart is tried next.
    func awaits(_ key: Key, _ time: RuntimeInstant) {
        state.withLock { state in
            if state.entries[key] != nil { state.nextAttempts[key] = time }
        }
    }

    func spec(_ key: Key) -> ChildSpec? {
        state.withLock { $0.entries[key]?.spec }
    }

    /// How a child is started, and its process or the last one it had.
    func startFacts(_ key: Key) -> (spec: ChildSpec, previous: ProcessCell?)? {
        state.withLock { state in state.entries[key].map { ($0.spec, $0.cell) } }
    }

    /// The process of a child, or the last one it had.
    func cell(_ key: Key) -> ProcessCell? {
        state.withLock { $0.entries[key]?.cell }
    }

    /// A child as its supervisor sees it.
    func overview(_ key: Key, _ child: some SupervisedChild) -> ChildOverview {
        let (cell, nextAttempt) = state.withLock { ($0.entries[key]?.cell, $0.nextAttempts[key]) }
        return ChildOverview(child, nextAttempt: nextAttempt, cell: cell)
    }

    /// Stops one child where that needs no waiting: it is idle and has nothing to finish.
    /// - Returns: what it ended with; nil if it is to be stopped in the other way.
    func stopNow(_ key: Key, _ process: ProcessID, _ policy: ShutdownPolicy) -> ExitReason? {
        if policy == .brutalKill { return nil }
        guard let cell = cell(key), cell.id == process, cell.endIfIdle(.shutdown) else { return nil }
        letGo(of: cell, key)
        return .shutdown
    }

    private func letGo(of cell: ProcessCell, _ key: Key) {
        if cell.isHaunting { return }
        state.withLock { state in
            state.entries.update(key) { entry in
                if entry.cell === cell { entry.cell = nil }
            }
        }
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
        #if DEBUG || MANGROVE_FAULTS
            if cell.runtime.isBroken(.restartsBeforeStopped) {
                cell.requestStop(.shutdown)
                return .shutdown
            }
        #endif
        let reason = await cell.stop(.shutdown, within: policy, during: course)
        letGo(of: cell, key)
        return reason
    }

    /// Empties the roster, for good: no child can be started from it any more.
    /// - Returns: the processes that were in it, oldest first, and how each is to be stopped.
    func removeAll() -> [Orphan] {
        let left = state.withLock { state -> [RosterEntry] in
            defer {
                state.entries = Table()
                state.nextAttempts = [:]
            }
            return state.entries.allValues
        }
        return left.compactMap { entry in
            entry.cell.map { Orphan(cell: $0, shutdown: entry.spec.shutdown) }
        }.sorted { $0.cell.id.serial < $1.cell.id.serial }
    }
}

/// How a child is started, and its process or the last one it had.
struct RosterEntry: Sendable {
    var spec: ChildSpec
    var cell: ProcessCell?
}

/// Where a roster keeps its entries: by id where ids tell children apart, by number where they do not.
protocol RosterTable: Sendable {
    associatedtype Key: Hashable & Sendable

    init()
    subscript(key: Key) -> RosterEntry? { get }
    var allValues: [RosterEntry] { get }
    mutating func insert(_ key: Key, _ entry: RosterEntry)
    mutating func update(_ key: Key, _ change: (inout RosterEntry) -> Void)
    mutating func remove(_ key: Key)
}

extension NumberedTable: RosterTable where Value == RosterEntry {
    var allValues: [RosterEntry] { map(\.value) }
}

extension Dictionary: RosterTable where Key == ChildID, Value == RosterEntry {
    var allValues: [RosterEntry] { Array(values) }

    mutating func insert(_ key: Key, _ entry: RosterEntry) { self[key] = entry }

    mutating func update(_ key: Key, _ change: (inout RosterEntry) -> Void) {
        if let place = index(forKey: key) { change(&values[place]) }
    }

    mutating func remove(_ key: Key) { self[key] = nil }
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
    init(_ child: some SupervisedChild, nextAttempt: RuntimeInstant?, cell: ProcessCell?) {
        id = child.id
        kind = child.kind
        restart = child.restart
        state = child.state
        restarts = child.restarts
        lastExit = child.lastExit
        if case .restarting = state { self.nextAttempt = nextAttempt }
        self.cell = cell
    }
}
