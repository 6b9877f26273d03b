/// The process behind a ``Supervisor`` or ``PartitionSupervisor``: it performs what ``SupervisorMachine`` decides.
///
/// It does one thing at a time: while a child starts or stops, further requests and the ends of other children wait. What
/// can be asked without waiting is read from the machine directly: ``ProcessReference/children()`` answers while a child is
/// slowly starting.
public actor SupervisorProcess: ProcessActor, Terminating {
    private nonisolated let context: ProcessContext
    nonisolated let machine: Lock<SupervisorMachine>
    nonisolated let roster: ChildRoster<ChildID>

    private init(_ context: ProcessContext, _ machine: SupervisorMachine, _ specs: [ChildSpec]) {
        self.context = context
        self.machine = Lock(machine)
        roster = ChildRoster(Dictionary(specs.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first }))
    }

    /// Starts the supervisor with its children, in order.
    ///
    /// If one fails to start, those before it are stopped again, last first.
    static func start(_ description: SupervisorParts, _ context: ProcessContext) async throws -> SupervisorProcess {
        let machine = SupervisorMachine(
            strategy: description.strategy,
            intensity: description.intensity,
            autoShutdown: description.autoShutdown,
            children: description.children.map(SupervisorMachine.ChildRecord.init)
        )
        let supervisor = SupervisorProcess(context, machine, description.children)
        supervisor.showToRuntime()
        if case .failure(let error) = try await supervisor.perform(.boot) { throw error }
        return supervisor
    }

    private nonisolated func showToRuntime() {
        context.cell.show { [weak self] in self?.overview() ?? [] }
        // Should the supervisor be killed, its children end with it.
        context.cell.onDeath { [roster] reason in
            for cell in roster.removeAll().reversed() { cell.requestStop(reason) }
        }
    }

    /// Stops the children, last first.
    public func terminate(reason: ExitReason) async {
        _ = try? await perform(.shutdown)
    }

    // MARK: Turns

    func childExited(_ process: ProcessID, _ reason: ExitReason) async throws {
        _ = try await perform(.exited(process, reason, at: context.runtime.clock.now()))
    }

    private func retry(_ id: ChildID, _ attempt: Int) async throws {
        _ = try await perform(.retry(id, attempt: attempt, at: context.runtime.clock.now()))
    }

    func startChild(_ spec: ChildSpec) async throws -> ProcessID? {
        try spec.validateForRequest()
        // The machine refuses an id that is there; its own specification must not be overwritten before that.
        let known = machine.withLock { $0.index(of: spec.id) != nil }
        if !known { roster.learn(spec.id, spec) }
        return try await processOfReply(.add(SupervisorMachine.ChildRecord(spec)))
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

    private func processOfReply(_ event: SupervisorMachine.Event) async throws -> ProcessID? {
        switch try await perform(event) {
        case .success(.child(let process)): process
        case .success, nil: nil
        case .failure(let error): throw error
        }
    }

    // MARK: Effects

    /// Feeds the machine an event and performs what follows from it, to the end.
    /// - Throws: ``Exit`` if the supervisor is to end.
    private func perform(
        _ event: SupervisorMachine.Event
    ) async throws(Exit) -> Result<SupervisorMachine.Reply, SupervisorError>? {
        var reply: Result<SupervisorMachine.Reply, SupervisorError>?
        var effects = RingQueue<SupervisorMachine.Effect>()
        for effect in machine.withLock({ $0.handle(event) }) { effects.append(effect) }
        while let effect = effects.popFirst() {
            var answer: SupervisorMachine.Event?
            switch effect {
            case .start(let id):
                answer = await start(id)
            case .stop(let id, let process, let policy):
                answer = .stopped(id, await roster.stop(id, process, policy))
            case .retryLater(let id, let attempt):
                context.cell.signal { actor in try await (actor as? SupervisorProcess)?.retry(id, attempt) }
            case .forget(let id):
                roster.forget(id)
            case .reply(let result):
                reply = result
            case .report(let report):
                context.runtime.log(report, of: context.path)
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
        do {
            let cell = try await context.runtime.launch(spec, under: context.cell) { [roster] cell in
                roster.put(id, cell)
            }
            cell.onDeath { [context] reason in
                let process = cell.id
                context.cell.signal { actor in
                    try await (actor as? SupervisorProcess)?.childExited(process, reason)
                }
            }
            return .started(id, cell.id)
        } catch is IgnoreStart {
            return .ignored(id)
        } catch {
            return .startFailed(id, error)
        }
    }

    // MARK: Looking

    nonisolated func overview() -> [ChildOverview] {
        let children = machine.withLock { $0.children }
        return children.map { child in
            ChildOverview(
                id: child.id,
                kind: child.kind,
                restart: child.restart,
                state: child.state,
                restarts: child.restarts,
                lastExit: child.lastExit,
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
            isSignificant: spec.isSignificant
        )
    }
}
