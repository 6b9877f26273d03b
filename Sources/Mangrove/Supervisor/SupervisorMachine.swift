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
    /// What is left to do, last step first.
    private var plan: [Step] = []
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
        switch event {
        case .boot:
            return carryOut(.boot, children.all.map { .start($0.id) })
        case .started(let id, let process, let now):
            children.update(id) { $0.state = .running(process) }
            tracks.started(id, at: now)
            return nextStep()
        case .startFailed(let id, let error):
            return startFailed(id, error)
        case .ignored(let id):
            return settle(id) + nextStep()
        case .held(let id, let process):
            return held(id, process)
        case .released(let id, let attempt):
            guard let child = children[id], case .restarting(attempt) = child.state else { return [] }
            // Counted when it was held.
            children.update(id) { $0.restarts -= 1 }
            return restart(child, as: .restart)
        case .stopped(let id, let reason):
            return stopped(id, reason)
        case .exited(let id, let process, let reason, let now):
            return exited(id, process, reason, now)
        case .retry(let id, let attempt, let now):
            guard let child = children[id], case .restarting(attempt) = child.state else { return [] }
            return restart(child, now)
        case .add, .terminate, .restart, .delete, .change:
            return isShuttingDown ? refuse(.shuttingDown) : request(event)
        case .shutdown:
            return shutDown()
        }
    }

    // MARK: Plans

    mutating func carryOut(_ purpose: Purpose, _ plan: [Step]) -> [Effect] {
        self.purpose = purpose
        self.plan = plan.reversed()
        return nextStep()
    }

    private mutating func nextStep() -> [Effect] {
        var effects: [Effect] = []
        while let step = plan.popLast() {
            switch step {
            case .start(let id):
                guard children[id] != nil else { continue }
                children.update(id) { $0.state = .starting }
                return effects + [.start(id)]
            case .stop(let id):
                guard let child = children[id] else { continue }
                if case .running(let process) = child.state {
                    children.update(id) { $0.state = .stopping(process) }
                    return effects + [.stop(id, process, child.shutdown)]
                }
                effects += settle(id)
            }
        }
        return effects + finished()
    }

    /// A child that was stopped, or need not be: temporary ones go for good.
    private mutating func settle(_ id: ChildID) -> [Effect] {
        guard children[id]?.restart == .temporary else {
            children.update(id) { $0.state = .stopped }
            return []
        }
        children.remove(id)
        tracks.forget(id)
        return [.forget(id)]
    }

    private mutating func finished() -> [Effect] {
        guard let purpose = purpose.take() else { return [] }
        switch purpose {
        case .boot:
            return [.reply(.success(.booted))]
        case .bootFailed(let id, let error):
            return [.reply(.failure(.startFailed(id, error)))]
        case .restart:
            return []
        case .wait(let id, let attempt, let time):
            return [.wait(id, attempt: attempt, time)]
        case .restartedByRequest(let id), .addedByRequest(let id), .startedByRequest(let id):
            if case .running(let process) = children[id]?.state {
                return [.reply(.success(.child(process)))]
            }
            return [.reply(.success(.child(nil)))]
        case .stoppedByRequest:
            return [.reply(.success(.done))]
        case .shutdown:
            return [.exit(.shutdown)]
        }
    }

    // MARK: Answers to effects

    private mutating func startFailed(_ id: ChildID, _ error: any Error) -> [Effect] {
        guard let place = children.place(of: id), let purpose else { return [] }
        let report = Effect.report(.startFailed(id, error))
        children.update(id) { $0.state = .stopped }
        plan = []
        switch purpose {
        case .boot:
            let others = children.before(place).reversed().map { Step.stop($0.id) }
            return [report] + carryOut(.bootFailed(id, error), others)
        case .restart:
            // The attempt counted; the next one is a message to ourselves, so that requests come in between.
            self.purpose = nil
            return [report] + comeBack(id)
        case .restartedByRequest:
            self.purpose = nil
            return [report] + comeBack(id) + [.reply(.failure(.startFailed(id, error)))]
        case .addedByRequest:
            self.purpose = nil
            children.remove(id)
            tracks.forget(id)
            return [report, .forget(id), .reply(.failure(.startFailed(id, error)))]
        case .startedByRequest:
            self.purpose = nil
            return [report, .reply(.failure(.startFailed(id, error)))]
        case .bootFailed, .stoppedByRequest, .shutdown, .wait:
            return [report] + nextStep()
        }
    }

    /// Another attempt at a restart that failed.
    private mutating func comeBack(_ id: ChildID) -> [Effect] {
        let attempt = awaitAttempt(id)
        guard let time = tracks.wait(id, children[id]?.limits, at: nil) else {
            tracks.stopsWaiting(id)
            return [.retryLater(id, attempt: attempt)]
        }
        return [.report(.waiting(id, time)), .wait(id, attempt: attempt, time)]
    }

    private mutating func held(_ id: ChildID, _ process: ProcessID) -> [Effect] {
        let purpose = purpose.take()
        plan = []
        tracks.stopsWaiting(id)
        let refusal = Effect.reply(.failure(.zombie(id, process)))
        switch purpose {
        case .restart: return [.awaitRelease(id, attempt: awaitAttempt(id))]
        case .restartedByRequest: return [.awaitRelease(id, attempt: awaitAttempt(id)), refusal]
        default:
            children.update(id) { $0.state = .stopped }
            return [refusal]
        }
    }

    private mutating func awaitAttempt(_ id: ChildID) -> Int {
        attempts += 1
        let attempt = attempts
        children.update(id) { $0.state = .restarting(attempt: attempt) }
        return attempt
    }

    private mutating func stopped(_ id: ChildID, _ reason: ExitReason) -> [Effect] {
        guard let child = children[id] else { return nextStep() }
        children.update(id) { $0.lastExit = reason }
        let report: [Effect] = isShutdownError(reason, of: child) ? [.report(.stoppedBadly(id, reason))] : []
        return report + settle(id) + nextStep()
    }

    /// A child that is stopped should end with `shutdown`, or as it likes if it is not permanent and ends cleanly; a
    /// brutal kill ends with `killed`.
    private func isShutdownError(_ reason: ExitReason, of child: ChildRecord) -> Bool {
        switch reason {
        case .shutdown: false
        case .killed: child.shutdown != .brutalKill
        case .normal, .shutdownBecause: child.restart == .permanent
        case .crash, .noProcess, .program: true
        }
    }

    // MARK: Ends and restarts

    private mutating func exited(
        _ id: ChildID,
        _ process: ProcessID,
        _ reason: ExitReason,
        _ now: RuntimeInstant
    ) -> [Effect] {
        guard !isShuttingDown, let child = children[id], case .running(process) = child.state else { return [] }
        children.update(id) { child in
            child.lastExit = reason
            child.state = .stopped
        }
        switch child.restart {
        case .permanent:
            return [.report(.childEnded(id, reason))] + restartSoon(child, now)
        case .transient where !reason.isClean:
            return [.report(.childEnded(id, reason))] + restartSoon(child, now)
        case .transient:
            return shutDownIfSignificant(child)
        case .temporary:
            children.remove(id)
            tracks.forget(id)
            let report: [Effect] = reason.isClean ? [] : [.report(.childEnded(id, reason))]
            return [.forget(id)] + report + shutDownIfSignificant(child)
        }
    }

    /// Restarts a child that ended: at once, or after a wait for which those that depend on it are stopped.
    private mutating func restartSoon(_ child: ChildRecord, _ now: RuntimeInstant) -> [Effect] {
        guard let time = tracks.wait(child.id, child.limits, at: now) else { return restart(child, now) }
        let attempt = awaitAttempt(child.id)
        let stops = affected(by: child).reversed().filter { $0.id != child.id }.map { Step.stop($0.id) }
        return [.report(.waiting(child.id, time))]
            + carryOut(.wait(child.id, attempt: attempt, time), stops)
    }

    private mutating func restart(_ child: ChildRecord, _ now: RuntimeInstant) -> [Effect] {
        guard tracks.admit(child.id, child.limits, at: now) else { return budgetUsedUp(child) }
        guard window.admit(at: now, intensity) else {
            children.update(child.id) { $0.state = .stopped }
            return [.report(.gaveUp(child.id, intensity, children[child.id]?.lastExit))] + shutDown()
        }
        return restart(child, as: .restart)
    }

    /// Restarts a child, and those that depend on it, without counting it.
    mutating func restart(_ child: ChildRecord, as purpose: Purpose) -> [Effect] {
        tracks.stopsWaiting(child.id)
        children.update(child.id) { child in
            child.state = .stopped
            child.restarts += 1
        }
        let affected = affected(by: child)
        let stops = affected.reversed().filter { $0.id != child.id }.map { Step.stop($0.id) }
        let starts = affected.filter { $0.id == child.id || $0.restart != .temporary }.map { Step.start($0.id) }
        return [.report(.restarting(child.id, strategy))] + carryOut(purpose, stops + starts)
    }

    /// Those that are restarted with a child, itself included, in order.
    private func affected(by child: ChildRecord) -> [ChildRecord] {
        switch strategy {
        case .oneForOne: [child]
        case .restForOne: children.place(of: child.id).map { children.from($0) } ?? []
        case .oneForAll: children.all
        }
    }

    private mutating func budgetUsedUp(_ child: ChildRecord) -> [Effect] {
        guard let budget = child.limits?.budget else { return [] }
        // One that ended just now has stopped nobody yet.
        var wasAwaited = false
        if case .restarting = child.state { wasAwaited = true }
        tracks.stopsWaiting(child.id)
        children.update(child.id) { $0.state = .stopped }
        if budget.whenUsedUp == .supervisorGivesUp {
            return [.report(.gaveUp(child.id, budget.limit, children[child.id]?.lastExit))] + shutDown()
        }
        let report = Effect.report(.budgetUsedUp(child.id, budget.limit))
        let end = shutDownIfSignificant(child)
        guard wasAwaited, end.isEmpty else { return [report] + end }
        let starts = affected(by: child).compactMap { other -> Step? in
            guard case .stopped = other.state, other.id != child.id else { return nil }
            return .start(other.id)
        }
        return [report] + carryOut(.restart, starts)
    }

    private mutating func shutDownIfSignificant(_ child: ChildRecord) -> [Effect] {
        guard child.isSignificant else { return [] }
        switch autoShutdown {
        case .never:
            return []
        case .anySignificant:
            return shutDown()
        case .allSignificant:
            let left = children.all.contains { other in
                guard other.isSignificant, other.id != child.id else { return false }
                if case .stopped = other.state { return false }
                return true
            }
            return left ? [] : shutDown()
        }
    }

    private mutating func shutDown() -> [Effect] {
        isShuttingDown = true
        return carryOut(.shutdown, children.all.reversed().map { .stop($0.id) })
    }
}
