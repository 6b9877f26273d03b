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
        case exited(ProcessID, ExitReason, at: RuntimeInstant)
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
        case shutdown(ExitReason)
    }

    private enum Step {
        case start(ChildID)
        case stop(ChildID)
    }

    let strategy: Strategy
    let intensity: RestartIntensity
    let autoShutdown: AutoShutdown
    private(set) var children: [ChildRecord]
    private var window = RestartWindow()
    private var purpose: Purpose?
    private var plan: [Step] = []
    private var attempts = 0
    private(set) var isShuttingDown = false

    init(strategy: Strategy, intensity: RestartIntensity, autoShutdown: AutoShutdown, children: [ChildRecord]) {
        self.strategy = strategy
        self.intensity = intensity
        self.autoShutdown = autoShutdown
        self.children = children
    }

    mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .boot:
            return carryOut(.boot, children.map { .start($0.id) })
        case .started(let id, let process):
            return started(id, process)
        case .startFailed(let id, let error):
            return startFailed(id, error)
        case .ignored(let id):
            return ignored(id)
        case .stopped(let id, let reason):
            return stopped(id, reason)
        case .exited(let process, let reason, let now):
            return exited(process, reason, now)
        case .retry(let id, let attempt, let now):
            guard let index = index(of: id), case .restarting(attempt) = children[index].state else { return [] }
            return restart(index, now)
        case .add, .terminate, .restart, .delete:
            return request(event)
        case .shutdown:
            return shutDown(.shutdown)
        }
    }

    func index(of id: ChildID) -> Int? {
        children.firstIndex { $0.id == id }
    }

    // MARK: Plans

    private mutating func carryOut(_ purpose: Purpose, _ plan: [Step]) -> [Effect] {
        self.purpose = purpose
        self.plan = plan
        return nextStep()
    }

    private mutating func nextStep() -> [Effect] {
        while !plan.isEmpty {
            switch plan.removeFirst() {
            case .start(let id):
                guard let index = index(of: id) else { continue }
                children[index].state = .starting
                return [.start(id)]
            case .stop(let id):
                guard let index = index(of: id) else { continue }
                if case .running(let process) = children[index].state {
                    children[index].state = .stopping(process)
                    return [.stop(id, process, children[index].shutdown)]
                }
                if let gone = settle(index) { return [gone] + nextStep() }
            }
        }
        return finished()
    }

    /// A child that was stopped, or need not be: temporary ones go for good.
    private mutating func settle(_ index: Int) -> Effect? {
        guard children[index].restart == .temporary else {
            children[index].state = .stopped
            return nil
        }
        return .forget(children.remove(at: index).id)
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
            if let index = index(of: id), case .running(let process) = children[index].state {
                return [.reply(.success(.child(process)))]
            }
            return [.reply(.success(.child(nil)))]
        case .stoppedByRequest:
            return [.reply(.success(.done))]
        case .shutdown(let reason):
            return [.exit(reason)]
        }
    }

    // MARK: Answers to effects

    private mutating func started(_ id: ChildID, _ process: ProcessID) -> [Effect] {
        guard let index = index(of: id) else { return nextStep() }
        children[index].state = .running(process)
        return nextStep()
    }

    private mutating func ignored(_ id: ChildID) -> [Effect] {
        guard let index = index(of: id), let gone = settle(index) else { return nextStep() }
        return [gone] + nextStep()
    }

    private mutating func startFailed(_ id: ChildID, _ error: any Error) -> [Effect] {
        guard let index = index(of: id), let purpose else { return [] }
        let report = Effect.report(.startFailed(id, "\(error)"))
        children[index].state = .stopped
        plan = []
        switch purpose {
        case .boot:
            let others = children[..<index].reversed().map { Step.stop($0.id) }
            return [report] + carryOut(.bootFailed(id, error), others)
        case .restart:
            // The attempt counted; the next one is a message to ourselves, so that requests come in between.
            self.purpose = nil
            attempts += 1
            children[index].state = .restarting(attempt: attempts)
            return [report, .retryLater(id, attempt: attempts)]
        case .addedByRequest:
            self.purpose = nil
            children.remove(at: index)
            return [report, .forget(id), .reply(.failure(.startFailed(id, error)))]
        case .startedByRequest:
            self.purpose = nil
            return [report, .reply(.failure(.startFailed(id, error)))]
        case .bootFailed, .stoppedByRequest, .shutdown:
            return [report] + nextStep()
        }
    }

    private mutating func stopped(_ id: ChildID, _ reason: ExitReason) -> [Effect] {
        guard let index = index(of: id) else { return nextStep() }
        children[index].lastExit = reason
        var effects: [Effect] = []
        if isShutdownError(reason, of: children[index]) {
            effects.append(.report(.stoppedBadly(id, reason)))
        }
        if let gone = settle(index) { effects.append(gone) }
        return effects + nextStep()
    }

    /// A child that is stopped should end with `shutdown`, or as it likes if it is not permanent and ends cleanly; a
    /// brutal kill ends with `killed`.
    private func isShutdownError(_ reason: ExitReason, of child: ChildRecord) -> Bool {
        switch reason {
        case .shutdown: false
        case .killed: child.shutdown != .brutalKill
        case .normal, .shutdownBecause: child.restart == .permanent
        case .crash, .noProcess: true
        }
    }

    // MARK: Ends and restarts

    private mutating func exited(_ process: ProcessID, _ reason: ExitReason, _ now: RuntimeInstant) -> [Effect] {
        let found = children.firstIndex { if case .running(process) = $0.state { true } else { false } }
        guard let index = found, !isShuttingDown else { return [] }
        children[index].lastExit = reason
        let child = children[index]
        switch child.restart {
        case .permanent:
            return [.report(.childEnded(child.id, reason))] + restart(index, now)
        case .transient where !reason.isClean:
            return [.report(.childEnded(child.id, reason))] + restart(index, now)
        case .transient:
            children[index].state = .stopped
            return shutDownIfSignificant(child)
        case .temporary:
            children.remove(at: index)
            var effects: [Effect] = [.forget(child.id)]
            if !reason.isClean { effects.append(.report(.childEnded(child.id, reason))) }
            return effects + shutDownIfSignificant(child)
        }
    }

    private mutating func restart(_ index: Int, _ now: RuntimeInstant) -> [Effect] {
        let child = children[index]
        children[index].state = .stopped
        guard window.admit(at: now, intensity) else {
            return [.report(.gaveUp(child.id, intensity, child.lastExit))] + shutDown(.shutdown)
        }
        children[index].restarts += 1
        let affected: ArraySlice<ChildRecord> =
            switch strategy {
            case .oneForOne: children[index...index]
            case .restForOne: children[index...]
            case .oneForAll: children[...]
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
            return shutDown(.shutdown)
        case .allSignificant:
            let left = children.contains { other in
                guard other.isSignificant, other.id != child.id else { return false }
                if case .stopped = other.state { return false }
                return true
            }
            return left ? [] : shutDown(.shutdown)
        }
    }

    private mutating func shutDown(_ reason: ExitReason) -> [Effect] {
        isShuttingDown = true
        return carryOut(.shutdown(reason), children.reversed().map { .stop($0.id) })
    }

    // MARK: Requests

    private mutating func request(_ event: Event) -> [Effect] {
        switch event {
        case .add(let record):
            if let present = children.first(where: { $0.id == record.id }) {
                if case .running(let process) = present.state { return refuse(.alreadyStarted(record.id, process)) }
                return refuse(.alreadyPresent(record.id))
            }
            if record.isSignificant, autoShutdown == .never {
                return refuse(.invalid(.significantWithoutAutoShutdown(record.id)))
            }
            children.append(record)
            return carryOut(.addedByRequest(record.id), [.start(record.id)])
        case .terminate(let id):
            guard index(of: id) != nil else { return refuse(.notFound(id)) }
            return carryOut(.stoppedByRequest(id), [.stop(id)])
        case .restart(let id):
            guard let index = index(of: id) else { return refuse(.notFound(id)) }
            if let problem = stateProblem(children[index]) { return refuse(problem) }
            return carryOut(.startedByRequest(id), [.start(id)])
        case .delete(let id):
            guard let index = index(of: id) else { return refuse(.notFound(id)) }
            if let problem = stateProblem(children[index]) { return refuse(problem) }
            children.remove(at: index)
            return [.forget(id), .reply(.success(.done))]
        default:
            return []
        }
    }

    private func refuse(_ error: SupervisorError) -> [Effect] {
        [.reply(.failure(error))]
    }

    private func stateProblem(_ child: ChildRecord) -> SupervisorError? {
        switch child.state {
        case .stopped: nil
        case .running, .starting, .stopping: .running(child.id)
        case .restarting: .restarting(child.id)
        }
    }
}
