internal import Synchronization

extension ProcessCell {
    /// Ends the process in good order, after the turn under way: further calls are refused from now on.
    @usableFromInline
    package func requestStop(_ reason: ExitReason) {
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
                if state.runTask == nil, hooks.terminate == nil, gate.closeIfEmpty() { return true }
                gate.close()
                if !state.draining { startDraining(&state) }
                return false
            }
        }
        if endsAtOnce { die(reason) }
    }

    /// Ends the process at once, for everyone: a turn under way is cancelled but can no longer have an effect through the
    /// framework.
    package func kill() {
        die(.killed)
    }

    /// Makes the process dead: closes the mailbox, frees its names, then tells everyone who asked.
    func die(_ reason: ExitReason) {
        let ending = state.withLock { state -> Ending? in
            if case .dead = state.phase { return nil }
            state.phase = .dead(reason)
            defer {
                state.leavingCalls = []
                state.drainTask = nil
                state.runTask = nil
                state.relations = ProcessRelations()
                state.waitsFor = nil
            }
            return Ending(
                messages: state.mailbox.takeAll(),
                calls: state.leavingCalls + [state.currentCall].compactMap { $0 },
                tasks: [state.drainTask, state.runTask].compactMap { $0 },
                relations: state.relations
            )
        }
        guard let ending else { return }
        let releasable = gate.die()

        // A name is free before anyone learns of the death.
        for release in ending.relations.registrations { release() }
        runtime.forget(self)
        for task in ending.tasks { task.cancel() }
        for call in ending.calls { call.fail(CallError.exited(reason)) }
        for message in ending.messages { message.call?.fail(CallError.exited(reason)) }
        ending.relations.announce(death: reason, of: self)
        if releasable { releaseActor() }
    }

    /// Waits until the process is dead.
    package func awaitDeath() async -> ExitReason {
        await withUnsafeContinuation { continuation in
            onDeath { reason in continuation.resume(returning: reason) }
        }
    }

    /// Runs `action` when the process is dead: at once if it is.
    package func onDeath(_ action: @escaping @Sendable (ExitReason) -> Void) {
        let reason = state.withLock { state -> ExitReason? in
            if case .dead(let reason) = state.phase { return reason }
            state.relations.watchers.append(action)
            return nil
        }
        if let reason { action(reason) }
    }

    /// Ends the process within a limit: asks, waits, and kills what has not ended by then.
    package func stop(_ reason: ExitReason, within policy: ShutdownPolicy) async -> ExitReason {
        switch policy {
        case .brutalKill:
            kill()
            return await awaitDeath()
        case .infinity:
            requestStop(reason)
            return await awaitDeath()
        case .within(let limit):
            requestStop(reason)
            if case .dead(let reason) = state.withLock({ $0.phase }) { return reason }
            let timer = runtime.clock.schedule(after: limit) { [self] in kill() }
            defer { timer.cancel() }
            return await awaitDeath()
        }
    }
}

private struct Ending {
    var messages: [Message]
    var calls: [any QueuedCall]
    var tasks: [Task<Void, Never>]
    var relations: ProcessRelations
}
