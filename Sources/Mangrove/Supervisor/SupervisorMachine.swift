/// The decisions of a static supervisor: events in, effects out. No clock, no tasks, no locks.
///
/// It works through one *plan* at a time: a list of stops and starts, each of which its driver performs and answers before
/// anything else is asked, as OTP's supervisor does one thing at a time. A plan has a purpose, which says what its end or a
/// failed start leads to.
///
/// States of a child:
/// ```
///  stopped ──start──▶ starting ──▶ running ──stop──▶ stopping ──▶ stopped (temporary: gone)
///     ▲                  │ failed     │ ended
///     │                  ▼            ▼
///     └──terminate── restarting ◀── restart wanted (waits for its turn to be tried again, or as its backoff says)
/// ```
struct SupervisorMachine: SupervisionMachine {
    var strategy: Strategy
    var intensity: RestartIntensity
    var autoShutdown: AutoShutdown
    var children: ChildList
    private var window = RestartWindow()
    var tracks: RestartTracks<ChildID>
    private var purpose: Purpose?
    /// What is left to do.
    private var plan = Plan()
    private var attempts = 0
    private(set) var isShuttingDown = false

    var listed: [(key: ChildID, value: ChildRecord)] { children.all.map { ($0.id, $0) } }

    /// - Parameter seed: what the jitter of waits follows from.
    init(
        strategy: Strategy,
        intensity: RestartIntensity,
        autoShutdown: AutoShutdown,
        children: [ChildRecord],
        seed: UInt64 = 0
    ) {
        tracks = RestartTracks(seed: seed)
        self.strategy = strategy
        self.intensity = intensity
        self.autoShutdown = autoShutdown
        self.children = ChildList(children)
    }

    mutating func handle(_ event: Event) -> [Effect] {
        var effects: [Effect] = []
        handle(event, &effects)
        return effects
    }

    private mutating func handle(_ event: Event, _ effects: inout [Effect]) {
        switch event {
        case .boot:
            carryOut(.boot, .init(starting: children.range, of: children), &effects)
        case .started(let id, let process, let now):
            children.update(id) { $0.state = .running(process) }
            tracks.started(id, at: now)
            nextStep(&effects)
        case .startFailed(let id, let error):
            startFailed(id, error, &effects)
        case .ignored(let id):
            settle(id, &effects)
            nextStep(&effects)
        case .held(let id, let process):
            held(id, process, &effects)
        case .released(let id, let attempt):
            guard let place = children.place(of: id), children[at: place].awaits(attempt) else { return }
            // Counted when it was held.
            children[at: place].restarts -= 1
            restart(place, as: .restart, &effects)
        case .stopped(let id, let reason):
            stopped(id, reason, &effects)
        case .exited(let id, let process, let reason, let now):
            exited(id, process, reason, now, &effects)
        case .retry(let id, let attempt, let now):
            guard let place = children.place(of: id), children[at: place].awaits(attempt) else { return }
            restart(place, now, &effects)
        case .add, .terminate, .restart, .delete, .change:
            if isShuttingDown { refuse(.shuttingDown, &effects) } else { request(event, &effects) }
        case .shutdown:
            shutDown(&effects)
        }
    }

    // MARK: Plans

    mutating func carryOut(_ purpose: Purpose, _ plan: Plan, _ effects: inout [Effect]) {
        self.purpose = purpose
        self.plan = plan
        nextStep(&effects)
    }

    private mutating func nextStep(_ effects: inout [Effect]) {
        while let step = plan.popNext() {
            switch step {
            case .start(let id):
                guard let place = children.place(of: id) else { continue }
                children[at: place].state = .starting
                effects.append(.start(id))
                return
            case .stop(let id):
                guard let place = children.place(of: id) else { continue }
                if case .running(let process) = children[at: place].state {
                    children[at: place].state = .stopping(process)
                    effects.append(.stop(id, process, children[at: place].shutdown))
                    return
                }
                settle(id, &effects)
            }
        }
        finished(&effects)
    }

    /// A child that was stopped, or need not be: temporary ones go for good.
    private mutating func settle(_ id: ChildID, _ effects: inout [Effect]) {
        guard let place = children.place(of: id) else { return }
        guard children[at: place].restart == .temporary else {
            children[at: place].state = .stopped
            return
        }
        children.remove(id)
        tracks.forget(id)
        effects.append(.forget(id))
    }

    private mutating func finished(_ effects: inout [Effect]) {
        guard let purpose = purpose.take() else { return }
        switch purpose {
        case .boot:
            effects.append(.reply(.success(.booted)))
        case .bootFailed(let id, let error):
            effects.append(.reply(.failure(.startFailed(id, error))))
        case .restart:
            break
        case .wait(let id, let attempt, let time):
            effects.append(.wait(id, attempt: attempt, time))
        case .restartedByRequest(let id), .addedByRequest(let id), .startedByRequest(let id):
            if case .running(let process) = children[id]?.state {
                effects.append(.reply(.success(.child(process))))
            } else {
                effects.append(.reply(.success(.child(nil))))
            }
        case .stoppedByRequest:
            effects.append(.reply(.success(.done)))
        case .shutdown:
            effects.append(.exit(.shutdown))
        }
    }

    // MARK: Answers to effects

    private mutating func startFailed(_ id: ChildID, _ error: any Error, _ effects: inout [Effect]) {
        guard let place = children.place(of: id), let purpose else { return }
        effects.append(.report(.startFailed(id, error)))
        children[at: place].state = .stopped
        plan = Plan()
        switch purpose {
        case .boot:
            let others = Plan(stopping: children.range.prefix(upTo: place), of: children)
            carryOut(.bootFailed(id, error), others, &effects)
        case .restart:
            // The attempt counted; the next one is a message to ourselves, so that requests come in between.
            self.purpose = nil
            comeBack(place, &effects)
        case .restartedByRequest:
            self.purpose = nil
            comeBack(place, &effects)
            effects.append(.reply(.failure(.startFailed(id, error))))
        case .addedByRequest:
            self.purpose = nil
            children.remove(id)
            tracks.forget(id)
            effects += [.forget(id), .reply(.failure(.startFailed(id, error)))]
        case .startedByRequest:
            self.purpose = nil
            effects.append(.reply(.failure(.startFailed(id, error))))
        case .bootFailed, .stoppedByRequest, .shutdown, .wait:
            nextStep(&effects)
        }
    }

    /// Another attempt at a restart that failed.
    private mutating func comeBack(_ place: Int, _ effects: inout [Effect]) {
        let id = children[at: place].id
        let attempt = awaitAttempt(place)
        if let time = tracks.wait(id, children[at: place].limits, at: nil) {
            effects += [.report(.waiting(id, time)), .wait(id, attempt: attempt, time)]
        } else {
            tracks.stopsWaiting(id)
            effects.append(.retryLater(id, attempt: attempt))
        }
    }

    private mutating func held(_ id: ChildID, _ process: ProcessID, _ effects: inout [Effect]) {
        let purpose = purpose.take()
        plan = Plan()
        tracks.stopsWaiting(id)
        guard let place = children.place(of: id) else { return }
        let refusal = Effect.reply(.failure(.zombie(id, process)))
        switch purpose {
        case .restart: effects.append(.awaitRelease(id, attempt: awaitAttempt(place)))
        case .restartedByRequest: effects += [.awaitRelease(id, attempt: awaitAttempt(place)), refusal]
        default:
            children[at: place].state = .stopped
            effects.append(refusal)
        }
    }

    private mutating func awaitAttempt(_ place: Int) -> Int {
        attempts += 1
        children[at: place].state = .restarting(attempt: attempts)
        return attempts
    }

    private mutating func stopped(_ id: ChildID, _ reason: ExitReason, _ effects: inout [Effect]) {
        if let place = children.place(of: id) {
            children[at: place].lastExit = reason
            if children[at: place].stoppedBadly(with: reason) { effects.append(.report(.stoppedBadly(id, reason))) }
            settle(id, &effects)
        }
        nextStep(&effects)
    }

    // MARK: Ends and restarts

    private mutating func exited(
        _ id: ChildID,
        _ process: ProcessID,
        _ reason: ExitReason,
        _ now: RuntimeInstant,
        _ effects: inout [Effect]
    ) {
        guard !isShuttingDown, let place = children.place(of: id), case .running(process) = children[at: place].state
        else { return }
        children[at: place].lastExit = reason
        children[at: place].state = .stopped
        switch children[at: place].restart {
        case .transient where reason.isClean:
            shutDownIfSignificant(children[at: place], &effects)
        case .permanent, .transient:
            effects.reserveCapacity(3)
            effects.append(.report(.childEnded(id, reason)))
            restartSoon(place, now, &effects)
        case .temporary:
            let child = children[at: place]
            children.remove(id)
            tracks.forget(id)
            effects.append(.forget(id))
            if !reason.isClean { effects.append(.report(.childEnded(id, reason))) }
            shutDownIfSignificant(child, &effects)
        }
    }

    /// Restarts a child that ended: at once, or after a wait for which those that depend on it are stopped.
    private mutating func restartSoon(_ place: Int, _ now: RuntimeInstant, _ effects: inout [Effect]) {
        let id = children[at: place].id
        guard let time = tracks.wait(id, children[at: place].limits, at: now) else {
            return restart(place, now, &effects)
        }
        let attempt = awaitAttempt(place)
        effects.append(.report(.waiting(id, time)))
        let stops = Plan(stopping: affected(by: place), of: children, butFor: place)
        carryOut(.wait(id, attempt: attempt, time), stops, &effects)
    }

    private mutating func restart(_ place: Int, _ now: RuntimeInstant, _ effects: inout [Effect]) {
        let id = children[at: place].id
        guard tracks.admit(id, children[at: place].limits, at: now) else { return budgetUsedUp(place, &effects) }
        guard window.admit(at: now, intensity) else {
            children[at: place].state = .stopped
            effects.append(.report(.gaveUp(id, intensity, children[at: place].lastExit)))
            return shutDown(&effects)
        }
        restart(place, as: .restart, &effects)
    }

    /// Restarts a child, and those that depend on it, without counting it.
    mutating func restart(_ place: Int, as purpose: Purpose, _ effects: inout [Effect]) {
        let id = children[at: place].id
        tracks.stopsWaiting(id)
        children[at: place].state = .stopped
        children[at: place].restarts += 1
        effects.append(.report(.restarting(id, strategy)))
        carryOut(purpose, .init(restarting: place, with: affected(by: place), of: children), &effects)
    }

    /// Where those are that are restarted with a child, itself included.
    private func affected(by place: Int) -> Range<Int> {
        switch strategy {
        case .oneForOne: place..<place + 1
        case .restForOne: place..<children.range.upperBound
        case .oneForAll: children.range
        }
    }

    private mutating func budgetUsedUp(_ place: Int, _ effects: inout [Effect]) {
        let child = children[at: place]
        guard let budget = child.limits?.budget else { return }
        // One that ended just now has stopped nobody yet.
        var wasAwaited = false
        if case .restarting = child.state { wasAwaited = true }
        tracks.stopsWaiting(child.id)
        children[at: place].state = .stopped
        if budget.whenUsedUp == .supervisorGivesUp {
            effects.append(.report(.gaveUp(child.id, budget.limit, child.lastExit)))
            return shutDown(&effects)
        }
        effects.append(.report(.budgetUsedUp(child.id, budget.limit)))
        shutDownIfSignificant(child, &effects)
        guard wasAwaited, !isShuttingDown else { return }
        let stopped = Plan(startingStopped: affected(by: place), of: children, butFor: place)
        carryOut(.restart, stopped, &effects)
    }

    private mutating func shutDownIfSignificant(_ child: ChildRecord, _ effects: inout [Effect]) {
        guard child.isSignificant else { return }
        switch autoShutdown {
        case .never:
            return
        case .anySignificant:
            shutDown(&effects)
        case .allSignificant:
            let isOneLeft = children.all.contains { other in
                guard other.isSignificant, other.id != child.id else { return false }
                if case .stopped = other.state { return false }
                return true
            }
            if !isOneLeft { shutDown(&effects) }
        }
    }

    private mutating func shutDown(_ effects: inout [Effect]) {
        isShuttingDown = true
        carryOut(.shutdown, .init(stopping: children.range, of: children), &effects)
    }
}
