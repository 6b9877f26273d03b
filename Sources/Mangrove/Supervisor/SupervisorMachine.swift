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
///     └──terminate── restarting ◀── restart wanted (waits for its turn to be tried again)
/// ```
struct SupervisorMachine: Sendable {
    struct ChildRecord {
        let id: ChildID
        let restart: RestartType
        let shutdown: ShutdownPolicy
        let kind: ChildKind
        let isSignificant: Bool
        var state = ChildState.stopped
        var restarts = 0
        var lastExit: ExitReason?
    }

    enum ChildState {
        case stopped
        case starting
        case running(ProcessID)
        /// Waits for another attempt; the number tells a cancelled attempt from the one awaited.
        case restarting(attempt: Int)
        case stopping(ProcessID)
    }

    enum Event {
        case boot
        case started(ChildID, ProcessID)
        case startFailed(ChildID, any Error)
        case ignored(ChildID)
        case stopped(ChildID, ExitReason)
        case exited(ChildID, ProcessID, ExitReason, at: RuntimeInstant)
        case retry(ChildID, attempt: Int, at: RuntimeInstant)
        case add(ChildRecord)
        case terminate(ChildID)
        case restart(ChildID)
        case delete(ChildID)
        case shutdown
    }

    enum Effect {
        case start(ChildID)
        case stop(ChildID, ProcessID, ShutdownPolicy)
        /// Come back with `.retry` after what is waiting already.
        case retryLater(ChildID, attempt: Int)
        /// The specification can be forgotten.
        case forget(ChildID)
        case reply(Result<Reply, SupervisorError>)
        case report(SupervisorReport)
        /// All children are stopped: the supervisor ends.
        case exit(ExitReason)
    }

    enum Reply {
        case booted
        case child(ProcessID?)
        case done
    }

    private enum Purpose {
        case boot
        case bootFailed(ChildID, any Error)
        case restart
        case addedByRequest(ChildID)
        case startedByRequest(ChildID)
        case stoppedByRequest(ChildID)
        case shutdown
    }

    private enum Step {
        case start(ChildID)
        case stop(ChildID)
    }

    let strategy: Strategy
    let intensity: RestartIntensity
    let autoShutdown: AutoShutdown
    private(set) var children: ChildList
    private var window = RestartWindow()
    private var purpose: Purpose?
    /// What is left to do, last step first.
    private var plan: [Step] = []
    private var attempts = 0
    private(set) var isShuttingDown = false

    init(strategy: Strategy, intensity: RestartIntensity, autoShutdown: AutoShutdown, children: [ChildRecord]) {
        self.strategy = strategy
        self.intensity = intensity
        self.autoShutdown = autoShutdown
        self.children = ChildList(children)
    }

    mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .boot:
            return carryOut(.boot, children.all.map { .start($0.id) })
        case .started(let id, let process):
            children.update(id) { $0.state = .running(process) }
            return nextStep()
        case .startFailed(let id, let error):
            return startFailed(id, error)
        case .ignored(let id):
            return settle(id) + nextStep()
        case .stopped(let id, let reason):
            return stopped(id, reason)
        case .exited(let id, let process, let reason, let now):
            return exited(id, process, reason, now)
        case .retry(let id, let attempt, let now):
            guard let child = children[id], case .restarting(attempt) = child.state else { return [] }
            return restart(child, now)
        case .add, .terminate, .restart, .delete:
            return isShuttingDown ? refuse(.shuttingDown) : request(event)
        case .shutdown:
            return shutDown()
        }
    }

    // MARK: Plans

    private mutating func carryOut(_ purpose: Purpose, _ plan: [Step]) -> [Effect] {
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
        case .addedByRequest(let id), .startedByRequest(let id):
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
        let report = Effect.report(.startFailed(id, "\(error)"))
        children.update(id) { $0.state = .stopped }
        plan = []
        switch purpose {
        case .boot:
            let others = children.before(place).reversed().map { Step.stop($0.id) }
            return [report] + carryOut(.bootFailed(id, error), others)
        case .restart:
            // The attempt counted; the next one is a message to ourselves, so that requests come in between.
            self.purpose = nil
            attempts += 1
            let attempt = attempts
            children.update(id) { $0.state = .restarting(attempt: attempt) }
            return [report, .retryLater(id, attempt: attempt)]
        case .addedByRequest:
            self.purpose = nil
            children.remove(id)
            return [report, .forget(id), .reply(.failure(.startFailed(id, error)))]
        case .startedByRequest:
            self.purpose = nil
            return [report, .reply(.failure(.startFailed(id, error)))]
        case .bootFailed, .stoppedByRequest, .shutdown:
            return [report] + nextStep()
        }
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
            return [.report(.childEnded(id, reason))] + restart(child, now)
        case .transient where !reason.isClean:
            return [.report(.childEnded(id, reason))] + restart(child, now)
        case .transient:
            return shutDownIfSignificant(child)
        case .temporary:
            children.remove(id)
            let report: [Effect] = reason.isClean ? [] : [.report(.childEnded(id, reason))]
            return [.forget(id)] + report + shutDownIfSignificant(child)
        }
    }

    private mutating func restart(_ child: ChildRecord, _ now: RuntimeInstant) -> [Effect] {
        guard let place = children.place(of: child.id) else { return [] }
        guard window.admit(at: now, intensity) else {
            children.update(child.id) { $0.state = .stopped }
            return [.report(.gaveUp(child.id, intensity, children[child.id]?.lastExit))] + shutDown()
        }
        children.update(child.id) { child in
            child.state = .stopped
            child.restarts += 1
        }
        let affected =
            switch strategy {
            case .oneForOne: [child]
            case .restForOne: children.from(place)
            case .oneForAll: children.all
            }
        let stops = affected.reversed().filter { $0.id != child.id }.map { Step.stop($0.id) }
        let starts = affected.filter { $0.id == child.id || $0.restart != .temporary }.map { Step.start($0.id) }
        return [.report(.restarting(child.id, strategy))] + carryOut(.restart, stops + starts)
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

    // MARK: Requests

    private mutating func request(_ event: Event) -> [Effect] {
        switch event {
        case .add(let record):
            if let present = children[record.id] {
                if case .running(let process) = present.state { return refuse(.alreadyStarted(record.id, process)) }
                return refuse(.alreadyPresent(record.id))
            }
            if record.isSignificant, autoShutdown == .never {
                return refuse(.invalid(.significantWithoutAutoShutdown(record.id)))
            }
            children.append(record)
            return carryOut(.addedByRequest(record.id), [.start(record.id)])
        case .terminate(let id):
            guard children[id] != nil else { return refuse(.notFound(id)) }
            return carryOut(.stoppedByRequest(id), [.stop(id)])
        case .restart(let id):
            if let problem = problem(with: id) { return refuse(problem) }
            return carryOut(.startedByRequest(id), [.start(id)])
        case .delete(let id):
            if let problem = problem(with: id) { return refuse(problem) }
            children.remove(id)
            return [.forget(id), .reply(.success(.done))]
        default:
            return []
        }
    }

    private func refuse(_ error: SupervisorError) -> [Effect] {
        [.reply(.failure(error))]
    }

    /// Why a child cannot be started or forgotten.
    private func problem(with id: ChildID) -> SupervisorError? {
        switch children[id]?.state {
        case nil: .notFound(id)
        case .stopped: nil
        case .running, .starting, .stopping: .running(id)
        case .restarting: .restarting(id)
        }
    }
}
