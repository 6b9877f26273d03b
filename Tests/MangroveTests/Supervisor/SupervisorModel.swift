/// OTP's supervisor, written down as naively as possible: lists that are searched and rebuilt, every restart of the whole
/// history kept and counted again each time. It is what the machine is judged by, and shares nothing with it.
struct SupervisorModel {
    private struct Row {
        var member: SupervisorHistory.Member
        var pid: Int?
        var waiting: Int?
    }
    private struct GaveUp: Error {}

    private let history: SupervisorHistory
    private var rows: [Row] = []
    private var now = 0
    private var restarts: [Int] = []
    private var started = 0
    private var pids = 0
    private var tickets = 0
    private var queue: [(name: Int, ticket: Int)] = []
    private var over = false
    private(set) var trace: [String] = []

    /// What an observer would see of `history`.
    static func trace(of history: SupervisorHistory) -> [String] {
        var model = SupervisorModel(history)
        model.run()
        return model.trace
    }

    private init(_ history: SupervisorHistory) { self.history = history }

    private mutating func run() {
        rows = history.members.map { Row(member: $0, pid: nil, waiting: nil) }
        for (position, row) in rows.enumerated() where rows.contains(where: { $0.member.name == row.member.name }) {
            if start(row.member.name) == .fails {
                for earlier in history.members[..<position].reversed() { halt(earlier.name) }
                trace.append("boot failed at \(row.member.name)")
                return
            }
        }
        trace.append("booted")
        for step in history.steps where !over {
            do { try take(step) } catch { stopAll() }
        }
        while !over, !queue.isEmpty, trace.count < 2_000 {
            do { try take(.later) } catch { stopAll() }
        }
        trace.append(
            rows.map { "\($0.member.name)\($0.pid == nil ? "-" : "+")\($0.waiting == nil ? "" : "?")" }.joined(
                separator: " "
            )
        )
    }

    private mutating func take(_ step: SupervisorHistory.Step) throws {
        switch step {
        case .wait(let milliseconds): now += milliseconds
        case .end(let ends):
            let dead = ends.compactMap { end in
                rows.first { $0.member.name == end.name && $0.pid != nil }.map { ($0.pid, end) }
            }
            for (pid, end) in dead where !over { try ended(end.name, pid, end.how) }
        case .later:
            guard !queue.isEmpty else { return }
            let (name, ticket) = queue.removeFirst()
            if rows.contains(where: { $0.member.name == name && $0.waiting == ticket }) { try revive(name) }
        case .terminate(let name):
            guard rows.contains(where: { $0.member.name == name }) else { return trace.append("not found") }
            halt(name)
            trace.append("done")
        case .restart(let name):
            guard complain(name) == nil else { return trace.append(complain(name) ?? "") }
            let outcome = start(name)
            trace.append(outcome == .fails ? "start failed" : outcome == .ignores ? "nobody" : "pid \(pids)")
        case .delete(let name):
            guard complain(name) == nil else { return trace.append(complain(name) ?? "") }
            remove(name)
            trace.append("done")
        case .add(let member):
            if let row = rows.first(where: { $0.member.name == member.name }) {
                return trace.append(row.pid == nil ? "already present" : "already started")
            }
            rows.append(Row(member: member, pid: nil, waiting: nil))
            let outcome = start(member.name)
            if outcome == .fails { remove(member.name) }
            trace.append(outcome == .fails ? "start failed" : outcome == .ignores ? "nobody" : "pid \(pids)")
        case .stop:
            stopAll()
        }
    }

    private mutating func ended(_ name: Int, _ pid: Int?, _ how: SupervisorHistory.Ending) throws {
        guard let row = rows.first(where: { $0.member.name == name && $0.pid == pid && pid != nil }) else { return }
        change(name) { $0.pid = nil }
        switch row.member.kind {
        case .permanent: try revive(name)
        case .transient where !how.clean: try revive(name)
        case .transient: break
        case .temporary: remove(name)
        }
        let forGood = row.member.kind == .temporary || (row.member.kind == .transient && how.clean)
        guard forGood, row.member.significant else { return }
        let others = rows.filter { $0.member.significant && ($0.pid != nil || $0.waiting != nil) }
        if history.auto == .any || (history.auto == .all && others.isEmpty) { stopAll() }
    }

    private mutating func revive(_ name: Int) throws {
        change(name) { $0.waiting = nil }
        restarts.append(now)
        let counted = restarts.filter { then in
            history.wholeSeconds ? then / 1_000 >= now / 1_000 - history.period / 1_000 : then >= now - history.period
        }
        if counted.count > history.limit { throw GaveUp() }
        let before = rows.map(\.member)
        let position = before.firstIndex { $0.name == name } ?? 0
        let touched: [SupervisorHistory.Member] =
            switch history.group {
            case .one: [before[position]]
            case .all: before
            case .rest: Array(before[position...])
            }
        for member in touched.reversed() where member.name != name { halt(member.name) }
        for member in touched where rows.contains(where: { $0.member.name == member.name }) {
            guard start(member.name) == .fails else { continue }
            tickets += 1
            let ticket = tickets
            change(member.name) { $0.waiting = ticket }
            queue.append((member.name, ticket))
            return
        }
    }

    private mutating func start(_ name: Int) -> SupervisorHistory.Start {
        let outcome = history.starts[started % history.starts.count]
        started += 1
        trace.append("start \(name)")
        if case .works = outcome {
            pids += 1
            let pid = pids
            change(name) { $0.pid = pid }
        }
        if case .ignores = outcome, rows.contains(where: { $0.member.name == name && $0.member.kind == .temporary }) {
            remove(name)
        }
        return outcome
    }

    private mutating func halt(_ name: Int) {
        guard let row = rows.first(where: { $0.member.name == name }) else { return }
        if row.pid != nil { trace.append("stop \(name)") }
        change(name) { row in
            row.pid = nil
            row.waiting = nil
        }
        if row.member.kind == .temporary { remove(name) }
    }

    private mutating func stopAll() {
        over = true
        for row in rows.reversed() { halt(row.member.name) }
        trace.append("over")
    }

    private mutating func remove(_ name: Int) { rows = rows.filter { $0.member.name != name } }

    private mutating func change(_ name: Int, _ edit: (inout Row) -> Void) {
        for index in rows.indices where rows[index].member.name == name { edit(&rows[index]) }
    }

    private func complain(_ name: Int) -> String? {
        guard let row = rows.first(where: { $0.member.name == name }) else { return "not found" }
        return row.pid != nil ? "running" : row.waiting != nil ? "restarting" : nil
    }
}
