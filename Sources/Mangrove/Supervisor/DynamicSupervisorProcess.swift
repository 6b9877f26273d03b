/// The process behind a ``DynamicSupervisor``: it performs what ``DynamicSupervisorMachine`` decides.
public actor DynamicSupervisorProcess: ProcessActor, Terminating {
    private nonisolated let context: ProcessContext
    nonisolated let machine: Lock<DynamicSupervisorMachine>
    nonisolated let roster = ChildRoster<DynamicSupervisorMachine.Key>()
    private nonisolated let watcher: Watcher
    /// What the start of a request under way had to say besides; nil while nobody has asked.
    private var told: [ProcessID: any Sendable]?

    init(_ intensity: RestartIntensity, _ maxChildren: Int?, _ context: ProcessContext) {
        self.context = context
        watcher = Watcher(cell: context.cell)
        let seed = context.runtime.environment.randomness.next()
        machine = Lock(DynamicSupervisorMachine(intensity: intensity, maxChildren: maxChildren, seed: seed))
        context.cell.show({ [weak self] in self?.overview() ?? [] }, orphans: { [roster] in roster.removeAll() })
    }

    /// Stops the children, all at once.
    public func terminate(reason: ExitReason) async {
        _ = try? await perform(.shutdown, adding: nil)
    }

    // MARK: Turns

    func startChild(_ spec: ChildSpec) async throws -> (cell: ProcessCell, info: (any Sendable)?)? {
        told = [:]
        defer { told = nil }
        switch try await perform(.add(DynamicSupervisorMachine.ChildRecord(spec)), adding: spec) {
        case .success(.child(let process)):
            let key = process.flatMap { process in machine.withLock { $0.key(of: process) } }
            return key.flatMap { roster.cell($0) }.map { ($0, told?[$0.id]) }
        case .success, nil: return nil
        case .failure(let error): throw error
        }
    }

    /// As ``startChild(_:)``, for a start that does not suspend: a turn that needs no task of its own.
    func startChild(
        _ spec: ChildSpec,
        now start: @Sendable (ProcessContext) throws -> any ProcessActor
    ) throws -> ProcessCell? {
        var started: ProcessCell?
        var effects = machine.withLock { $0.handle(.add(DynamicSupervisorMachine.ChildRecord(spec))) }
        var done = 0
        while done < effects.count {
            defer { done += 1 }
            switch effects[done] {
            case .start(let key):
                roster.learn(key, spec.kept)
                let answer: DynamicSupervisorMachine.Event
                do {
                    let cell = try context.runtime.launchNow(spec, under: context.cell, start) { roster.put(key, $0) }
                    cell.supervise(by: watcher)
                    started = cell
                    answer = .started(key, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
                } catch is IgnoreStart {
                    answer = .ignored(key)
                } catch {
                    answer = .startFailed(key, error)
                }
                effects += machine.withLock { $0.handle(answer) }
            case .forget(let key): roster.forget(key)
            case .report(let report): context.runtime.log(report, of: context.cell)
            case .reply(.failure(let error)): throw error
            case .reply(.success), .stop, .stopAll, .retryLater, .wait, .awaitRelease, .exit: break
            }
        }
        return started
    }

    func terminateChild(_ process: ProcessID) async throws {
        if case .failure(let error) = try await perform(.terminate(process), adding: nil) { throw error }
    }

    fileprivate func childExited(_ process: ProcessID, _ reason: ExitReason) async throws {
        _ = try await perform(.exited(process, reason, at: context.runtime.clock.now()), adding: nil)
    }

    private func retry(_ key: DynamicSupervisorMachine.Key, _ attempt: Int) async throws {
        _ = try await perform(.retry(key, attempt: attempt, at: context.runtime.clock.now()), adding: nil)
    }

    // MARK: Effects

    private func perform(
        _ event: DynamicSupervisorMachine.Event,
        adding spec: ChildSpec?
    ) async throws(Exit) -> Result<SupervisorMachine.Reply, SupervisorError>? {
        var reply: Result<SupervisorMachine.Reply, SupervisorError>?
        var effects = RingQueue<DynamicSupervisorMachine.Effect>()
        for effect in machine.withLock({ $0.handle(event) }) { effects.append(effect) }
        while let effect = effects.popFirst() {
            var answer: DynamicSupervisorMachine.Event?
            switch effect {
            case .start(let key):
                if let spec { roster.learn(key, spec) }
                answer = await start(key)
            case .stop(let key, let process, let policy):
                answer = .stopped(key, await roster.stop(key, process, policy, during: context.cell.shutdown))
            case .stopAll(let children):
                answer = .allStopped(
                    await stopAll(
                        children.compactMap { child in roster.cell(child.key).map { (child.key, $0, child.shutdown) } }
                    )
                )
            case .retryLater(let key, let attempt):
                context.cell.signal { actor in try await (actor as? DynamicSupervisorProcess)?.retry(key, attempt) }
            case .wait(let key, let attempt, let time):
                roster.awaits(key, context.runtime.clock.now().advanced(by: time))
                _ = context.cell.setTimer(after: time) { [context] in
                    context.cell.signal { actor in try await (actor as? DynamicSupervisorProcess)?.retry(key, attempt) }
                }
            case .awaitRelease(let key, let attempt):
                roster.cell(key)?.onRelease { [context] in
                    context.cell.signal { actor in
                        _ = try await (actor as? DynamicSupervisorProcess)?.perform(
                            .released(key, attempt: attempt),
                            adding: nil
                        )
                    }
                }
            case .forget(let key):
                roster.forget(key)
            case .reply(let result):
                reply = result
            case .report(let report):
                context.runtime.log(report, of: context.cell)
            case .exit(let reason):
                throw Exit(reason)
            }
            guard let answer else { continue }
            for effect in machine.withLock({ $0.handle(answer) }) { effects.append(effect) }
        }
        return reply
    }

    private func start(_ key: DynamicSupervisorMachine.Key) async -> DynamicSupervisorMachine.Event {
        guard let spec = roster.spec(key) else { return .startFailed(key, SupervisorError.shuttingDown) }
        if let previous = roster.cell(key) {
            await previous.awaitRemains()
            if spec.zombies == .refuseRestart, previous.isHaunting { return .held(key) }
        }
        do {
            let cell = try await context.runtime.launch(spec, under: context.cell) { [roster] cell in
                roster.put(key, cell)
            }
            cell.supervise(by: watcher)
            let info = spec.startInfo?.take(from: cell.id)
            if let info { told?[cell.id] = info }
            if spec.restart == .temporary { roster.forgetStart(key) }
            return .started(key, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
        } catch is IgnoreStart {
            return .ignored(key)
        } catch {
            spec.startInfo?.drop(what: roster.cell(key))
            return .startFailed(key, error)
        }
    }

    /// Asks all children at once and waits for them together, each within its own limit.
    /// - Returns: what each ended with.
    private func stopAll(
        _ children: [(key: DynamicSupervisorMachine.Key, cell: ProcessCell, shutdown: ShutdownPolicy)]
    ) async -> [(key: DynamicSupervisorMachine.Key, reason: ExitReason)] {
        var timers: [any RuntimeTimer] = []
        let course = context.cell.shutdown
        if let course { for child in children { child.cell.take(course) } }
        for child in children {
            child.cell.endSupervision()
            if child.shutdown == .brutalKill { child.cell.kill() } else { child.cell.requestStop(.shutdown) }
        }
        let late = children.filter { !$0.cell.isGone }
        for (policy, group) in Dictionary(grouping: late, by: \.shutdown) {
            guard case .within(let limit) = policy else { continue }
            // One timer for all that have the same limit.
            timers.append(
                context.runtime.clock.schedule(after: limit) {
                    for child in group where !child.cell.isGone {
                        child.cell.noteOverruns(course, .policy)
                        child.cell.killTree()
                    }
                }
            )
        }
        for child in late {
            _ = await child.cell.awaitDeath()
            await child.cell.awaitRemains()
        }
        _ = roster.removeAll()
        for timer in timers { timer.cancel() }
        var ends: [(key: DynamicSupervisorMachine.Key, reason: ExitReason)] = []
        for child in children { ends.append((child.key, await child.cell.awaitDeath())) }
        return ends
    }

    // MARK: Looking

    nonisolated func overview() -> [ChildOverview] {
        let children = machine.withLock { $0.children }.sorted { $0.key < $1.key }
        return children.map { key, child in
            ChildOverview(
                id: child.id,
                kind: child.kind,
                restart: child.restart,
                state: child.state,
                restarts: child.restarts,
                lastExit: child.lastExit,
                nextAttempt: roster.nextAttempt(key),
                cell: roster.cell(key)
            )
        }
    }
}

extension DynamicSupervisorMachine.ChildRecord {
    init(_ spec: ChildSpec) {
        self.init(id: spec.id, restart: spec.restart, shutdown: spec.shutdown, kind: spec.kind, limits: spec.limits)
    }
}

/// Tells the supervisor of the ends of its children; one for all of them.
private final class Watcher: Supervising {
    private let cell: ProcessCell

    init(cell: ProcessCell) { self.cell = cell }

    func childEnded(_ child: ProcessCell, _ reason: ExitReason) {
        let process = child.id
        cell.signal { actor in try await (actor as? DynamicSupervisorProcess)?.childExited(process, reason) }
    }
}
