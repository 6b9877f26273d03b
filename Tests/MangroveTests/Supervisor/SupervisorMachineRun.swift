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
    private var notes: [String] = []

    static func trace(of history: SupervisorHistory) -> [String] {
        var run = SupervisorMachineRun(history)
        run.run()
        return run.trace
    }

    private init(_ history: SupervisorHistory) {
        self.history = history
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
            isSignificant: member.significant
        )
    }

    private mutating func run() {
        feed(.boot)
        guard trace.last == "booted" else { return }
        for step in history.steps where !over { take(step) }
        while !over, !queue.isEmpty, trace.count < 2_000 { take(.later) }
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
        case .wait(let milliseconds): now += milliseconds
        case .end(let ends):
            let events = ends.compactMap { end -> SupervisorMachine.Event? in
                guard case .running(let process) = machine.children[ChildID(end.name)]?.state else { return nil }
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
        case .add(let member): feed(.add(Self.record(member)))
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
            let outcome = history.starts[started % history.starts.count]
            started += 1
            trace.append("start \(id)")
            switch outcome {
            case .fails: return .startFailed(id, Failure())
            case .ignores: return .ignored(id)
            case .works:
                pids += 1
                return .started(id, ProcessID(node: 0, serial: UInt64(pids)))
            }
        case .stop(let id, _, _):
            trace.append("stop \(id)")
            return .stopped(id, .shutdown)
        case .retryLater(let id, let attempt), .wait(let id, let attempt, _):
            queue.append(.retry(id, attempt: attempt, at: instant))
        case .forget, .report, .awaitRelease:
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
        case .failure(let error): "\(error)"
        }
    }
}
