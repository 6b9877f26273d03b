internal import Synchronization

extension ProcessCell {
    private enum Step {
        case casts
        case turn(Message, Activity)
        case stop(ExitReason, Activity)
        case done
    }

    /// Runs what is in the mailbox, in order, until it is empty or the process ends.
    func drain() async {
        defer { leave() }
        guard let actor = takeActor() else { return }
        await drain(actor, on: actor as? any Actor)
    }

    private func drain(_ actor: any ProcessActor, on isolation: isolated (any Actor)?) async {
        var casts = 0
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
                await runTurn(message, as: activity, on: actor)
                if handOverIfCancelled() { return }
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

    private func runTurn(_ message: Message, as activity: Activity, on actor: any ProcessActor) async {
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
                try await Self.$activity.withValue(activity) { try await body(actor) }
            }
            state.withLock { state in
                state.currentCall = nil
                endActivity(&state)
            }
        } catch {
            // A call's own errors have gone to its caller; what arrives here ends the process, and the caller learns of that
            // when it has.
            state.withLock { state in
                if let call = state.currentCall.take() { state.leavingCalls.append(call) }
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
        // Before `terminate`, which may give up what there is to see.
        let status = await farewellStatus(reason, actor)
        if let terminate = hooks.terminate, !gate.isDead { await terminate(actor, reason) }
        die(reason, status: status)
    }
}
