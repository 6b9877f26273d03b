/// Something that leads to a process: a ``Ref`` to one incarnation, or an ``Address`` that finds whoever has a name.
public protocol ProcessReference<Target>: Sendable {
    /// The actor behind it.
    associatedtype Target: ProcessActor

    /// The process it leads to now.
    /// - Throws: ``CallError/noProcess(_:)``.
    func resolve() throws(CallError) -> Ref<Target>
}

/// One incarnation of a process.
///
/// A ref stays valid for as long as that incarnation lives and never leads to another one; what is asked of a dead one
/// throws ``CallError/noProcess(_:)``. It does not keep the actor alive.
public struct Ref<Target: ProcessActor>: ProcessReference, Hashable {
    @usableFromInline let cell: ProcessCell

    @usableFromInline
    init(_ cell: ProcessCell) {
        self.cell = cell
    }

    /// The incarnation's identity.
    public var id: ProcessID { cell.id }

    /// Where it stands in the supervision tree.
    public var path: String { cell.path }

    /// Whether it has ended.
    public var isDead: Bool { cell.gate.isDead }

    /// This ref.
    @inlinable
    public func resolve() throws(CallError) -> Ref<Target> { self }

    /// Whether both are the same incarnation.
    public static func == (first: Ref, second: Ref) -> Bool { first.cell === second.cell }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(cell.id) }

    /// Ends the process in good order, as a supervisor would: the turn under way completes, `terminate` runs.
    ///
    /// What waits in its mailbox is not done; its callers get ``CallError/exited(_:)``. Returns when the process is dead;
    /// whether it is restarted is its supervisor's decision.
    /// - Parameters:
    ///   - reason: what the process ends with, unless it was ending already.
    ///   - limit: after this it is killed; nil waits without bound.
    /// - Returns: what it ended with.
    @discardableResult
    public func stop(_ reason: ExitReason = .normal, within limit: Duration? = .seconds(5)) async -> ExitReason {
        await cell.stop(reason, within: limit.map { .within($0) } ?? .infinity)
    }

    /// Ends the process at once.
    ///
    /// To everyone it is dead when this returns: its mailbox is closed, its name is free, its monitors have been told. Its
    /// tasks are cancelled; a turn under way that does not look at its cancellation runs on, without effect on the system.
    public func kill() {
        cell.kill()
    }

    /// Waits until the process has ended.
    /// - Returns: what it ended with.
    public func exitReason() async -> ExitReason {
        await cell.awaitDeath()
    }

    /// Waits until the process has ended and nothing is left of what was below it.
    ///
    /// A supervisor that was killed is dead at once, while its children may take their time to stop: what is to take their
    /// place under the same names waits for this.
    /// - Returns: what it ended with.
    @discardableResult
    public func subtreeEnded() async -> ExitReason {
        let reason = await cell.awaitDeath()
        await cell.awaitRemains()
        return reason
    }
}

/// A name, as a way to reach whoever has it.
///
/// It resolves at each use, and so survives restarts: between the death of one incarnation and the start of the next,
/// calls throw ``CallError/noProcess(_:)``.
public struct Address<Target: ProcessActor>: ProcessReference {
    /// The name.
    public let name: ProcessName
    let runtime: Runtime
    private let last = LastHolder()

    init(_ name: ProcessName, in runtime: Runtime) {
        self.name = name
        self.runtime = runtime
    }

    /// The process that has the name now.
    /// - Throws: ``CallError/noProcess(_:)`` if nobody has it, or its holder is another kind of actor.
    public func resolve() throws(CallError) -> Ref<Target> {
        if let cell = last.living { return Ref(cell) }
        guard let cell = runtime.names.holder(of: name) else { throw CallError.noProcess("'\(name)'") }
        guard cell.runs(Target.self) else {
            throw CallError.noProcess("'\(name)' as \(Target.self): it belongs to another kind of process")
        }
        last.note(cell)
        return Ref(cell)
    }
}

/// Whom an address found last, so that it need not look again while that process lives: a process that has a name has it until
/// it is dead, and a name leads to nobody else meanwhile.
private final class LastHolder: Sendable {
    private let cell = InlineLock<ProcessCell?>(nil)

    var living: ProcessCell? {
        cell.withLock { cell in
            guard let found = cell else { return nil }
            // It is let go, so that an address that nobody uses keeps no more than one of the dead.
            if found.gate.isDead { cell = nil }
            return cell
        }
    }

    func note(_ found: ProcessCell) {
        cell.withLock { $0 = found }
    }
}
