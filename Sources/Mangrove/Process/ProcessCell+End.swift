internal import Synchronization

extension ProcessCell {
    /// Ends the process in good order, after the turn under way: further calls are refused from now on.
    @usableFromInline
    package func requestStop(_ reason: ExitReason) {
        var mustLaunch = false
        let endsAtOnce = state.withLock { state -> Bool in
            switch state.phase {
            case .stopping, .dead:
                return false
            case .starting:
                // Its start has not returned; whoever started it finds out when it does.
                return true
            case .running:
                state.phase = .stopping(reason)
                // Nobody inside and nothing to finish: no task is needed to end it.
                if state.runTask == nil, !hooks.needsFarewell(reason), gate.closeIfEmpty() { return true }
                gate.close()
                mustLaunch = beginDraining(&state)
                return false
            }
        }
        if endsAtOnce { die(reason) }
        if mustLaunch { launchDrain() }
    }

    /// Ends the process in good order if that takes no time: nobody is inside and it has nothing to finish. Its supervisor, who asks
    /// for this, is not told.
    /// - Returns: whether it has ended.
    func endIfIdle(_ reason: ExitReason) -> Bool {
        #if DEBUG || MANGROVE_FAULTS
            if runtime.isBroken(.restartsBeforeStopped) { return false }
        #endif
        let ends = state.withLock { state -> Bool in
            guard case .running = state.phase, state.runTask == nil, !hooks.needsFarewell(reason), gate.closeIfEmpty()
            else { return false }
            state.phase = .stopping(reason)
            state.supervision = nil
            return true
        }
        if ends { die(reason) }
        return ends
    }

    /// Ends the process at once, for everyone: a turn under way is cancelled but can no longer have an effect through the
    /// framework.
    package func kill() {
        die(.killed)
    }

    /// Kills the process and everything below it.
    package func killTree() {
        kill()
        for cell in remains { cell.killTree() }
    }

    /// Makes the process dead: closes the mailbox, frees its names, then tells everyone who asked.
    /// - Parameter status: what it shows of its state, for the report of a crash.
    func die(_ reason: ExitReason, status: ProcessStatus? = nil) {
        let ending = state.withLock { state -> Ending? in
            var hadStarted = true
            switch state.phase {
            case .dead: return nil
            case .starting: hadStarted = false
            case .running, .stopping: break
            }
            state.phase = .dead(reason)
            endActivity(&state)
            return Ending(
                hadStarted: hadStarted,
                mailbox: state.mailbox.isDeserted ? nil : state.mailbox.takeAll(),
                currentCall: state.currentCall.take(),
                drainTask: state.drainTask.take(),
                runTask: state.runTask.take(),
                aside: state.aside.map(LastThings.init(takenFrom:)),
                supervision: state.supervision.take(),
                // From here on its names lead nowhere and can be taken by others: before anyone can learn of the death.
                isReleasable: gate.die()
            )
        }
        guard let ending else { return }
        note(reason, hadStarted: ending.hadStarted, status)
        showEnd(reason)
        #if DEBUG || MANGROVE_FAULTS
            let relations = ending.aside?.relations
            if runtime.isBroken(.findsTheDead), name != nil || relations != nil {
                runtime.spawn { [self] in giveBack(relations) }
            } else {
                giveBack(relations)
            }
        #else
            giveBack(ending.aside?.relations)
        #endif
        runtime.forget(self)
        ending.drainTask?.cancel()
        ending.runTask?.cancel()
        if let orphans = ending.aside?.orphans { abandonChildren(orphans(), reason) }
        for call in ending.aside?.leavingCalls ?? [] { call.fail(CallError.exited(reason)) }
        ending.currentCall?.fail(CallError.exited(reason))
        for message in ending.mailbox?.messages ?? [] { message.call?.fail(CallError.exited(reason)) }
        for request in ending.mailbox?.requests ?? [] { request.requester.fail(CallError.exited(reason)) }
        ending.supervision?.childEnded(self, reason)
        ending.aside?.relations.announce(death: reason, of: self)
        if ending.isReleasable {
            releaseActor()
        } else if case .killed = reason {
            watchForZombie()
        }
    }

    /// Gives back the names it has, and all else that must not outlive it.
    private func giveBack(_ relations: ProcessRelations?) {
        if let name { runtime.names.release(name, of: self) }
        relations?.release(by: self)
    }

    /// Ends what a supervisor leaves behind when it did not come to stop it: last first, each child within its own limit.
    private func abandonChildren(_ children: [Orphan], _ reason: ExitReason) {
        let living = children.filter { !$0.cell.isGone }
        guard !living.isEmpty else { return }
        state.withLock { $0.setAside().remains = living.map(\.cell) }
        for child in living.reversed() {
            switch child.shutdown {
            case .brutalKill: child.cell.kill()
            case .infinity: child.cell.requestStop(reason)
            case .within(let limit): child.cell.requestStop(reason, within: limit)
            }
        }
    }

    /// Waits until the process is dead.
    package func awaitDeath() async -> ExitReason {
        if case .dead(let reason) = state.withLock({ $0.phase }) { return reason }
        let note = Self.noteWaiting(for: self)
        defer { note?.end() }
        return await withUnsafeContinuation { continuation in
            onDeath { reason in continuation.resume(returning: reason) }
        }
    }

    /// Waits until nothing is left of what a dead supervisor had below it, so that a new one does not overlap with it.
    func awaitRemains() async {
        for cell in remains {
            _ = await cell.awaitDeath()
            await cell.awaitRemains()
        }
        state.withLock { $0.aside?.remains = [] }
    }

    /// What was left below it when it died and has not ended since.
    var remains: [ProcessCell] { state.withLock { $0.aside?.remains } ?? [] }

    /// Has the supervisor told when the process is dead: at once if it is.
    func supervise(by supervision: any Supervising) {
        let reason = state.withLock { state -> ExitReason? in
            if case .dead(let reason) = state.phase { return reason }
            state.supervision = supervision
            return nil
        }
        if let reason { supervision.childEnded(self, reason) }
    }

    /// Has the supervisor not told of the end any more.
    func endSupervision() {
        state.withLock { $0.supervision = nil }
    }

    /// Whether the process is dead and nothing is left below it.
    var isGone: Bool {
        state.withLock { state in
            guard case .dead = state.phase else { return false }
            return state.aside?.remains.isEmpty ?? true
        }
    }

    /// Runs `action` when the process is dead: at once if it is.
    package func onDeath(_ action: @escaping @Sendable (ExitReason) -> Void) {
        let reason = state.withLock { state -> ExitReason? in
            if case .dead(let reason) = state.phase { return reason }
            state.setAside().relations.watchers.append(action)
            return nil
        }
        if let reason { action(reason) }
    }

    /// Ends the process, and everything below it, within a limit: asks, waits, and kills what has not ended by then.
    ///
    /// What the process does itself, a turn or its `run`, cannot wait for its end: it only asks.
    package func stop(_ reason: ExitReason, within policy: ShutdownPolicy) async -> ExitReason {
        await stop(reason, within: policy, during: nil)
    }

    /// As ``stop(_:within:)``, as a part of a shutdown.
    func stop(
        _ reason: ExitReason,
        within policy: ShutdownPolicy,
        during course: ShutdownCourse?
    ) async -> ExitReason {
        if let course { take(course) }
        switch policy {
        case .brutalKill: kill()
        case .infinity: requestStop(reason)
        case .within(let limit): requestStop(reason, within: limit)
        }
        if isOwnTurn || Self.runner === self { return reason }
        let reason = await awaitDeath()
        await awaitRemains()
        return reason
    }

    private func requestStop(_ reason: ExitReason, within limit: Duration) {
        requestStop(reason)
        guard !isGone else { return }
        let timer = runtime.clock.schedule(after: limit) { [self] in
            noteOverruns(shutdown, .policy)
            killTree()
        }
        onDeath { _ in timer.cancel() }
    }
}

private struct Ending {
    var hadStarted: Bool
    var mailbox: (messages: [Message], requests: [RoomRequest])?
    var currentCall: (any QueuedCall)?
    var drainTask: Task<Void, Never>?
    var runTask: Task<Void, Never>?
    var aside: LastThings?
    var supervision: (any Supervising)?
    var isReleasable: Bool
}

/// What was aside when the process died, taken out of it.
private struct LastThings {
    let leavingCalls: [any QueuedCall]
    let relations: ProcessRelations
    let orphans: (@Sendable () -> [Orphan])?

    init(takenFrom aside: ProcessCell.Aside) {
        leavingCalls = aside.leavingCalls
        relations = aside.relations
        orphans = aside.orphans
        aside.leavingCalls = []
        aside.relations = ProcessRelations()
        aside.orphans = nil
    }
}

/// A child whose supervisor has died, and how it is to be stopped.
struct Orphan: Sendable {
    var cell: ProcessCell
    var shutdown: ShutdownPolicy
}
