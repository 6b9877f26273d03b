/// Performs what the machine of a supervisor decides, one event at a time, and tells the machine what came of it.
///
/// It belongs to one supervisor process, and what it performs it performs in that process's turns. Whoever only looks reads
/// the machine and the roster from anywhere.
final class SupervisionDriver<Machine: SupervisionMachine, Table: RosterTable>: Supervising
where Table.Key == Machine.Event.Key {
    typealias Event = Machine.Event
    typealias Key = Event.Key

    /// What a request led to: the machine's answer, and what the starts on the way had to say besides.
    struct Outcome {
        var reply: Result<SupervisorMachine.Reply, SupervisorError>?
        var told: [ProcessID: any Sendable] = [:]
    }

    /// Calls ``note(endOf:_:)``. Given from where the machine's type is known: children know this driver as a `Supervising`
    /// only, and what is reached through that alone would run as generic code that nobody has specialised.
    private let ended: @Sendable (SupervisionDriver, ProcessCell, ExitReason) -> Void
    let context: ProcessContext
    let machine: Lock<Machine>
    let roster: ChildRoster<Table>

    init(
        _ machine: Machine,
        _ entries: Table,
        _ context: ProcessContext,
        ended: @escaping @Sendable (SupervisionDriver, ProcessCell, ExitReason) -> Void
    ) {
        self.ended = ended
        self.context = context
        self.machine = Lock(machine)
        roster = ChildRoster(entries)
    }

    /// Makes the children visible in the tree, and has them end with a supervisor that is killed.
    func showChildren() {
        context.cell.show({ [weak self] in self?.overview() ?? [] }, orphans: { [roster] in roster.removeAll() })
    }

    private func overview() -> [ChildOverview] {
        // Listed outside the lock: it takes as long as there are children.
        machine.withLock { $0 }.listed.map { roster.overview($0.key, $0.value) }
    }

    // A closure with a capture list would leave the process's actor and come back: hence `self.` in what follows.

    func childEnded(_ child: ProcessCell, _ reason: ExitReason) { ended(self, child, reason) }

    func note(endOf child: ProcessCell, _ reason: ExitReason) {
        let (id, process) = (child.childID, child.id)
        context.cell.signal { _ in
            _ = try await self.perform(.ended(id, process, reason, at: self.context.runtime.clock.now()))
        }
    }

    private func retry(_ key: Key, _ attempt: Int) {
        context.cell.signal { _ in
            _ = try await self.perform(.retry(key, attempt: attempt, at: self.context.runtime.clock.now()))
        }
    }

    private func release(_ key: Key, _ attempt: Int) {
        context.cell.signal { _ in _ = try await self.perform(.released(key, attempt: attempt)) }
    }

    /// Feeds the machine an event and performs what follows from it, to the end.
    /// - Parameter spec: of the child that the event adds.
    /// - Throws: ``Exit`` if the supervisor is to end.
    func perform(_ event: Event, adding spec: ChildSpec? = nil) async throws(Exit) -> Outcome {
        var outcome = Outcome()
        var effects = machine.withLock { $0.handle(event) }
        var done = 0
        while done < effects.count {
            let effect: SupervisionEffect<Key>
            if done == effects.count - 1 {
                effect = effects.removeLast()
            } else {
                effect = effects[done]
                done += 1
            }
            var answer: Event?
            switch effect {
            case .start(let key):
                if let spec { roster.learn(key, spec) }
                try await supervisorFaultPoint("supervisor.beforeStart")
                if let started = startNow(key) {
                    answer = started
                } else {
                    answer = await start(key, &outcome.told)
                }
                try await supervisorFaultPoint("supervisor.afterStart")
            case .stop(let key, let process, let policy):
                try await supervisorFaultPoint("supervisor.beforeStop")
                if let reason = roster.stopNow(key, process, policy) {
                    answer = .stopped(key, reason)
                } else {
                    answer = .stopped(key, await roster.stop(key, process, policy, during: context.cell.shutdown))
                }
            case .stopAll(let children):
                answer = .answer(toStopAll: await stopAll(children))
            case .retryLater(let key, let attempt):
                retry(key, attempt)
            case .wait(let key, let attempt, let time):
                roster.awaits(key, context.runtime.clock.now().advanced(by: time))
                _ = context.cell.setTimer(after: time) { self.retry(key, attempt) }
            case .awaitRelease(let key, let attempt):
                roster.cell(key)?.onRelease { self.release(key, attempt) }
            case .forget(let key):
                roster.forget(key)
            case .reply(let result):
                outcome.reply = result
            case .report(let report):
                context.runtime.log(report, of: context.cell)
            case .exit(let reason):
                throw Exit(reason)
            }
            guard let answer else { continue }
            let further = machine.withLock { $0.handle(answer) }
            if done == effects.count {
                effects = further
                done = 0
            } else {
                effects += further
            }
        }
        return outcome
    }

    /// Starts a child where that needs no waiting: its start does not suspend, has nothing to say besides, and nothing is left of
    /// an earlier incarnation.
    /// - Returns: nil if it is to be started in the other way.
    func startNow(_ key: Key) -> Event? {
        #if DEBUG || MANGROVE_FAULTS
            if context.runtime.environment.probe != nil { return nil }
        #endif
        guard let (spec, previous) = roster.startFacts(key) else { return nil }
        guard spec.startInfo == nil, case .immediate(let start) = spec.start else { return nil }
        if let previous, !previous.remains.isEmpty || spec.zombies == .refuseRestart { return nil }
        do {
            let cell = try context.runtime.launchNow(spec, under: context.cell, start) { roster.put(key, $0) }
            cell.supervise(by: self)
            if spec.restart == .temporary { roster.forgetStart(key) }
            return .started(key, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
        } catch is IgnoreStart {
            return .ignored(key)
        } catch {
            return .startFailed(key, error)
        }
    }

    private func start(_ key: Key, _ told: inout [ProcessID: any Sendable]) async -> Event {
        guard let spec = roster.spec(key) else { return .startFailed(key, SupervisorError.shuttingDown) }
        // What an incarnation that was killed left below it must have ended before the next one begins.
        if let previous = roster.cell(key) {
            await previous.awaitRemains()
            if spec.zombies == .refuseRestart, previous.isHaunting { return .held(key, by: previous.id) }
        }
        do {
            let cell = try await context.runtime.launch(spec, under: context.cell) { cell in
                self.roster.put(key, cell)
            }
            cell.supervise(by: self)
            if let info = spec.startInfo?.take(from: cell.id) { told[cell.id] = info }
            // It is never started again.
            if spec.restart == .temporary { roster.forgetStart(key) }
            return .started(key, cell.id, at: spec.backoff == nil ? nil : context.runtime.clock.now())
        } catch is IgnoreStart {
            return .ignored(key)
        } catch {
            spec.startInfo?.drop(what: roster.cell(key))
            return .startFailed(key, error)
        }
    }
}
