extension ProcessContext {
    /// Sends another process an exit signal, as if this one were linked with it and had ended. Source: `erlang:exit/2`.
    ///
    /// A process that is ``SignalHandling`` is told, as a turn, and lives; any other one ends with `reason`, after the turn
    /// under way, unless that is ``ExitReason/normal``, which only a process's signal to itself heeds. A supervisor does not
    /// mind. ``ExitReason/killed`` kills, whoever it is. Of several signals the first decides. Nothing happens to the dead,
    /// nor if this process has ended itself.
    ///
    /// To ask a process to stop and wait for it, use ``Ref/stop(_:within:)``.
    public func sendExit<Target>(_ reason: ExitReason, to other: Ref<Target>) {
        guard !cell.gate.isDead else { return }
        other.cell.receiveExit(reason, from: id)
    }

    /// Has this process told when the one that has a name now ends; see ``monitor(_:)-(Ref<Target>)``.
    ///
    /// The name is resolved now: who takes it later is somebody else. If nobody has it the notice comes at once, with reason
    /// ``ExitReason/noProcess`` and a ``Down/process`` that no process ever was. ``Down/name`` says which name it was.
    /// Source: `erlang:monitor/2` of a registered name.
    @discardableResult
    public func monitor<Target>(_ address: Address<Target>) -> MonitorID {
        cell.monitor(runtime.names.holder(of: address.name), as: address.name)
    }

    /// Takes a monitor back, whomever it is of; its notice does not come any more, even if it was under way.
    public func demonitor(_ monitor: MonitorID) {
        cell.demonitor(monitor)
    }
}

extension Down {
    /// The name by which the process was monitored, if it was by name.
    public var name: ProcessName? { monitor.name }
}

extension ProcessCell {
    func receiveExit(_ reason: ExitReason, from sender: ProcessID) {
        if case .killed = reason { return kill() }
        if let handle = hooks.signal {
            return signal { actor in try await handle(actor, .exit(sender, reason)) }
        }
        guard !hooks.isSupervisor else { return }
        if case .normal = reason, sender != id { return }
        requestStop(reason)
    }

    /// Has this process told of the end of whoever has a name: at once if that is nobody.
    func monitor(_ holder: ProcessCell?, as name: ProcessName) -> MonitorID {
        let monitor = MonitorID(serial: runtime.nextSerial(), name: name)
        if let holder {
            self.monitor(holder, as: monitor)
            return monitor
        }
        let lives = state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            // Its own target, for want of another: only whether it is there matters.
            state.setAside().relations.monitoring[monitor] = self
            return true
        }
        let nobody = ProcessID(node: runtime.node, serial: runtime.nextSerial())
        if lives { deliverDown(Down(monitor: monitor, process: nobody, reason: .noProcess)) }
        return monitor
    }

    fileprivate func demonitor(_ monitor: MonitorID) {
        let target = state.withLock { $0.aside?.relations.monitoring.removeValue(forKey: monitor) }
        target?.removeMonitor(monitor)
    }
}
