internal import Synchronization

extension ProcessCell {
    /// Puts a message at the end of the mailbox, and has it drained.
    /// - Throws: `noProcess`, `exited` or `mailboxFull`; nothing was enqueued.
    func enqueue(_ message: Message) throws(CallError) {
        _ = try enqueue(message, drainedByCaller: false)
    }

    /// As ``enqueue(_:)``.
    /// - Parameter drainedByCaller: whether the caller will start the drain, if one is needed.
    /// - Returns: whether it must.
    @usableFromInline
    func enqueue(_ message: Message, drainedByCaller: Bool) throws(CallError) -> Bool {
        var mustDrain = false
        var mustLaunch = false
        let problem = state.withLock { state -> Refusal? in
            switch state.phase {
            case .dead: return .error(.noProcess(label))
            case .stopping(let reason): return .error(.exited(reason))
            case .starting, .running: break
            }
            // Its caller was cancelled before it came this far.
            if message.call?.place == .forgotten { return nil }
            if !message.isSignal, state.mailbox.bounded >= room.limit {
                runtime.counters.overflowed(room.overflow)
                if let refusal = makeRoom(for: message, &state, &mustLaunch) { return refusal }
            }
            if drainedByCaller, case .running = state.phase, !state.draining {
                mustDrain = append(message, &state)
            } else {
                mustLaunch = append(message, &state)
            }
            return nil
        }
        if mustLaunch { launchDrain(isUrgent: message.isUrgent) }
        if let problem { try settle(problem) }
        return mustDrain
    }

    @usableFromInline
    func enqueueCast(_ turn: @escaping SyncTurn) throws(CallError) {
        // What nearly every cast finds is done here, without making a message that is then copied.
        let (isQueued, mustLaunch) = state.withLock { state -> (Bool, Bool) in
            guard case .running = state.phase, state.mailbox.bounded < room.limit else { return (false, false) }
            state.mailbox.appendCast(turn)
            depth.store(state.mailbox.count, ordering: .releasing)
            return (true, beginDraining(&state))
        }
        if mustLaunch { launchDrain() }
        if !isQueued { try enqueue(Message(work: .sync(turn))) }
    }

    /// What became of a message that found no room.
    private enum Refusal {
        case error(CallError)
        /// A message was dropped: this one, or an older one in its favour.
        case dropped(Message, isFirst: Bool)
        /// Its caller waits for room.
        case waits
    }

    /// - Returns: whether the drain is to be launched now, outside the lock.
    private func append(_ message: Message, _ state: inout State) -> Bool {
        state.mailbox.append(message)
        depth.store(state.mailbox.count, ordering: .releasing)
        guard case .running = state.phase else { return false }
        return beginDraining(&state)
    }

    /// Does what the policy says with a message that finds the mailbox full; inside the lock.
    /// - Parameter mustLaunch: set if the drain is to be launched now, outside the lock.
    /// - Returns: nil if there is room now.
    private func makeRoom(for message: Message, _ state: inout State, _ mustLaunch: inout Bool) -> Refusal? {
        switch room.overflow {
        case .fail:
            return .error(.mailboxFull(limit: room.limit))
        case .suspend:
            guard let call = message.call else { return .error(.mailboxFull(limit: room.limit)) }
            state.mailbox.await(RoomRequest(call: call, message))
            return .waits
        case .dropNewest:
            return .dropped(message, isFirst: state.mailbox.countDrop())
        case .dropOldest:
            guard let oldest = state.mailbox.dropOldest() else { return .error(.mailboxFull(limit: room.limit)) }
            mustLaunch = append(message, &state)
            return .dropped(oldest, isFirst: state.mailbox.countDrop())
        }
    }

    private func settle(_ refusal: Refusal) throws(CallError) {
        switch refusal {
        case .error(let error):
            throw error
        case .waits:
            break
        case .dropped(let message, let isFirst):
            message.call?.fail(CallError.mailboxFull(limit: room.limit))
            guard isFirst else { return }
            runtime.emit(RuntimeEvents.dropping) { (path, room.limit, "\(room.overflow)") }
        }
    }

    /// Puts a message at the end of the mailbox, or has `admission` told once there is room for it.
    /// - Returns: whether it was enqueued at once; if so, nobody is told.
    /// - Throws: `noProcess` or `exited`; nothing was enqueued, nobody is told.
    func enqueue(_ message: Message, whenRoom admission: AnswerWaiter<Void>?) throws(CallError) -> Bool {
        var mustLaunch = false
        let result = state.withLock { state -> Result<Bool, CallError> in
            switch state.phase {
            case .dead: return .failure(.noProcess(label))
            case .stopping(let reason): return .failure(.exited(reason))
            case .starting, .running: break
            }
            guard state.mailbox.bounded >= room.limit else {
                mustLaunch = append(message, &state)
                return .success(true)
            }
            if let admission { state.mailbox.await(RoomRequest(message, telling: admission)) }
            return .success(false)
        }
        if mustLaunch { launchDrain(isUrgent: message.isUrgent) }
        return try result.get()
    }

    /// Lets in those who wait for room; inside the lock, after messages were taken out.
    func admit(_ state: inout State) {
        if state.mailbox.isCrowded { state.mailbox.admit(limit: room.limit) }
    }

    /// Puts a signal at the end of the mailbox; one that finds the process ending is dropped, as it must be.
    /// - Parameter isUrgent: whether its turn must begin even when everything else stands still, as a timer's must.
    func signal(isUrgent: Bool = false, _ work: @escaping AsyncTurn) {
        var message = Message(work: .async(work), isSignal: true)
        message.isUrgent = isUrgent
        try? enqueue(message)
    }

    /// Begins to drain, if nobody does; inside the lock. The drain's pin keeps the actor until it is done.
    /// - Returns: whether the drain is to be launched now, by ``launchDrain(isUrgent:)``.
    @inline(__always)
    func beginDraining(_ state: inout State) -> Bool {
        guard !state.draining, actor != nil else { return false }
        state.draining = true
        gate.pin()
        return true
    }

    /// Launches the drain that was begun inside the lock: outside of it, because starting a task takes longer than all else that
    /// is done there, and others wait meanwhile.
    func launchDrain(isUrgent: Bool = false) {
        guard let actor else { return leave() }
        if !isUrgent, !hooks.isSupervisor, ThreadDuty.leave(self) { return }
        spawnDrain(of: actor, isUrgent: isUrgent)
    }

    /// Gives up a queued or running call whose caller has gone.
    @usableFromInline
    func abandon(_ waiter: CallWaiter, _ error: any Error, cancellingTurn: Bool) {
        let stage = waiter.end(.failed(error))
        if stage != .over, case CallError.timedOut = error { runtime.counters.timeouts.add() }
        switch stage {
        case .over:
            return
        case .waiting:
            state.withLock { state in
                state.mailbox.forget(waiter)
                admit(&state)
                depth.store(state.mailbox.count, ordering: .releasing)
            }
        case .begun:
            guard cancellingTurn else { return }
            // The drain looks at the flag when the turn is over and gives its task up, so that this cancellation, which
            // may come late, meets no other turn.
            let task = state.withLock { state -> Task<Void, Never>? in
                guard state.currentCall === waiter else { return nil }
                state.turnCancelled = true
                return state.drainTask
            }
            task?.cancel()
        }
    }
}
