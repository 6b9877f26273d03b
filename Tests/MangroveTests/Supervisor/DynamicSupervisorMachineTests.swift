import MangroveTesting
import Testing

@testable import Mangrove

/// What happens to a dynamic supervisor. Children are named by the number of their first start.
private enum Step {
    case add(kind: Int)
    case end(Int, clean: Bool)
    case terminate(Int, oldProcess: Bool)
    case wait(Int)
    case later
    case stop
}

private struct History {
    var limit: Int
    var maxChildren: Int?
    var steps: [Step]
    /// 0 works, 1 fails, 2 says that there is nothing to start.
    var starts: [Int]

    static func random(seed: UInt64) -> History {
        var generator = SeededGenerator(seed: seed)
        func below(_ bound: Int) -> Int { Int(generator.next() % UInt64(bound)) }
        let steps = (0..<(4 + below(30))).map { _ -> Step in
            switch below(16) {
            case 0..<5: .add(kind: below(3))
            case 5..<9: .end(below(6), clean: below(2) == 0)
            case 9, 10: .terminate(below(6), oldProcess: below(2) == 0)
            case 11: .wait([1, 2_500, 5_000, 5_001][below(4)])
            case 12..<15: .later
            default: below(4) == 0 ? .stop : .later
            }
        }
        return History(
            limit: [0, 1, 3, 10][below(4)],
            maxChildren: [nil, nil, 0, 2, 4][below(5)],
            steps: steps,
            starts: (0..<31).map { _ in [0, 0, 0, 0, 1, 2][below(6)] }
        )
    }
}

/// The rules again, as a list of rows that is searched from end to end.
private struct Model {
    private struct Row {
        var name: Int
        var kind: Int
        var pid: Int
        var alive: Bool
        var ticket: Int?
    }
    private let history: History
    private var rows: [Row] = []
    private var oldPids: [Int: [Int]] = [:]
    private var (now, started, pids, names, tickets, over) = (0, 0, 0, 0, 0, false)
    private var restarts: [Int] = []
    private var queue: [(name: Int, ticket: Int)] = []
    private(set) var trace: [String] = []

    init(_ history: History) {
        self.history = history
        for step in history.steps where !over { take(step) }
        while !over, !queue.isEmpty, trace.count < 500 { take(.later) }
        trace.append(rows.map { "\($0.pid)\($0.alive ? "+" : "?")" }.joined(separator: " "))
    }

    private mutating func take(_ step: Step) {
        switch step {
        case .wait(let time): now += time
        case .add(let kind):
            if let most = history.maxChildren, rows.count >= most { return trace.append("full") }
            trace.append("start")
            switch outcome() {
            case 0:
                pids += 1
                rows.append(Row(name: names, kind: kind, pid: pids, alive: true, ticket: nil))
                oldPids[names] = [pids]
                names += 1
                trace.append("pid \(pids)")
            case 1: trace.append("failed")
            default: trace.append("nobody")
            }
        case .end(let name, let clean):
            guard let at = rows.firstIndex(where: { $0.name == name && $0.alive }) else { return }
            rows[at].alive = false
            let again = rows[at].kind == 0 || (rows[at].kind == 1 && !clean)
            if again { revive(name) } else { rows.remove(at: at) }
        case .later:
            guard !queue.isEmpty else { return }
            let (name, ticket) = queue.removeFirst()
            if rows.contains(where: { $0.name == name && $0.ticket == ticket }) { revive(name) }
        case .terminate(let name, let oldProcess):
            guard let pid = oldProcess ? oldPids[name]?.first : oldPids[name]?.last else { return }
            guard let at = rows.firstIndex(where: { $0.pid == pid }) else { return trace.append("not found") }
            if rows[at].alive { trace.append("stop \(pid)") }
            rows.remove(at: at)
            trace.append("done")
        case .stop:
            stopAll()
        }
    }

    private mutating func outcome() -> Int {
        defer { started += 1 }
        return history.starts[started % history.starts.count]
    }

    private mutating func revive(_ name: Int) {
        restarts.append(now)
        guard restarts.filter({ $0 >= now - 5_000 }).count <= history.limit else { return stopAll() }
        trace.append("start")
        for at in rows.indices where rows[at].name == name {
            switch outcome() {
            case 0:
                pids += 1
                rows[at].pid = pids
                rows[at].alive = true
                rows[at].ticket = nil
                oldPids[name, default: []].append(pids)
            case 1:
                tickets += 1
                rows[at].ticket = tickets
                queue.append((name, tickets))
            default:
                rows.remove(at: at)
            }
            return
        }
    }

    private mutating func stopAll() {
        over = true
        trace.append("stop all " + rows.filter(\.alive).map { "\($0.pid)" }.joined(separator: " "))
        rows = []
        trace.append("over")
    }
}

private actor Nobody: ProcessActor {}

extension DynamicSupervisorMachine.ChildRecord {
    fileprivate init(id: ChildID, restart: RestartType, shutdown: ShutdownPolicy) {
        self.init(Worker(id, restart: restart, shutdown: shutdown) { Nobody() }.spec)
    }
}

/// The machine, with its effects done.
private struct MachineRun {
    private struct Failure: Error {}
    private let history: History
    private var machine: DynamicSupervisorMachine
    private var (now, started, pids, over) = (0, 0, 0, false)
    private var processes: [[ProcessID]] = []
    private var queue: [(key: Int, attempt: Int)] = []
    private(set) var trace: [String] = []

    init(_ history: History) {
        self.history = history
        machine = DynamicSupervisorMachine(
            intensity: RestartIntensity(history.limit, within: .milliseconds(5_000)),
            maxChildren: history.maxChildren
        )
        for step in history.steps where !over { take(step) }
        while !over, !queue.isEmpty, trace.count < 500 { take(.later) }
        let rows = machine.children.sorted { $0.key < $1.key }
        trace.append(
            rows.map { _, child in
                if case .running(let process) = child.state {
                    "\(process.serial)+"
                } else {
                    "\(child.lastProcess?.serial ?? 0)?"
                }
            }.joined(separator: " ")
        )
    }

    private var instant: RuntimeInstant { RuntimeInstant(nanoseconds: Int64(now) * 1_000_000) }

    private mutating func take(_ step: Step) {
        switch step {
        case .wait(let time): now += time
        case .add(let kind):
            feed(
                .add(
                    DynamicSupervisorMachine.ChildRecord(
                        id: "child",
                        restart: RestartType.allCases[kind],
                        shutdown: .infinity
                    )
                )
            )
        case .end(let name, let clean):
            guard processes.indices.contains(name), let process = processes[name].last else { return }
            feed(.exited(process, clean ? .normal : .crash(Failure()), at: instant))
        case .later:
            guard !queue.isEmpty else { return }
            let next = queue.removeFirst()
            feed(.retry(next.key, attempt: next.attempt, at: instant))
        case .terminate(let name, let oldProcess):
            guard processes.indices.contains(name) else { return }
            guard let process = oldProcess ? processes[name].first : processes[name].last else { return }
            feed(.terminate(process))
        case .stop:
            feed(.shutdown)
        }
    }

    private mutating func feed(_ event: DynamicSupervisorMachine.Event) {
        var effects = machine.handle(event)
        while !effects.isEmpty {
            switch effects.removeFirst() {
            case .start(let key):
                trace.append("start")
                defer { started += 1 }
                switch history.starts[started % history.starts.count] {
                case 0:
                    pids += 1
                    let process = ProcessID(node: 0, serial: UInt64(pids))
                    if let last = machine.children[key]?.lastProcess,
                        let name = processes.firstIndex(where: { $0.last == last })
                    {
                        processes[name].append(process)
                    } else {
                        processes.append([process])
                    }
                    effects += machine.handle(.started(key, process))
                case 1: effects += machine.handle(.startFailed(key, Failure()))
                default: effects += machine.handle(.ignored(key))
                }
            case .stop(let key, let process, _):
                trace.append("stop \(process.serial)")
                effects += machine.handle(.stopped(key, .shutdown))
            case .stopAll(let children):
                let all = children.compactMap { machine.children[$0.key]?.lastProcess?.serial }
                trace.append("stop all " + all.map { "\($0)" }.joined(separator: " "))
                effects += machine.handle(.allStopped(children.map { (key: $0.key, reason: .shutdown) }))
            case .retryLater(let key, let attempt), .wait(let key, let attempt, _): queue.append((key, attempt))
            case .forget, .report, .awaitRelease: break
            case .exit:
                over = true
                trace.append("over")
            case .reply(.success(.child(let process))): trace.append(process.map { "pid \($0.serial)" } ?? "nobody")
            case .reply(.success): trace.append("done")
            case .reply(.failure(.maxChildren)): trace.append("full")
            case .reply(.failure(.startFailed)): trace.append("failed")
            case .reply(.failure(.notFound)): trace.append("not found")
            case .reply(.failure(let error)): trace.append("\(error)")
            }
        }
    }
}

@Suite struct DynamicSupervisorMachineTests {
    @Test("Random histories go as the rules say, judged by a model that replays them", arguments: 0..<10)
    func randomHistories(block: UInt64) {
        for seed in block * 2_000..<(block + 1) * 2_000 {
            let history = History.random(seed: seed)
            let (expected, seen) = (Model(history).trace, MachineRun(history).trace)
            guard expected == seen else {
                Issue.record("seed \(seed)\n\(history)\nexpected \(expected)\nseen     \(seen)")
                return
            }
        }
    }
}
