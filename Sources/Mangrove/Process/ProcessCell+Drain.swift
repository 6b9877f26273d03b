internal import Synchronization

extension ProcessCell {
    private enum Step {
        case casts
        case turn(Message, Activity)
        case stop(ExitReason, Activity)
        /// Nothing is left to do now; more is likely to come at once.
        case linger
        /// Nothing is left to do; whether the task is free to go on to another process.
        case done(canFollow: Bool)
    }

    /// Runs what is in the mailbox, in order, until it is empty or the process ends, in a task that begins on the actor.
    /// - Parameter actor: held by a pin, which is given back at the end.
    /// - Parameter isUrgent: whether it must go on when everything else stands still, as what supervisors do must.
    @discardableResult
    func spawnDrain(of actor: any ProcessActor, isUrgent: Bool = false) -> Task<Void, Never> {
        hooks.drain.spawn(self, actor, isUrgent || hooks.isSupervisor)
    }

    /// As ``spawnDrain(of:)``, by a caller who is on the actor: the first turn begins on the calling thread, if it can.
    @usableFromInline
    func beginDrain<Target: ProcessActor & Actor>(of actor: isolated Target) {
        guard ThreadDuty.descend() else { return drainApart() }
        runtime.beginIsolated { [self] in
            let follower = await drain(actor, on: actor)
            leave()
            // Only then, because it leaves the actor, and waking another thread for nothing costs more than the turn.
            if let follower { await Self.follow(follower) }
        }
        ThreadDuty.climb()
    }

    /// Makes the current task known as the one that drains, so that a kill reaches it; inside the lock.
    private func makeKnown(_ state: inout State) {
        guard state.drainTask == nil else { return }
        // Safe: both are nothing but the reference to the task, and the copy retains it.
        state.drainTask = withUnsafeCurrentTask { $0.map { unsafeBitCast($0, to: Task<Void, Never>.self) } }
    }

    /// Drains, one after the other, the processes that casts made busy which this task ran.
    ///
    /// It is a guest with them, and none of them knows it: no end of theirs cancels it, and it runs nothing that may suspend. Nor
    /// does it stay for long, because the process it began with cannot let its actor go before the task ends.
    @concurrent
    static func follow(_ first: ProcessCell) async {
        var cell = first
        for _ in 0..<512 {
            let next = await cell.hooks.drain.run(cell)
            cell.leave()
            guard let next else { return }
            cell = next
        }
        cell.drainApart()
    }

    /// Has a task of its own drain a process that another task was to go on to.
    private func drainApart() {
        let isDead = state.withLock { state -> Bool in
            if case .dead = state.phase { return true }
            state.drainTask = actor.map { spawnDrain(of: $0) }
            return false
        }
        // Outside the lock: whoever gives back the last pin of the dead releases the actor, which takes it again.
        if isDead { leave() }
    }

    /// - Parameter asGuest: whether the task came from another process: only casts that do not suspend are run then.
    /// - Returns: the process that this task is to drain next.
    func drain(
        _ actor: any ProcessActor,
        on isolation: isolated (any Actor)?,
        asGuest isGuest: Bool = false
    ) async -> ProcessCell? {
        var casts = 0
        var turns = 0
        var mayLinger = false
        var batch = MessageQueue()
        var follower: ProcessCell?
        while true {
            let step = nextStep(&batch, isGuest, mayLinger && follower == nil)
            if case .done(let canFollow) = step {
                if canFollow { return follower }
                follower?.drainApart()
                return nil
            }
            follower.take()?.drainApart()
            switch step {
            case .casts:
                casts += batch.count
                // A stream of casts, from a sender who runs beside this: it is worth waiting for.
                mayLinger = casts >= 64 && !isGuest && runtime.environment.tasks.followsCasts
                let isTrickle = batch.count < 64
                follower = runCasts(&batch, on: actor)
                if isTrickle, depth.load(ordering: .relaxed) > 0 {
                    casts = 64
                    await letCastsGather()
                } else if casts >= 2_048 {
                    // Callers that have reached the actor get a chance to see that they must queue, and give up in time.
                    casts = 64
                    await Task.yield()
                }
            case .turn(let message, let activity):
                await runTurn(message, as: activity, of: actor, on: isolation)
                if handOverIfCancelled() { return nil }
                // Turns that do not suspend follow one another without leaving the actor; those who have reached it meanwhile
                // get their chance now and then.
                turns += 1
                if turns.isMultiple(of: 8) { await Task.yield() }
            case .stop(let reason, let activity):
                await Self.$activity.withValue(activity) { await finish(reason, actor) }
                return nil
            case .linger:
                mayLinger = false
                await linger()
            case .done:
                break
            }
        }
    }

    /// Waits a moment where casts trickle in as fast as they are run, so that the two sides do not fight over the lock for each.
    ///
    /// As long as more and more of them wait it looks less and less often, because each look takes from the senders what they are
    /// writing to; at most until they are many, and never so long that the mailbox could fill meanwhile.
    private func letCastsGather() async {
        let enough = min(2_048, room.limit / 4)
        var waiting = 0
        var pause = 1
        while true {
            for _ in 0..<pause { await Task.yield() }
            let now = depth.load(ordering: .relaxed)
            // The next pause may be twice as long.
            if now <= waiting || now &+ 2 &* (now &- waiting) >= enough { return }
            waiting = now
            pause = min(2 * pause, 8)
        }
    }

    /// Stays for a moment, so that a stream of casts does not have a task start for each few of them; until one comes, or the
    /// process is to end.
    private func linger() async {
        for _ in 0..<8 where depth.load(ordering: .relaxed) == 0 && gate.isOpen { await Task.yield() }
    }

    /// - Parameter mayLinger: whether to say so where nothing is left to do, and go on being the one that drains.
    private func nextStep(_ batch: inout MessageQueue, _ isGuest: Bool, _ mayLinger: Bool) -> Step {
        #if DEBUG || MANGROVE_FAULTS
            // Each cast is a turn that a fault may hit.
            let runsAlone = isAimedAt
        #else
            let runsAlone = false
        #endif
        return state.withLock { state in
            switch state.phase {
            case .stopping where isGuest: return handOver(&state)
            case .stopping(let reason):
                makeKnown(&state)
                return .stop(reason, beginActivity(&state))
            case .starting, .dead:
                state.draining = false
                return .done(canFollow: false)
            case .running: break
            }
            if !isGuest { makeKnown(&state) }
            // Most drains find nothing the second time.
            if !state.mailbox.isEmpty {
                if !runsAlone { state.mailbox.moveSyncCasts(to: &batch) }
                if !batch.isEmpty {
                    admit(&state)
                    depth.store(state.mailbox.count, ordering: .releasing)
                    return .casts
                }
                if isGuest { return handOver(&state) }
                let message = state.mailbox.popFirst()
                admit(&state)
                depth.store(state.mailbox.count, ordering: .releasing)
                if let message {
                    // From here on a kill finds the caller, and the caller's cancellation finds the turn.
                    state.currentCall = message.call
                    return .turn(message, beginActivity(&state))
                }
            }
            // What a timer has done must begin even when the pool is stuck, which is no place to stay then.
            if mayLinger, state.aside?.relations.timers.isEmpty ?? true { return .linger }
            state.draining = false
            state.drainTask = nil
            state.mailbox.settle(with: &batch)
            return .done(canFollow: true)
        }
    }

    /// Leaves what a guest does not do to a task of the process's own; inside the lock.
    private func handOver(_ state: inout State) -> Step {
        if let actor {
            gate.pin()
            state.drainTask = spawnDrain(of: actor)
        }
        return .done(canFollow: false)
    }

    /// - Returns: the process that is to be drained next.
    private func runCasts(_ batch: inout MessageQueue, on actor: any ProcessActor) -> ProcessCell? {
        // A long batch would keep the other process waiting.
        guard batch.count <= 4, runtime.environment.tasks.followsCasts else {
            run(&batch, on: actor)
            return nil
        }
        return ThreadDuty.collect { run(&batch, on: actor) }
    }

    private func run(_ batch: inout MessageQueue, on actor: any ProcessActor) {
        #if DEBUG || MANGROVE_FAULTS
            let losesLast = batch.count > 1 && runtime.isBroken(.losesLastCast)
        #endif
        let isWatched = turnBudget != nil
        while let body = batch.popSyncCast() {
            #if DEBUG || MANGROVE_FAULTS
                if losesLast, batch.isEmpty { return }
            #endif
            guard gate.isOpen else { return batch.removeAll() }
            countTurn()
            let watch = isWatched ? watchTurn() : nil
            defer { watch?.cancel() }
            do {
                try body(actor)
            } catch {
                if shrugsOff(error) { continue }
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
        let watch = watchTurn()
        defer { watch?.cancel() }
        do {
            #if DEBUG || MANGROVE_FAULTS
                if let fault = faultOfTurn {
                    busy = true
                    defer { busy = turnBudget != nil }
                    try await Self.$activity.withValue(activity) { try await undergo(fault) }
                }
            #endif
            switch message.work {
            case .dropped:
                break
            case .sync(let body):
                try asItself { try body(actor) }
            case .async(let body):
                busy = true
                defer { busy = turnBudget != nil }
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
            if !shrugsOff(error) { requestStop(Exit.reason(for: error)) }
        }
    }

    /// A turn that was cancelled with its caller leaves a cancelled task behind: what comes next gets another one.
    /// - Returns: whether this task's work is over.
    private func handOverIfCancelled() -> Bool {
        var mustLaunch = false
        let isOver = state.withLock { state -> Bool in
            guard state.turnCancelled else { return false }
            state.turnCancelled = false
            state.draining = false
            state.drainTask = nil
            switch state.phase {
            case .running where state.mailbox.isEmpty: break
            case .starting, .dead: break
            case .running, .stopping: mustLaunch = beginDraining(&state)
            }
            return true
        }
        if mustLaunch { launchDrain() }
        return isOver
    }

    /// The end in good order: the work of its own stops, `terminate` runs, then the process is dead.
    private func finish(_ reason: ExitReason, _ actor: any ProcessActor) async {
        busy = true
        if let task = state.withLock({ $0.runTask.take() }) {
            task.cancel()
            await task.value
        }
        // Before `terminate`, which may give up what there is to see.
        let status = hooks.status == nil ? nil : await farewellStatus(reason, actor)
        if let terminate = hooks.terminate, !gate.isDead { await terminate(actor, reason) }
        die(reason, status: status)
    }
}
