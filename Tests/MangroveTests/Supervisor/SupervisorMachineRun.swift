@testable import Mangrove

/// Runs a history through the machine, doing what its effects ask for, and writes down what an observer would see.
struct SupervisorMachineRun {
    private struct Failure: Error {}

    private let history: SupervisorHistory
    private var machine: SupervisorMachine
    private var now = 0
    private var started = 0
    private var pids = 0
    private var queue: [SupervisorMachine.Event] = []
    private var over = false
    private var trace: [String] = []
    /// The specifications as the supervisor's process knows them.
    private var specs: [Int: SupervisorHistory.Member] = [:]
    private var timers: [(due: Int, event: SupervisorMachine.Event)] = []
    /// Those whose code runs on, and what is to be said when it returns.
    private var haunted: Set<Int> = []
    private var held: [(name: Int, event: SupervisorMachine.Event)] = []

    static func trace(of history: SupervisorHistory) -> [String] {
        var run = SupervisorMachineRun(history)
        run.run()
        return run.trace
    }

    private init(_ history: SupervisorHistory) {
        self.history = history
        for member in history.members { specs[member.name] = member }
        machine = SupervisorMachine(
            strategy: [.oneForOne, .oneForAll, .restForOne][history.group.rawValue],
            intensity: RestartIntensity(
                history.limit,
                within: .milliseconds(history.period),
                resolution: history.wholeSeconds ? .wholeSeconds : .nanoseconds
            ),
            autoShutdown: [.never, .anySignificant, .allSignificant][history.auto.rawValue],
            children: history.members.map(Self.record)
        )
    }

    private static func record(_ member: SupervisorHistory.Member) -> SupervisorMachine.ChildRecord {
        SupervisorMachine.ChildRecord(
            id: ChildID(member.name),
            restart: [.permanent, .transient, .temporary][member.kind.rawValue],
            shutdown: .infinity,
            kind: .worker,
            isSignificant: member.significant,
            limits: limits(of: member)
        )
    }

    private static func limits(of member: SupervisorHistory.Member) -> RestartLimits? {
        RestartLimits(
            member.waits.map { waits in
                Backoff(
                    initial: .milliseconds(waits.first),
                    maximum: .milliseconds(waits.longest),
                    factor: 2,
                    jitter: 0,
                    resetAfter: .milliseconds(waits.stable)
                )
            },
            member.budget.map { budget in
                RestartBudget(
                    budget.limit,
                    within: .milliseconds(budget.period),
                    whenUsedUp: budget.givesUp ? .supervisorGivesUp : .childStaysStopped
                )
            }
        )
    }

    private mutating func run() {
        feed(.boot)
        guard trace.last == "booted" else { return }
        for step in history.steps where !over { take(step) }
        while !over, trace.count < 2_000 {
            if !queue.isEmpty {
                take(.later)
            } else if let due = timers.map(\.due).min() {
                take(.wait(milliseconds: max(0, due - now)))
            } else {
                break
            }
        }
        trace.append(
            machine.children.all.map { child in
                switch child.state {
                case .running: "\(child.id)+"
                case .restarting: "\(child.id)-?"
                default: "\(child.id)-"
                }
            }.joined(separator: " ")
        )
    }

    private var instant: RuntimeInstant { RuntimeInstant(nanoseconds: Int64(now) * 1_000_000) }

    private mutating func take(_ step: SupervisorHistory.Step) {
        switch step {
        case .wait(let milliseconds):
            let end = now + milliseconds
            while !over, trace.count < 2_000, let due = timers.map(\.due).min(), due <= end,
                let next = timers.firstIndex(where: { $0.due == due })
            {
                now = max(now, due)
                guard case .retry(let id, let attempt, _) = timers.remove(at: next).event else { continue }
                feed(.retry(id, attempt: attempt, at: instant))
            }
            now = end
        case .release(let name):
            haunted.remove(name)
            let released = held.filter { $0.name == name }
            held.removeAll { $0.name == name }
            for (_, event) in released where !over { feed(event) }
        case .change(let group, let limit, let auto, let members):
            feed(
                .change(
                    group.map { [.oneForOne, .oneForAll, .restForOne][$0.rawValue] },
                    limit.map { limit in
                        RestartIntensity(
                            limit.count,
                            within: .milliseconds(limit.period),
                            resolution: limit.wholeSeconds ? .wholeSeconds : .nanoseconds
                        )
                    },
                    auto.map { [.never, .anySignificant, .allSignificant][$0.rawValue] },
                    members.map(Self.record)
                )
            )
            if trace.last == "done" { for member in members { specs[member.name] = member } }
        case .end(let ends):
            let events = ends.compactMap { end -> SupervisorMachine.Event? in
                guard case .running(let process) = machine.children[ChildID(end.name)]?.state else { return nil }
                if end.how == .killed, specs[end.name]?.stubborn == true { haunted.insert(end.name) }
                return .exited(ChildID(end.name), process, reason(end.how), at: instant)
            }
            for event in events where !over { feed(event) }
        case .later:
            guard !queue.isEmpty else { return }
            guard case .retry(let id, let attempt, _) = queue.removeFirst() else { return }
            feed(.retry(id, attempt: attempt, at: instant))
        case .terminate(let name): feed(.terminate(ChildID(name)))
        case .restart(let name): feed(.restart(ChildID(name)))
        case .delete(let name): feed(.delete(ChildID(name)))
        case .add(let member):
            if specs[member.name] == nil { specs[member.name] = member }
            feed(.add(Self.record(member)))
            if machine.children[ChildID(member.name)] == nil { specs[member.name] = nil }
        case .stop: feed(.shutdown)
        }
    }

    private func reason(_ ending: SupervisorHistory.Ending) -> ExitReason {
        switch ending {
        case .normal: .normal
        case .shutdown: .shutdown
        case .shutdownBecause: .shutdownBecause(Failure())
        case .crash: .crash(Failure())
        case .killed: .killed
        }
    }

    private mutating func feed(_ event: SupervisorMachine.Event) {
        var effects = machine.handle(event)
        while !effects.isEmpty {
            guard let answer = perform(effects.removeFirst()) else { continue }
            effects += machine.handle(answer)
        }
    }

    private mutating func perform(_ effect: SupervisorMachine.Effect) -> SupervisorMachine.Event? {
        switch effect {
        case .start(let id):
            let name = Int(id.text) ?? -1
            if haunted.contains(name), specs[name]?.stubborn == true {
                trace.append("held \(id)")
                return .held(id, by: ProcessID(node: 0, serial: 0))
            }
            // A new incarnation takes the place of the last.
            haunted.remove(name)
            let outcome = history.starts[started % history.starts.count]
            started += 1
            trace.append("start \(id)")
            switch outcome {
            case .fails: return .startFailed(id, Failure())
            case .ignores: return .ignored(id)
            case .works:
                pids += 1
                return .started(
                    id,
                    ProcessID(node: 0, serial: UInt64(pids)),
                    at: specs[name]?.waits == nil ? nil : instant
                )
            }
        case .stop(let id, _, _):
            trace.append("stop \(id)")
            return .stopped(id, .shutdown)
        case .stopAll:
            trace.append("a static supervisor stops its children one after the other")
        case .retryLater(let id, let attempt):
            queue.append(.retry(id, attempt: attempt, at: instant))
        case .wait(let id, let attempt, let time):
            let milliseconds = Int(time.wholeNanoseconds / 1_000_000)
            trace.append("wait \(id) \(milliseconds)")
            timers.append((now + milliseconds, .retry(id, attempt: attempt, at: instant)))
        case .awaitRelease(let id, let attempt):
            held.append((Int(id.text) ?? -1, .released(id, attempt: attempt)))
        case .forget(let id):
            haunted.remove(Int(id.text) ?? -1)
            specs[Int(id.text) ?? -1] = nil
        case .report(.budgetUsedUp(let id, _)):
            trace.append("left \(id)")
        case .report:
            break
        case .reply(let result):
            trace.append(text(result))
        case .exit:
            over = true
            trace.append("over")
        }
        return nil
    }

    private func text(_ result: Result<SupervisorMachine.Reply, SupervisorError>) -> String {
        switch result {
        case .success(.booted): "booted"
        case .success(.child(let process)): process.map { "pid \($0.serial)" } ?? "nobody"
        case .success(.done): "done"
        case .failure(.startFailed(let id, _)): trace.contains("booted") ? "start failed" : "boot failed at \(id)"
        case .failure(.alreadyStarted): "already started"
        case .failure(.alreadyPresent): "already present"
        case .failure(.notFound): "not found"
        case .failure(.running): "running"
        case .failure(.restarting): "restarting"
        case .failure(.zombie): "zombie"
        case .failure(.invalid): "invalid"
        case .failure(let error): "\(error)"
        }
    }
}
