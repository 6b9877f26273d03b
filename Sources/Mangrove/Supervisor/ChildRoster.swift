/// The specifications and processes of a supervisor's children: what its machine decides about, but need not know.
///
/// Readable from anywhere, so that a tree can be looked at while its supervisor is busy starting a child.
final class ChildRoster<Key: Hashable & Sendable>: Sendable {
    private struct Entry {
        var spec: ChildSpec
        var cell: ProcessCell?
    }

    private let entries: Lock<[Key: Entry]>

    init(_ specs: [Key: ChildSpec] = [:]) {
        entries = Lock(specs.mapValues { Entry(spec: $0, cell: nil) })
    }

    func learn(_ key: Key, _ spec: ChildSpec) {
        entries.withLock { $0[key] = Entry(spec: spec, cell: nil) }
    }

    func forget(_ key: Key) {
        entries.withLock { $0[key] = nil }
    }

    func put(_ key: Key, _ cell: ProcessCell) {
        entries.withLock { $0[key]?.cell = cell }
    }

    func spec(_ key: Key) -> ChildSpec? {
        entries.withLock { $0[key]?.spec }
    }

    func cell(_ key: Key) -> ProcessCell? {
        entries.withLock { $0[key]?.cell }
    }

    /// Stops one child and waits for its end.
    /// - Returns: what it ended with.
    func stop(_ key: Key, _ process: ProcessID, _ policy: ShutdownPolicy) async -> ExitReason {
        guard let cell = cell(key), cell.id == process else { return .noProcess }
        let reason = await cell.stop(.shutdown, within: policy)
        entries.withLock { entries in
            if entries[key]?.cell === cell { entries[key]?.cell = nil }
        }
        return reason
    }

    /// Empties the roster.
    /// - Returns: the processes that were in it.
    func removeAll() -> [ProcessCell] {
        entries.withLock { entries in
            defer { entries = [:] }
            return entries.values.compactMap(\.cell).sorted { $0.id.serial < $1.id.serial }
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
    var cell: ProcessCell?
}
