/// The process behind a ``Supervisor`` or ``PartitionSupervisor``: it performs what ``SupervisorMachine`` decides.
///
/// It does one thing at a time: while a child starts or stops, further requests and the ends of other children wait. What
/// can be asked without waiting is read from the machine directly: ``ProcessReference/children()`` answers while a child is
/// slowly starting.
public actor SupervisorProcess: ProcessActor, Terminating {
    private nonisolated let context: ProcessContext
    nonisolated let machine: Lock<SupervisorMachine>
    nonisolated let roster: ChildRoster<ChildID>

    /// How many of the children share work by key; children added later do not change it, or keys would move.
    nonisolated let partitions: Int

    private init(_ context: ProcessContext, _ machine: SupervisorMachine, _ parts: SupervisorParts) {
        self.context = context
        self.machine = Lock(machine)
        partitions = parts.partitions ?? parts.children.count
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

    private func childExited(_ id: ChildID, _ process: ProcessID, _ reason: ExitReason) async throws {
        _ = try await perform(.exited(id, process, reason, at: context.runtime.clock.now()), adding: nil)
    }

    private func retry(_ id: ChildID, _ attempt: Int) async throws {
        _ = try await perform(.retry(id, attempt: attempt, at: context.runtime.clock.now()), adding: nil)
    }

    func startChild(_ spec: ChildSpec) async throws -> ProcessID? {
        try spec.validateForRequest()
        return try await processOfReply(.add(SupervisorMachine.ChildRecord(spec)), adding: spec)
    }

    func terminateChild(_ id: ChildID) async throws {
        _ = try await processOfReply(.terminate(id))
    }

    func restartChild(_ id: ChildID) async throws -> ProcessID? {
        try await processOfReply(.restart(id))
    }

    func deleteChild(_ id: ChildID) async throws {
        _ = try await processOfReply(.delete(id))
    }

    func change(
        _ strategy: Strategy?,
        _ intensity: RestartIntensity?,
        _ autoShutdown: AutoShutdown?,
        _ specs: [ChildSpec]
    ) async throws {
        let records = specs.map(SupervisorMachine.ChildRecord.init)
        _ = try await processOfReply(.change(strategy, intensity, autoShutdown, records))
        for spec in specs { roster.change(spec.id, spec) }
    }

    private func processOfReply(
        _ event: SupervisorMachine.Event,
        adding spec: ChildSpec? = nil
    ) async throws -> ProcessID? {
        switch try await perform(event, adding: spec) {
        case .success(.child(let process)): process
        case .success, nil: nil
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
            cell.onDeath { [context] reason in
                let process = cell.id
                context.cell.signal { actor in
                    try await (actor as? SupervisorProcess)?.childExited(id, process, reason)
                }
            }
            return .started(id, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
        } catch is IgnoreStart {
            return .ignored(id)
        } catch {
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
