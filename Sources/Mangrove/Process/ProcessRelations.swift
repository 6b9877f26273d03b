/// Everyone who is affected by a process's death, and what of it must not outlive it.
struct ProcessRelations: Sendable {
    /// Frees the names and keys it holds.
    var registrations: [UInt64: @Sendable () -> Void] = [:]
    /// The processes that monitor it.
    var monitors: [MonitorID: ProcessCell] = [:]
    /// The processes it is linked with.
    var links: [ProcessID: ProcessCell] = [:]
    /// The monitors it has on others.
    var monitoring: [MonitorID: ProcessCell] = [:]
    /// Its timers; nil while one is being set.
    var timers: [UInt64: (any RuntimeTimer)?] = [:]
    /// What it owes its callers.
    var replies = OpenReplies()
    /// Whoever else asked.
    var watchers: [@Sendable (ExitReason) -> Void] = []

    /// Frees the names, takes back the timers, and leaves nothing in other processes.
    func release(by process: ProcessCell) {
        for (_, release) in registrations.sorted(by: { $0.key < $1.key }) { release() }
        for (_, timer) in timers { timer?.cancel() }
        for (monitor, target) in monitoring { target.removeMonitor(monitor) }
    }

    /// Tells them all, those who asked first first: an order that does not differ between equal runs.
    func announce(death reason: ExitReason, of process: ProcessCell) {
        replies.end(reason)
        for watcher in watchers { watcher(reason) }
        for (monitor, cell) in monitors.sorted(by: { $0.key.serial < $1.key.serial }) {
            cell.deliverDown(Down(monitor: monitor, process: process.id, reason: reason))
        }
        for (_, cell) in links.sorted(by: { $0.key.serial < $1.key.serial }) {
            cell.deliverExit(from: process.id, reason)
        }
    }
}

extension ProcessCell {
    // MARK: Monitors

    /// Has this process told of the end of `target`, at once if it has ended.
    func monitor(_ target: ProcessCell) -> MonitorID {
        let monitor = MonitorID(serial: runtime.nextSerial())
        self.monitor(target, as: monitor)
        return monitor
    }

    func monitor(_ target: ProcessCell, as monitor: MonitorID) {
        #if DEBUG || MANGROVE_FAULTS
            if runtime.isBroken(.forgetsMonitor) { return }
        #endif
        let lives = state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            state.setAside().relations.monitoring[monitor] = target
            return true
        }
        guard lives else { return }
        let added = target.state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            state.setAside().relations.monitors[monitor] = self
            return true
        }
        if !added { deliverDown(Down(monitor: monitor, process: target.id, reason: .noProcess)) }
        if gate.isDead { target.removeMonitor(monitor) }
    }

    /// Takes a monitor back: no notice of it comes after this, not even one already under way.
    func demonitor(_ monitor: MonitorID, on target: ProcessCell) {
        state.withLock { _ = $0.aside?.relations.monitoring.removeValue(forKey: monitor) }
        target.removeMonitor(monitor)
    }

    func removeMonitor(_ monitor: MonitorID) {
        state.withLock { _ = $0.aside?.relations.monitors.removeValue(forKey: monitor) }
    }

    func deliverDown(_ down: Down) {
        guard let handle = hooks.signal else {
            state.withLock { _ = $0.aside?.relations.monitoring.removeValue(forKey: down.monitor) }
            return
        }
        signal { [self] actor in
            let wanted = state.withLock { $0.aside?.relations.monitoring.removeValue(forKey: down.monitor) != nil }
            if wanted { try await handle(actor, .down(down)) }
        }
    }

    // MARK: Links

    /// Ties the two processes' fates together.
    func link(with other: ProcessCell) {
        guard other !== self else { return }
        let mine = addLink(other)
        let theirs = other.addLink(self)
        // A link to the dead is an exit signal at once.
        if mine, !theirs {
            deliverExit(from: other.id, .noProcess)
        } else if theirs, !mine {
            other.removeLink(id)
        }
    }

    /// Unties them: no exit signal passes between the two after this, not even one already under way.
    func unlink(from other: ProcessCell) {
        removeLink(other.id)
        other.removeLink(id)
    }

    private func addLink(_ other: ProcessCell) -> Bool {
        state.withLock { state in
            if case .dead = state.phase { return false }
            state.setAside().relations.links[other.id] = other
            return true
        }
    }

    @discardableResult
    private func removeLink(_ other: ProcessID) -> Bool {
        state.withLock { $0.aside?.relations.links.removeValue(forKey: other) != nil }
    }

    /// An exit signal: a process that handles signals is told, a supervisor does not mind, another one ends with the same
    /// reason unless it is `normal`.
    func deliverExit(from other: ProcessID, _ reason: ExitReason) {
        if let handle = hooks.signal {
            // The link stands until the notice is taken up, so that unlinking meanwhile takes it back.
            signal { [self] actor in
                if removeLink(other) { try await handle(actor, .exit(other, reason)) }
            }
        } else if removeLink(other), !hooks.isSupervisor {
            if case .normal = reason { return }
            requestStop(reason)
        }
    }

    // MARK: Timers

    /// Sets a timer that ends with the process; `action` runs on the clock's thread.
    func setTimer(after delay: Duration, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        let number = runtime.nextSerial()
        let lives = state.withLock { state -> Bool in
            if case .dead = state.phase { return false }
            state.setAside().relations.timers[number] = .some(nil)
            return true
        }
        let timer = ProcessTimer(self, number)
        guard lives else { return timer }
        let underlying = runtime.clock.schedule(after: delay) { [self] in
            if takeTimer(number) != nil { action() }
        }
        let over = state.withLock { state -> Bool in
            guard let aside = state.aside, aside.relations.timers[number] != nil else { return true }
            aside.relations.timers[number] = underlying
            return false
        }
        if over { underlying.cancel() }
        return timer
    }

    /// - Returns: the timer, if it was set: nil inside while it is being set.
    fileprivate func takeTimer(_ number: UInt64) -> (any RuntimeTimer)?? {
        state.withLock { $0.aside?.relations.timers.removeValue(forKey: number) }
    }
}

private final class ProcessTimer: RuntimeTimer {
    private let cell: ProcessCell
    private let number: UInt64

    init(_ cell: ProcessCell, _ number: UInt64) {
        self.cell = cell
        self.number = number
    }

    func cancel() -> Bool {
        guard let taken = cell.takeTimer(number) else { return false }
        taken?.cancel()
        return true
    }
}
