/// Everyone who is affected by a process's death.
struct ProcessRelations {
    /// Frees the names and keys it holds.
    var registrations: [@Sendable () -> Void] = []
    /// The processes that monitor it.
    var monitors: [MonitorID: ProcessCell] = [:]
    /// The processes it is linked with.
    var links: [ProcessID: ProcessCell] = [:]
    /// The monitors it has on others.
    var monitoring: Set<MonitorID> = []
    /// Whoever else asked.
    var watchers: [@Sendable (ExitReason) -> Void] = []

    /// Tells them all.
    func announce(death reason: ExitReason, of process: ProcessCell) {
        for watcher in watchers { watcher(reason) }
        for (monitor, cell) in monitors { cell.deliverDown(Down(monitor: monitor, process: process.id, reason: reason)) }
        for cell in links.values { cell.deliverExit(from: process.id, reason) }
    }
}

extension ProcessCell {
    /// Has this process told of the end of `target`, at once if it has ended.
    func monitor(_ target: ProcessCell) -> MonitorID {
        let monitor = MonitorID(serial: runtime.nextSerial())
        state.withLock { _ = $0.relations.monitoring.insert(monitor) }
        let added = target.state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            state.relations.monitors[monitor] = self
            return true
        }
        if !added { deliverDown(Down(monitor: monitor, process: target.id, reason: .noProcess)) }
        return monitor
    }

    /// Takes a monitor back: no notice of it comes after this, not even one already under way.
    func demonitor(_ monitor: MonitorID, on target: ProcessCell) {
        state.withLock { _ = $0.relations.monitoring.remove(monitor) }
        target.state.withLock { _ = $0.relations.monitors.removeValue(forKey: monitor) }
    }

    /// Ties the two processes' fates together.
    func link(with other: ProcessCell) {
        guard other !== self else { return }
        let mine = addLink(other)
        let theirs = other.addLink(self)
        // A link to the dead is an exit signal at once.
        if mine, !theirs {
            removeLink(other.id)
            deliverExit(from: other.id, .noProcess)
        } else if theirs, !mine {
            other.removeLink(id)
        }
    }

    /// Unties them: no exit signal passes between the two after this.
    func unlink(from other: ProcessCell) {
        removeLink(other.id)
        other.removeLink(id)
    }

    private func addLink(_ other: ProcessCell) -> Bool {
        state.withLock { state in
            if case .dead = state.phase { return false }
            state.relations.links[other.id] = other
            return true
        }
    }

    private func removeLink(_ other: ProcessID) {
        state.withLock { _ = $0.relations.links.removeValue(forKey: other) }
    }

    func deliverDown(_ down: Down) {
        guard let handle = hooks.signal else { return }
        signal { [self] actor in
            let wanted = state.withLock { $0.relations.monitoring.remove(down.monitor) != nil }
            if wanted { try await handle(actor, .down(down)) }
        }
    }

    /// An exit signal: a process that handles signals is told, another one ends with the same reason unless it is `normal`.
    func deliverExit(from other: ProcessID, _ reason: ExitReason) {
        removeLink(other)
        if let handle = hooks.signal {
            signal { actor in try await handle(actor, .exit(other, reason)) }
        } else if case .normal = reason {
            return
        } else {
            requestStop(reason)
        }
    }
}
