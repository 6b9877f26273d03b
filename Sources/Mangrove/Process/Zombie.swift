/// What becomes of a child that was killed and whose code does not return.
///
/// A kill ends a process at once for everyone, but Swift cannot stop code that is running: a turn, a `run` or a start that
/// does not look at its cancellation goes on. One second after the kill it is called a *zombie*: it is counted and named
/// (``Runtime/zombies``, ``ProcessTree/Node/zombies``) and logged as `process.zombie`; when its code returns after all, that
/// is logged as `process.zombie.ended`. What it still does has no effect through the framework.
public enum ZombiePolicy: Sendable, Hashable, CaseIterable {
    /// That is all; the child is restarted at once, beside what is left of its last incarnation.
    case report
    /// It is not restarted until its code has returned: an automatic restart waits for that, without counting again, and
    /// shows as restarting; ``ProcessReference/restartChild(_:)`` throws ``SupervisorError/zombie(_:_:)``.
    case refuseRestart
    /// The program ends, by way of ``RuntimeEnvironment/program``.
    case endProgram
}

/// A process that was killed and whose code has not returned.
public struct Zombie: Sendable {
    /// The process it was.
    public var process: ProcessID
    /// Where it stood.
    public var path: String
    /// The name it had.
    public var name: ProcessName?
    /// When it was killed.
    public var killed: RuntimeInstant
}

extension Runtime {
    /// The processes that were killed and whose code has not returned, those killed first first.
    public var zombies: [Zombie] {
        zombieList.withLock { $0.values.sorted { ($0.killed, $0.process.serial) < ($1.killed, $1.process.serial) } }
    }

    /// How many there are.
    public var zombieCount: Int { zombieList.withLock { $0.count } }
}

extension ProcessCell {
    /// How long after a kill code that still runs makes a zombie.
    private static let grace = Duration.seconds(1)

    /// What waits for the code of a process that was killed to return.
    struct Haunting: Sendable {
        var timer: (any RuntimeTimer)?
        var isDeclared = false
        var watchers: [@Sendable () -> Void] = []
    }

    /// Whether the process is dead and its code still runs.
    var isHaunting: Bool { gate.isDead && !gate.isReleased }

    /// Looks again after a while at a process that was killed with code still running.
    func watchForZombie() {
        let killed = runtime.clock.now()
        let timer = runtime.clock.schedule(after: Self.grace) { [self] in declareZombie(killed: killed) }
        let isOver = state.withLock { state -> Bool in
            if !state.isReleased { state.setAside().haunting.timer = timer }
            return state.isReleased
        }
        if isOver { timer.cancel() }
    }

    private func declareZombie(killed: RuntimeInstant) {
        let isZombie = state.withLock { state -> Bool in
            guard !state.isReleased else { return false }
            state.setAside().haunting.isDeclared = true
            // Inside the lock, so that its end cannot come first.
            runtime.zombieList.withLock { zombies in
                zombies[id] = Zombie(process: id, path: path, name: name, killed: killed)
            }
            return true
        }
        guard isZombie else { return }
        runtime.counters.zombies.add()
        runtime.emit(RuntimeEvents.zombie) { (path, id, "\(facts.contents.zombies)") }
        if facts.contents.zombies == .endProgram {
            runtime.environment.host.end(because: "\(path) was killed and its code does not return")
        }
    }

    /// Its code has returned, or it had none running when it died.
    func stopHaunting() {
        let haunting = state.withLock { state -> Haunting? in
            state.isReleased = true
            guard let aside = state.aside else { return nil }
            defer { aside.haunting = Haunting() }
            return aside.haunting
        }
        guard let haunting else { return }
        haunting.timer?.cancel()
        if haunting.isDeclared {
            runtime.zombieList.withLock { _ = $0.removeValue(forKey: id) }
            runtime.emit(RuntimeEvents.zombieEnded) { (path, id) }
        }
        for watcher in haunting.watchers { watcher() }
    }

    /// Runs `action` when the code of a dead process has returned: at once if it has.
    func onRelease(_ action: @escaping @Sendable () -> Void) {
        let isOver = state.withLock { state -> Bool in
            if !state.isReleased { state.setAside().haunting.watchers.append(action) }
            return state.isReleased
        }
        if isOver { action() }
    }
}
