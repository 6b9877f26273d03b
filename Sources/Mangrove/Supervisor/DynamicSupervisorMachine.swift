/// The decisions of a dynamic supervisor: children come and go at run time, each restarted for itself, all stopped at once.
///
/// Children are keyed by a number of the machine's own, so that two may have one id. One that waits for another attempt at
/// its restart can still be named by the process it last was.
struct DynamicSupervisorMachine: SupervisionMachine {
    typealias Key = Int

    enum Event: SupervisionEvent {
        typealias Key = DynamicSupervisorMachine.Key

        case add(ChildRecord)
        /// The time matters for children with a backoff only.
        case started(Key, ProcessID, at: RuntimeInstant? = nil)
        case startFailed(Key, any Error)
        case ignored(Key)
        /// The start was not tried: code of the last incarnation, which was killed, still runs.
        case held(Key, by: ProcessID)
        /// That code has returned.
        case released(Key, attempt: Int)
        case exited(ProcessID, ExitReason, at: RuntimeInstant)
        case retry(Key, attempt: Int, at: RuntimeInstant)
        case terminate(ProcessID)
        case stopped(Key, ExitReason)
        case shutdown
        /// What each child ended with.
        case allStopped([(key: Key, reason: ExitReason)])

        static func ended(_ id: ChildID, _ process: ProcessID, _ reason: ExitReason, at now: RuntimeInstant) -> Self {
            .exited(process, reason, at: now)
        }

        static func answer(toStopAll ends: [(key: Key, reason: ExitReason)]) -> Self? { .allStopped(ends) }
    }

    typealias Effect = SupervisionEffect<Key>

    let intensity: RestartIntensity
    let maxChildren: Int?
    private(set) var children = NumberedTable<ChildRecord>()
    /// By the serial of the process that a child is, or last was; which node it is on, the child itself knows.
    private var keys: [UInt64: Key] = [:]
    private var nextKey = 0
    private var attempts = 0
    private var window = RestartWindow()
    private var tracks: RestartTracks<Key>
    private(set) var isShuttingDown = false

    var listed: [(key: Key, value: ChildRecord)] { Array(children) }

    /// - Parameter seed: what the jitter of waits follows from.
    init(intensity: RestartIntensity, maxChildren: Int?, seed: UInt64 = 0) {
        tracks = RestartTracks(seed: seed)
        self.intensity = intensity
        self.maxChildren = maxChildren
    }

    /// The child that is, or last was, this process.
    func key(of process: ProcessID) -> Key? {
        guard let key = keys[process.serial], children[key]?.lastProcess == process else { return nil }
        return key
    }

    mutating func handle(_ event: Event) -> [Effect] {
        switch event {
        case .add(let record):
            if isShuttingDown { return [.reply(.failure(.shuttingDown))] }
            if let maxChildren, children.count >= maxChildren { return [.reply(.failure(.maxChildren(maxChildren)))] }
            nextKey += 1
            children.insert(nextKey, record)
            return [.start(nextKey)]
        case .started(let key, let process, let now):
            tracks.started(key, at: now)
            return started(key, process)
        case .startFailed(let key, let error):
            return startFailed(key, error)
        case .ignored(let key):
            let wasRestart = children[key]?.lastProcess != nil
            forget(key)
            return [.forget(key)] + (wasRestart ? [] : [.reply(.success(.child(nil)))])
        case .held(let key, by: _):
            return [.awaitRelease(key, attempt: nextAttempt(key))]
        case .released(let key, let attempt):
            guard !isShuttingDown, case .restarting(attempt) = children[key]?.state else { return [] }
            children.update(key) { $0.state = .starting }
            return [.start(key)]
        case .exited(let process, let reason, let now):
            return exited(process, reason, now)
        case .retry(let key, let attempt, let now):
            guard !isShuttingDown, case .restarting(attempt) = children[key]?.state else { return [] }
            return restart(key, now)
        case .terminate(let process):
            return terminate(process)
        case .stopped(let key, let reason):
            guard let child = children[key] else { return [] }
            forget(key)
            var effects: [Effect] = [.forget(key)]
            if isShutdownError(reason, of: child) { effects.append(.report(.stoppedBadly(child.id, reason))) }
            return effects + [.reply(.success(.done))]
        case .shutdown:
            return shutDown()
        case .allStopped(let ends):
            let reports = ends.compactMap { end -> Effect? in
                guard let child = children[end.key], isShutdownError(end.reason, of: child) else { return nil }
                return .report(.stoppedBadly(child.id, end.reason))
            }
            children = NumberedTable()
            keys = [:]
            return reports + [.exit(.shutdown)]
        }
    }

    private mutating func started(_ key: Key, _ process: ProcessID) -> [Effect] {
        guard let child = children[key] else { return [] }
        if let last = child.lastProcess { keys[last.serial] = nil }
        keys[process.serial] = key
        children.update(key) { $0.state = .running(process) }
        return child.lastProcess == nil ? [.reply(.success(.child(process)))] : []
    }

    private mutating func startFailed(_ key: Key, _ error: any Error) -> [Effect] {
        guard let child = children[key] else { return [] }
        let report = Effect.report(.startFailed(child.id, error))
        guard child.lastProcess != nil else {
            forget(key)
            return [report, .forget(key), .reply(.failure(.startFailed(child.id, error)))]
        }
        let wait = tracks.wait(key, child.limits, at: nil)
        return [report] + (wait.map { waitFor(key, $0) } ?? [.retryLater(key, attempt: nextAttempt(key))])
    }

    private mutating func nextAttempt(_ key: Key) -> Int {
        attempts += 1
        let attempt = attempts
        children.update(key) { $0.state = .restarting(attempt: attempt) }
        return attempt
    }

    private mutating func waitFor(_ key: Key, _ time: Duration) -> [Effect] {
        guard let child = children[key] else { return [] }
        return [.report(.waiting(child.id, time)), .wait(key, attempt: nextAttempt(key), time)]
    }

    private mutating func exited(_ process: ProcessID, _ reason: ExitReason, _ now: RuntimeInstant) -> [Effect] {
        guard !isShuttingDown, let key = key(of: process), let child = children[key] else { return [] }
        guard case .running(process) = child.state else { return [] }
        let restarts = child.restart == .permanent || (child.restart == .transient && !reason.isClean)
        if restarts {
            children.update(key) { $0.ended(process, reason) }
            let wait = tracks.wait(key, child.limits, at: now)
            return [.report(.childEnded(child.id, reason))] + (wait.map { waitFor(key, $0) } ?? restart(key, now))
        }
        forget(key)
        return [.forget(key)] + (reason.isClean ? [] : [.report(.childEnded(child.id, reason))])
    }

    private mutating func restart(_ key: Key, _ now: RuntimeInstant) -> [Effect] {
        guard let child = children[key] else { return [] }
        guard tracks.admit(key, child.limits, at: now) else { return budgetUsedUp(key, child) }
        guard window.admit(at: now, intensity) else {
            children.update(key) { $0.state = .stopped }
            return [.report(.gaveUp(child.id, intensity, child.lastExit))] + shutDown()
        }
        children.update(key) { $0.beginRestart() }
        return [.report(.restarting(child.id, .oneForOne)), .start(key)]
    }

    private mutating func budgetUsedUp(_ key: Key, _ child: ChildRecord) -> [Effect] {
        guard let budget = child.limits?.budget else { return [] }
        if budget.whenUsedUp == .supervisorGivesUp {
            children.update(key) { $0.state = .stopped }
            return [.report(.gaveUp(child.id, budget.limit, child.lastExit))] + shutDown()
        }
        forget(key)
        return [.report(.budgetUsedUp(child.id, budget.limit)), .forget(key)]
    }

    private mutating func terminate(_ process: ProcessID) -> [Effect] {
        guard let key = key(of: process), let child = children[key] else {
            return [.reply(.failure(.notFound(ChildID(process.description))))]
        }
        if case .running(let process) = child.state {
            children.update(key) { $0.state = .stopping(process) }
            return [.stop(key, process, child.shutdown)]
        }
        forget(key)
        return [.forget(key), .reply(.success(.done))]
    }

    private mutating func shutDown() -> [Effect] {
        isShuttingDown = true
        var running: [(key: Key, shutdown: ShutdownPolicy)] = []
        for (key, child) in children {
            if case .running = child.state { running.append((key, child.shutdown)) }
        }
        return [.stopAll(running)]
    }

    private func isShutdownError(_ reason: ExitReason, of child: ChildRecord) -> Bool {
        switch reason {
        case .shutdown, .shutdownBecause: false
        case .normal: child.restart == .permanent
        case .killed: child.shutdown != .brutalKill
        case .crash, .noProcess, .program: true
        }
    }

    private mutating func forget(_ key: Key) {
        tracks.forget(key)
        if let last = children.take(key)?.lastProcess { keys[last.serial] = nil }
    }
}
