/// What a process knows of itself and can ask of its runtime; handed to the closure that starts it.
///
/// Everything asked through it belongs to this incarnation: monitors, links and timers are gone when it ends.
public struct ProcessContext: Sendable {
    let cell: ProcessCell

    /// The incarnation's identity.
    public var id: ProcessID { cell.id }

    /// Its name, if it has one.
    public var name: ProcessName? { cell.name }

    /// Where it stands in the supervision tree.
    public var path: String { cell.path }

    /// The runtime it lives in.
    public var runtime: Runtime { cell.runtime }

    /// A ref to the process itself; `type` is its actor.
    ///
    /// What is sent through it while the process is still starting waits until it has started.
    /// - Throws: ``CallError/noProcess(_:)`` if the process runs another kind of actor.
    public func ref<Target: ProcessActor>(as type: Target.Type) throws(CallError) -> Ref<Target> {
        guard cell.runs(type) else {
            throw .noProcess("\(cell.label) as \(Target.self): it is another kind of process")
        }
        return Ref(cell)
    }

    /// Has this process told when another one ends: ``SignalHandling/handle(_:)`` receives ``Signal/down(_:)``, once.
    ///
    /// If the other has ended already, the notice comes at once, with reason ``ExitReason/noProcess``. Two monitors on one
    /// process give two notices. Source: `erlang:monitor/2`.
    @discardableResult
    public func monitor<Target>(_ other: Ref<Target>) -> MonitorID {
        cell.monitor(other.cell)
    }

    /// Takes a monitor back; its notice does not come any more, even if it was under way.
    public func demonitor<Target>(_ monitor: MonitorID, of other: Ref<Target>) {
        cell.demonitor(monitor, on: other.cell)
    }

    /// Ties the fates of two processes together: when one ends with a reason other than `normal`, so does the other, unless
    /// it is ``SignalHandling`` and is told instead. Source: `erlang:link/1`.
    public func link<Target>(with other: Ref<Target>) {
        cell.link(with: other.cell)
    }

    /// Unties two linked processes.
    public func unlink<Target>(from other: Ref<Target>) {
        cell.unlink(from: other.cell)
    }
}
