/// One incarnation of a process, whatever kind of actor it is.
///
/// What lists and events carry where processes of different kinds stand side by side: the members of a group, the holders of
/// a key. Like a ``Ref`` it never leads to another incarnation and does not keep the actor alive. OTP's `pid()`.
///
/// ```swift
/// for member in groups.members(of: "room") { try member.ref(as: Room.self)?.cast { $0.close() } }
/// ```
public struct AnyRef: Hashable, Sendable {
    let cell: ProcessCell

    init(_ cell: ProcessCell) {
        self.cell = cell
    }

    /// Forgets what kind of actor `ref` leads to.
    public init<Target: ProcessActor>(_ ref: Ref<Target>) {
        cell = ref.cell
    }

    /// The incarnation's identity.
    public var id: ProcessID { cell.id }

    /// Where it stands in the supervision tree.
    public var path: String { cell.path }

    /// Whether it has ended.
    public var isDead: Bool { cell.gate.isDead }

    /// The same incarnation as a `Target`, or nil if its actor is of another kind.
    public func ref<Target: ProcessActor>(as type: Target.Type) -> Ref<Target>? {
        cell.runs(type) ? Ref(cell) : nil
    }

    /// Ends the process at once; see ``Ref/kill()``.
    public func kill() {
        cell.kill()
    }

    /// Waits until the process has ended.
    /// - Returns: what it ended with.
    public func exitReason() async -> ExitReason {
        await cell.awaitDeath()
    }

    /// Whether both are the same incarnation.
    public static func == (first: AnyRef, second: AnyRef) -> Bool { first.cell === second.cell }

    /// Hashes the identity.
    public func hash(into hasher: inout Hasher) { hasher.combine(cell.id) }
}

extension AnyRef: CustomStringConvertible {
    /// The identity: `<42>`.
    public var description: String { id.description }
}
