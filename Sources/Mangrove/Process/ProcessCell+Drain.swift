internal import Synchronization

extension ProcessCell {
    private enum Step {
        case casts
        case turn(Message, Activity)
        case stop(ExitReason, Activity)
        case done
    }

    /// Runs what is in the mailbox, in order, until it is empty or the process ends, in a task that begins on the actor.
    /// - Parameter actor: held by a pin, which is given back at the end.
    func spawnDrain(of actor: any ProcessActor) -> Task<Void, Never> {
        hooks.spawnDrain(self, actor)
    }

    /// As ``spawnDrain(of:)``, by a caller who is on the actor: the first turn begins on the calling thread, if it can.
    @usableFromInline
    func beginDrain<Target: ProcessActor & Actor>(of actor: isolated Target) {
        runtime.beginIsolated { [self] in
            publishDrain()
            await drain(actor, on: actor)
            leave()
        }
    }

    /// Makes the current task known as the one that drains, so that a kill reaches it.
    private func publishDrain() {
        // Safe: both are nothing but the reference to the task, and the copy retains it.
        let task = withUnsafeCurrentTask { $0.map { unsafeBitCast($0, to: Task<Void, Never>.self) } }
        state.withLock { state in
            if case .dead = state.phase { return }
            state.drainTask = task
        }
    }

    fileprivate func drain(_ actor: any ProcessActor, on isolation: isolated (any Actor)?) async {
        var casts = 0
        var turns = 0
        var batch = RingQueue<Message>()
        while true {
            switch nextStep(&batch) {
            case .casts:
                casts += batch.count
                let isTrickle = batch.count < 64
                runCasts(&batch, on: actor)
                // Where casts trickle in as fast as they are run, a pause lets them gather, so that the two sides do not
                // fight over the lock for each. After many, callers that have reached the actor get a chance to see that
                // they must queue, and give up in time.
                if casts >= 2_048 || (isTrickle && depth.load(ordering: .relaxed) > 0) {
                    casts = 0
                    await Task.yield()
                }
            case .turn(let message, let activity):
                await runTurn(message, as: activity, of: actor, on: isolation)
                if handOverIfCancelled() { return }
                // Turns that do not suspend follow one another without leaving the actor; those who have reached it meanwhile
                // get their chance now and then.
                turns += 1
                if turns.isMultiple(of: 8) { await Task.yield() }
            case .stop(let reason, let activity):
                await Self.$activity.withValue(activity) { await finish(reason, actor) }
                return
            case .done:
                return
            }
        }
    }

    private func nextStep(_ batch: inout RingQueue<Message>) -> Step {
        state.withLock { state in
            switch state.phase {
            case .stopping(let reason): return .stop(reason, beginActivity(&state))
            case .starting, .dead:
                state.draining = false
                return .done
            case .running: break
            }
            state.mailbox.moveSyncCasts(to: &batch)
            if !batch.isEmpty {
                admit(&state)
                depth.store(state.mailbox.count, ordering: .releasing)
                return .casts
            }
            let message = state.mailbox.popFirst()
            admit(&state)
            depth.store(state.mailbox.count, ordering: .releasing)
            if let message {
                // From here on a kill finds the caller, and the caller's cancellation finds the turn.
                state.currentCall = message.call
                return .turn(message, beginActivity(&state))
            }
            state.draining = false
            state.drainTask = nil
            return .done
        }
    }

    private func runCasts(_ batch: inout RingQueue<Message>, on actor: any ProcessActor) {
        while let body = batch.popFirst()?.syncCast {
            guard gate.isOpen else { return batch.removeAll() }
            countTurn()
            do {
                try body(actor)
            } catch {
                requestStop(Exit.reason(for: error))
                return batch.removeAll()
            }
        }
    }

    private func runTurn(
        _ message: Message,
        as activity: Activity,
        of actor: any ProcessActor,
        on isolation: isolated (any Actor)?
    ) async {
        countTurn()
        do {
            switch message.work {
            case .dropped:
                break
            case .sync(let body):
                try body(actor)
            case .async(let body):
                busy = true
                defer { busy = false }
                try await Self.$activity.withValue(activity) {
                    // Named, so that the closure stays on the actor.
                    _ = isolation
                    try await body(actor)
                }
            }
            state.withLock { state in
                state.currentCall = nil
                endActivity(&state)
            }
        } catch {
            // A call's own errors have gone to its caller; what arrives here ends the process, and the caller learns of that
            // when it has.
            state.withLock { state in
                if let call = state.currentCall.take() { state.setAside().leavingCalls.append(call) }
                endActivity(&state)
            }
            requestStop(Exit.reason(for: error))
        }
    }

    /// A turn that was cancelled with its caller leaves a cancelled task behind: what comes next gets another one.
    /// - Returns: whether this task's work is over.
    private func handOverIfCancelled() -> Bool {
        state.withLock { state in
            guard state.turnCancelled else { return false }
            state.turnCancelled = false
            state.draining = false
            state.drainTask = nil
            switch state.phase {
            case .running where state.mailbox.isEmpty: break
            case .starting, .dead: break
            case .running, .stopping: startDraining(&state)
            }
            return true
        }
    }

    /// The end in good order: the work of its own stops, `terminate` runs, then the process is dead.
    private func finish(_ reason: ExitReason, _ actor: any ProcessActor) async {
        busy = true
        if let task = state.withLock({ $0.runTask.take() }) {
            task.cancel()
            await task.value
        }
        if let terminate = hooks.terminate, !gate.isDead { await terminate(actor, reason) }
        die(reason)
    }
}

extension ProcessHooks {
    typealias DrainSpawner = @Sendable (ProcessCell, any ProcessActor) -> Task<Void, Never>

    /// How the drain of a kind of process is started.
    static func drainSpawner(for type: any ProcessActor.Type) -> DrainSpawner {
        if let plain = type as? any Actor.Type { return drainSpawner(on: plain) }
        return { cell, actor in
            cell.runtime.spawn {
                await cell.drain(actor, on: nil)
                cell.leave()
            }
        }
    }

    private static func drainSpawner<Plain: Actor>(on type: Plain.Type) -> DrainSpawner {
        let spawn: (ProcessCell, any ProcessActor, isolated Plain) -> Task<Void, Never> = spawnDrain
        // Safe: only the isolation of the parameter is dropped, as the standard library's assumeIsolated does. The function
        // captures nothing and does not touch the actor; it only names it as the place where the task begins.
        let anywhere = unsafeBitCast(
            spawn,
            to: (@Sendable (ProcessCell, any ProcessActor, Plain) -> Task<Void, Never>).self
        )
        // The actor is made by the closure whose result type this is.
        return { cell, actor in anywhere(cell, actor, unsafeDowncast(actor, to: Plain.self)) }
    }

    private static func spawnDrain<Plain: Actor>(
        of cell: ProcessCell,
        _ actor: any ProcessActor,
        on isolation: isolated Plain
    ) -> Task<Void, Never> {
        cell.runtime.spawnIsolated {
            await cell.drain(actor, on: isolation)
            cell.leave()
        }
    }
}
