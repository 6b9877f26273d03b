/// The process behind a ``Supervisor`` or ``PartitionSupervisor``: it performs what ``SupervisorMachine`` decides.
///
/// It does one thing at a time: while a child starts or stops, further requests and the ends of other children wait. What
/// can be asked without waiting is read from the machine directly: ``ProcessReference/children()`` answers while a child is
/// slowly starting.
public actor SupervisorProcess: ProcessActor, Terminating {
    private nonisolated let context: ProcessContext
    nonisolated let machine: Lock<SupervisorMachine>
    nonisolated let roster: ChildRoster<ChildID>
    private nonisolated let watcher: Watcher

    nonisolated let partitions: Partitions

    /// What the starts of a request under way had to say besides; nil while nobody has asked.
    private var told: [ProcessID: any Sendable]?

    private init(_ context: ProcessContext, _ machine: SupervisorMachine, _ parts: SupervisorParts) {
        self.context = context
        watcher = Watcher(cell: context.cell)
        self.machine = Lock(machine)
        partitions = Partitions(parts.partitions, children: parts.children.count)
        roster = ChildRoster(Dictionary(parts.children.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Starts the supervisor with its children, in order.
    ///
    /// If one fails to start, those before it are stopped again, last first.
    static func start(_ description: SupervisorParts, _ context: ProcessContext) async throws -> SupervisorProcess {
        let machine = SupervisorMachine(
            strategy: description.strategy,
            intensity: description.intensity,
            autoShutdown: description.autoShutdown,
            children: description.children.map(SupervisorMachine.ChildRecord.init),
            seed: context.runtime.environment.randomness.next()
        )
        let supervisor = SupervisorProcess(context, machine, description)
        supervisor.showToRuntime()
        if case .failure(let error) = try await supervisor.perform(.boot, adding: nil) { throw error }
        return supervisor
    }

    private nonisolated func showToRuntime() {
        // Should the supervisor be killed, its children end with it.
        context.cell.show({ [weak self] in self?.overview() ?? [] }, orphans: { [roster] in roster.removeAll() })
    }

    /// Stops the children, last first.
    public func terminate(reason: ExitReason) async {
        _ = try? await perform(.shutdown, adding: nil)
    }

    // MARK: Turns

    fileprivate func childExited(_ id: ChildID, _ process: ProcessID, _ reason: ExitReason) async throws {
        _ = try await perform(.exited(id, process, reason, at: context.runtime.clock.now()), adding: nil)
    }

    private func retry(_ id: ChildID, _ attempt: Int) async throws {
        _ = try await perform(.retry(id, attempt: attempt, at: context.runtime.clock.now()), adding: nil)
    }

    func startChild(_ spec: ChildSpec) async throws -> AnyStartedChild? {
        try spec.validateForRequest()
        return try await childOfReply(.add(SupervisorMachine.ChildRecord(spec)), adding: spec)
    }

    func terminateChild(_ id: ChildID) async throws {
        _ = try await childOfReply(.terminate(id))
    }

    func restartChild(_ id: ChildID) async throws -> AnyStartedChild? {
        try await childOfReply(.restart(id))
    }

    func deleteChild(_ id: ChildID) async throws {
        _ = try await childOfReply(.delete(id))
    }

    func change(
        _ strategy: Strategy?,
        _ intensity: RestartIntensity?,
        _ autoShutdown: AutoShutdown?,
        _ specs: [ChildSpec]
    ) async throws {
        let records = specs.map(SupervisorMachine.ChildRecord.init)
        _ = try await childOfReply(.change(strategy, intensity, autoShutdown, records))
        for spec in specs { roster.change(spec.id, spec) }
    }

    private func childOfReply(
        _ event: SupervisorMachine.Event,
        adding spec: ChildSpec? = nil
    ) async throws -> AnyStartedChild? {
        told = [:]
        defer { told = nil }
        switch try await perform(event, adding: spec) {
        case .success(.child(let process?)): return AnyStartedChild(process: process, info: told?[process])
        case .success, nil: return nil
        case .failure(let error): throw error
        }
    }

    // MARK: Effects

    /// Feeds the machine an event and performs what follows from it, to the end.
    /// - Parameter spec: of the child that the event adds.
    /// - Throws: ``Exit`` if the supervisor is to end.
    private func perform(
        _ event: SupervisorMachine.Event,
        adding spec: ChildSpec?
    ) async throws(Exit) -> Result<SupervisorMachine.Reply, SupervisorError>? {
        var reply: Result<SupervisorMachine.Reply, SupervisorError>?
        var effects = RingQueue<SupervisorMachine.Effect>()
        for effect in machine.withLock({ $0.handle(event) }) { effects.append(effect) }
        while let effect = effects.popFirst() {
            var answer: SupervisorMachine.Event?
            switch effect {
            case .start(let id):
                if let spec { roster.learn(id, spec) }
                answer = await start(id)
            case .stop(let id, let process, let policy):
                answer = .stopped(id, await roster.stop(id, process, policy, during: context.cell.shutdown))
            case .retryLater(let id, let attempt):
                context.cell.signal { actor in try await (actor as? SupervisorProcess)?.retry(id, attempt) }
            case .wait(let id, let attempt, let time):
                roster.awaits(id, context.runtime.clock.now().advanced(by: time))
                _ = context.cell.setTimer(after: time) { [context] in
                    context.cell.signal { actor in try await (actor as? SupervisorProcess)?.retry(id, attempt) }
                }
            case .awaitRelease(let id, let attempt):
                roster.cell(id)?.onRelease { [context] in
                    context.cell.signal { actor in
                        _ = try await (actor as? SupervisorProcess)?.perform(
                            .released(id, attempt: attempt),
                            adding: nil
                        )
                    }
                }
            case .forget(let id):
                roster.forget(id)
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

    private func start(_ id: ChildID) async -> SupervisorMachine.Event {
        guard let spec = roster.spec(id) else { return .startFailed(id, SupervisorError.notFound(id)) }
        // What an incarnation that was killed left below it must have ended before the next one begins.
        if let previous = roster.cell(id) {
            await previous.awaitRemains()
            if spec.zombies == .refuseRestart, previous.isHaunting { return .held(id, by: previous.id) }
        }
        do {
            let cell = try await context.runtime.launch(spec, under: context.cell) { [roster] cell in
                roster.put(id, cell)
            }
            cell.supervise(by: watcher)
            let info = spec.startInfo?.take(from: cell.id)
            if let info { told?[cell.id] = info }
            // It is never started again.
            if spec.restart == .temporary { roster.forgetStart(id) }
            return .started(id, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
        } catch is IgnoreStart {
            return .ignored(id)
        } catch {
            spec.startInfo?.drop(what: roster.cell(id))
            return .startFailed(id, error)
        }
    }

    // MARK: Looking

    nonisolated func overview() -> [ChildOverview] {
        let children = machine.withLock { $0.children }
        return children.all.map { child in
            ChildOverview(
                id: child.id,
                kind: child.kind,
                restart: child.restart,
                state: child.state,
                restarts: child.restarts,
                lastExit: child.lastExit,
                nextAttempt: roster.nextAttempt(child.id),
                cell: roster.cell(child.id)
            )
        }
    }
}

extension SupervisorMachine.ChildRecord {
    init(_ spec: ChildSpec) {
        self.init(
            id: spec.id,
            restart: spec.restart,
            shutdown: spec.shutdown,
            kind: spec.kind,
            isSignificant: spec.isSignificant,
            limits: spec.limits
        )
    }
}

/// Tells the supervisor of the ends of its children; one for all of them.
private final class Watcher: Supervising {
    private let cell: ProcessCell

    init(cell: ProcessCell) { self.cell = cell }

    func childEnded(_ child: ProcessCell, _ reason: ExitReason) {
        let (id, process) = (child.childID, child.id)
        cell.signal { actor in try await (actor as? SupervisorProcess)?.childExited(id, process, reason) }
    }
}
