internal import Synchronization

/// How many of a supervisor's children share work by key; children added later do not change it, or keys would move.
final class Partitions: Sendable {
    /// How many there can be; nil where the supervisor was not made for sharing work, and its first children do all the same.
    let original: Int?
    private let used: Atomic<Int>

    init(_ original: Int?, children: Int) {
        self.original = original
        used = Atomic(original ?? children)
    }

    /// How many are in use.
    var inUse: Int {
        get { used.load(ordering: .acquiring) }
        set { used.store(newValue, ordering: .releasing) }
    }
}

extension ProcessReference where Target == SupervisorProcess {
    /// The partition that `key` belongs to: always the same one, in every program and on every machine, as long as their
    /// number is the same.
    /// - Throws: ``CallError/noProcess(_:)`` while that partition is not running.
    public func partition<Process: ProcessActor>(
        for key: some StableHashable,
        as type: Process.Type
    ) throws(CallError) -> Ref<Process> {
        let cell = try resolve().cell
        guard let supervisor = cell.supervisor(), case let count = supervisor.partitions.inUse, count > 0 else {
            throw .noProcess(cell.path)
        }
        return try supervisor.child(ChildID(key.stablePartition(of: count)), as: type, below: cell)
    }

    /// How many partitions a ``PartitionSupervisor`` uses.
    /// - Throws: ``SupervisorError/notPartitioned``; ``CallError/noProcess(_:)`` if the supervisor is not there.
    public func partitionCount() throws -> Int {
        let cell = try resolve().cell
        guard let supervisor = cell.supervisor() else { throw CallError.noProcess(cell.label) }
        guard supervisor.partitions.original != nil else { throw SupervisorError.notPartitioned }
        return supervisor.partitions.inUse
    }

    /// Has a ``PartitionSupervisor`` use another number of its partitions, up to the number it was made with.
    ///
    /// With fewer, keys spread over the first `count` from now on, and the others are stopped, last first; their
    /// specifications stay. With more, the partitions are started again before keys lead to them. Keys move either way.
    /// Source: Elixir's `PartitionSupervisor.resize!/2`.
    /// - Parameter count: how many to use, from 0 to the original number.
    /// - Throws: ``SupervisorError``: the count is out of bounds, the supervisor has no partitions, or a partition failed to
    ///   start and those before it are in use. ``CallError`` if the supervisor is not there.
    public func resize(toPartitions count: Int) async throws {
        try await call(timeout: nil) { try await $0.resize(toPartitions: count) }
    }
}

extension SupervisorProcess {
    fileprivate func resize(toPartitions count: Int) async throws {
        guard let original = partitions.original else { throw SupervisorError.notPartitioned }
        guard (0...original).contains(count) else { throw SupervisorError.partitions(count, of: original) }
        let present = partitions.inUse
        if count < present {
            partitions.inUse = count
            for number in (count..<present).reversed() { try await terminateChild(ChildID(number)) }
        }
        for number in present..<max(count, present) {
            do {
                _ = try await restartChild(ChildID(number))
            } catch SupervisorError.running, SupervisorError.restarting {
                // Started by other means meanwhile.
            }
            partitions.inUse = number + 1
        }
    }
}
