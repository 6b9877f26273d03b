internal import Synchronization

extension ProcessCell {
    private enum Step {
        case casts([@Sendable (any ProcessActor) throws -> Void])
        case turn(Message)
        case stop(ExitReason)
        case done
    }

    /// Runs what is in the mailbox, in order, until it is empty or the process ends.
    func drain() async {
        defer { leave() }
        guard let actor = takeActor(), let isolation = actor as? any Actor else { return }
        await drain(actor, on: isolation)
    }

    private func drain(_ actor: any ProcessActor, on isolation: isolated any Actor) async {
        while true {
            switch nextStep() {
            case .casts(let batch):
                runCasts(batch, on: actor)
            case .turn(let message):
                await runTurn(message, on: actor)
                if Task.isCancelled, handOver() { return }
            case .stop(let reason):
                await finish(reason, actor)
                return
            case .done:
                return
            }
        }
    }

    private func nextStep() -> Step {
        state.withLock { state in
            switch state.phase {
            case .stopping(let reason): return .stop(reason)
            case .starting, .dead:
                state.draining = false
                return .done
            case .running: break
            }
            let batch = state.mailbox.popSyncCasts(limit: 128)
            if !batch.isEmpty {
                depth.wrappingSubtract(batch.count, ordering: .relaxed)
                return .casts(batch)
            }
            if let message = state.mailbox.popFirst() {
                depth.wrappingSubtract(1, ordering: .relaxed)
                return .turn(message)
            }
            state.draining = false
            state.drainTask = nil
            return .done
        }
    }

    private func runCasts(_ batch: [@Sendable (any ProcessActor) throws -> Void], on actor: any ProcessActor) {
        for body in batch {
            guard gate.isOpen else { return }
            countTurn()
            do {
                try body(actor)
            } catch {
                requestStop(Exit.reason(for: error))
                return
            }
        }
    }

    private func runTurn(_ message: Message, on actor: any ProcessActor) async {
        if let call = message.call, !call.claim() { return }
        countTurn()
        do {
            switch message.work {
            case .sync(let body):
                try body(actor)
            case .async(let body):
                busy = true
                state.withLock { $0.currentCall = message.call }
                defer {
                    busy = false
                    state.withLock { $0.currentCall = nil }
                }
                try await Self.$current.withValue(self) { try await body(actor) }
            }
        } catch {
            // A call's own errors have gone to its caller; what arrives here ends the process.
            if let call = message.call { state.withLock { $0.leavingCalls.append(call) } }
            requestStop(Exit.reason(for: error))
        }
    }

    /// After a turn that was cancelled with its caller: the next turns get a task that is not cancelled.
    /// - Returns: false if the process ends and this task should see to that.
    private func handOver() -> Bool {
        state.withLock { state in
            guard case .running = state.phase else { return false }
            if state.mailbox.isEmpty {
                state.draining = false
                state.drainTask = nil
            } else {
                startDraining(&state)
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
