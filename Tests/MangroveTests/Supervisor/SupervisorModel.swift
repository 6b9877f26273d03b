/// OTP's supervisor, written down as naively as possible: lists that are searched and rebuilt, every restart of the whole
/// history kept and counted again each time. It is what the machine is judged by, and shares nothing with it.
struct SupervisorModel {
    private struct Row {
        var member: SupervisorHistory.Member
        var pid: Int?
        var waiting: Int?
        /// Whether it is a matter of time alone that it waits.
        var waitsForTime = false
        var lastWait: Int?
        /// Since when its present incarnation is up, if it was started with a wait in its specification.
        var upSince: Int?
        /// Every restart that its own budget was asked for.
        var spent: [(at: Int, period: Int)] = []
    }
    private struct GaveUp: Error {}
    private enum Outcome { case fine, failed(Int), held(Int) }

    private let history: SupervisorHistory
    private var rows: [Row] = []
    private var now = 0
    /// Every restart that was counted, with the rule it was counted by.
    private var restarts: [(at: Int, rule: SupervisorHistory.Limit)] = []
    private var group: SupervisorHistory.Group
    private var auto: SupervisorHistory.Auto
    private var limit: SupervisorHistory.Limit
    private var started = 0
    private var pids = 0
    private var tickets = 0
    private var queue: [(name: Int, ticket: Int)] = []
    private var timers: [(due: Int, name: Int, ticket: Int)] = []
    private var haunted: [Int] = []
    private var held: [(name: Int, ticket: Int)] = []
    private var over = false
    private(set) var trace: [String] = []

    /// What an observer would see of `history`.
    static func trace(of history: SupervisorHistory) -> [String] {
        var model = SupervisorModel(history)
        model.run()
        return model.trace
    }

    private init(_ history: SupervisorHistory) {
        self.history = history
        group = history.group
        auto = history.auto
        limit = SupervisorHistory.Limit(
            count: history.limit,
            period: history.period,
            wholeSeconds: history.wholeSeconds
        )
    }

    private mutating func run() {
        rows = history.members.map { Row(member: $0, pid: nil, waiting: nil) }
        for (position, row) in rows.enumerated() where rows.contains(where: { $0.member.name == row.member.name }) {
            if case .failed = start(row.member.name) {
                for earlier in history.members[..<position].reversed() { halt(earlier.name) }
                trace.append("boot failed at \(row.member.name)")
                return
            }
        }
        trace.append("booted")
        for step in history.steps where !over {
            do { try take(step) } catch { stopAll() }
        }
        while !over, trace.count < 2_000, !queue.isEmpty || !timers.isEmpty {
            let next = timers.map(\.due).min() ?? now
            do { try take(queue.isEmpty ? .wait(milliseconds: max(0, next - now)) : .later) } catch { stopAll() }
        }
        trace.append(
            rows.map { "\($0.member.name)\($0.pid == nil ? "-" : "+")\($0.waiting == nil ? "" : "?")" }.joined(
                separator: " "
            )
        )
    }

    private mutating func take(_ step: SupervisorHistory.Step) throws {
        switch step {
        case .wait(let milliseconds):
            let end = now + milliseconds
            while !over, trace.count < 2_000, let due = timers.map(\.due).min(), due <= end {
                let timer = timers.remove(at: timers.firstIndex { $0.due == due } ?? 0)
                now = max(now, due)
                guard rows.contains(where: { $0.member.name == timer.name && $0.waiting == timer.ticket }) else {
                    continue
                }
                do { try revive(timer.name) } catch { stopAll() }
            }
            now = end
        case .release(let name):
            haunted = haunted.filter { $0 != name }
            let released = held.filter { $0.name == name }
            held = held.filter { $0.name != name }
            for (name, ticket) in released where !over {
                guard rows.contains(where: { $0.member.name == name && $0.waiting == ticket }) else { continue }
                _ = settle(regroup(name))
            }
        case .change(let group, let limit, let auto, let members):
            guard members.allSatisfy({ member in rows.contains { $0.member.name == member.name } }) else {
                return trace.append("not found")
            }
            let changed = rows.map { row in members.last { $0.name == row.member.name } ?? row.member }
            if (auto ?? self.auto) == .never, changed.contains(where: \.significant) { return trace.append("invalid") }
            for member in changed { change(member.name) { $0.member = member } }
            (self.group, self.limit, self.auto) = (group ?? self.group, limit ?? self.limit, auto ?? self.auto)
            trace.append("done")
        case .end(let ends):
            let dead = ends.compactMap { end in
                rows.first { $0.member.name == end.name && $0.pid != nil }.map { (row: $0, end: end) }
            }
            for (row, end) in dead where end.how == .killed && row.member.stubborn { haunted.append(end.name) }
            for (row, end) in dead where !over { try ended(end.name, row.pid, end.how) }
        case .later:
            guard !queue.isEmpty else { return }
            let (name, ticket) = queue.removeFirst()
            if rows.contains(where: { $0.member.name == name && $0.waiting == ticket }) { try revive(name) }
        case .terminate(let name):
            guard rows.contains(where: { $0.member.name == name }) else { return trace.append("not found") }
            halt(name)
            trace.append("done")
        case .restart(let name):
            if rows.contains(where: { $0.member.name == name && $0.waiting != nil && $0.waitsForTime }) {
                return answer(settle(regroup(name)), for: name)
            }
            guard complain(name) == nil else { return trace.append(complain(name) ?? "") }
            answer(start(name), for: name)
        case .delete(let name):
            guard complain(name) == nil else { return trace.append(complain(name) ?? "") }
            remove(name)
            trace.append("done")
        case .add(let member):
            if let row = rows.first(where: { $0.member.name == member.name }) {
                return trace.append(row.pid == nil ? "already present" : "already started")
            }
            if member.significant, auto == .never { return trace.append("invalid") }
            rows.append(Row(member: member, pid: nil, waiting: nil))
            let outcome = start(member.name)
            if case .failed = outcome { remove(member.name) }
            answer(outcome, for: member.name)
        case .stop:
            stopAll()
        }
    }

    private mutating func ended(_ name: Int, _ pid: Int?, _ how: SupervisorHistory.Ending) throws {
        guard let row = rows.first(where: { $0.member.name == name && $0.pid == pid && pid != nil }) else { return }
        change(name) { $0.pid = nil }
        switch row.member.kind {
        case .permanent: try comeBack(name)
        case .transient where !how.clean: try comeBack(name)
        case .transient: break
        case .temporary: remove(name)
        }
        let forGood = row.member.kind == .temporary || (row.member.kind == .transient && how.clean)
        if forGood { hasEndedForGood(row.member) }
    }

    private mutating func hasEndedForGood(_ member: SupervisorHistory.Member) {
        guard member.significant else { return }
        let others = rows.filter { $0.member.significant && ($0.pid != nil || $0.waiting != nil) }
        if auto == .any || (auto == .all && others.isEmpty) { stopAll() }
    }

    /// A child that ended is to be restarted: now, or after a wait for which those that depend on it are stopped.
    private mutating func comeBack(_ name: Int) throws {
        guard let row = rows.first(where: { $0.member.name == name }), let waits = row.member.waits else {
            return try revive(name)
        }
        if let since = row.upSince, now - since >= waits.stable { change(name) { $0.lastWait = nil } }
        let due = nextWait(name, waits)
        for member in touched(by: name).reversed() where member.name != name { halt(member.name) }
        trace.append("wait \(name) \(due - now)")
    }

    /// Has a child wait for a time, and returns when it is over.
    private mutating func nextWait(_ name: Int, _ waits: (first: Int, longest: Int, stable: Int)) -> Int {
        tickets += 1
        let (ticket, before) = (tickets, rows.first { $0.member.name == name }?.lastWait)
        let wait = before.map { min($0 * 2, waits.longest) } ?? waits.first
        change(name) { row in
            row.lastWait = wait
            row.upSince = nil
            row.waiting = ticket
            row.waitsForTime = true
        }
        timers.append((now + wait, name, ticket))
        return now + wait
    }

    private func touched(by name: Int) -> [SupervisorHistory.Member] {
        let all = rows.map(\.member)
        let position = all.firstIndex { $0.name == name } ?? 0
        return switch group {
        case .one: [all[position]]
        case .all: all
        case .rest: Array(all[position...])
        }
    }

    /// Restarts a child if what is left of its own restarts and of the supervisor's allows it.
    private mutating func revive(_ name: Int) throws {
        guard let row = rows.first(where: { $0.member.name == name }) else { return }
        if let budget = row.member.budget {
            let time = now
            change(name) { $0.spent.append((time, budget.period)) }
            let spent = (rows.first { $0.member.name == name }?.spent ?? []).map { ($0.at, $0.period, false) }
            if remembered(spent) > budget.limit { return try leave(row, budget.givesUp) }
        }
        restarts.append((now, limit))
        if remembered(restarts.map { ($0.at, $0.rule.period, $0.rule.wholeSeconds) }) > limit.count { throw GaveUp() }
        settle(regroup(name))
    }

    /// How many of these still count: those that lay within the period at each look since.
    private func remembered(_ looks: [(at: Int, period: Int, wholeSeconds: Bool)]) -> Int {
        looks.indices.count { index in
            looks[index...].allSatisfy { look in
                let then = looks[index].at
                return look.wholeSeconds
                    ? then / 1_000 >= look.at / 1_000 - look.period / 1_000 : then >= look.at - look.period
            }
        }
    }

    /// A child has used up its own restarts.
    private mutating func leave(_ row: Row, _ givesUp: Bool) throws {
        let name = row.member.name
        change(name) { $0.waiting = nil }
        if givesUp { throw GaveUp() }
        trace.append("left \(name)")
        hasEndedForGood(row.member)
        // Those that were stopped for its sake go on.
        guard !over, row.waiting != nil else { return }
        for member in touched(by: name) where member.name != name {
            guard rows.contains(where: { $0.member.name == member.name && $0.pid == nil && $0.waiting == nil }) else {
                continue
            }
            let outcome = start(member.name)
            if case .fine = outcome { continue }
            settle(outcome)
            return
        }
    }

    private mutating func regroup(_ name: Int) -> Outcome {
        change(name) { $0.waiting = nil }
        let members = touched(by: name)
        for member in members.reversed() where member.name != name { halt(member.name) }
        for member in members where rows.contains(where: { $0.member.name == member.name }) {
            let outcome = start(member.name)
            if case .fine = outcome { continue }
            return outcome
        }
        return .fine
    }

    /// What did not come back is tried again later, after its wait, or when the code that holds it has returned.
    @discardableResult
    private mutating func settle(_ outcome: Outcome) -> Outcome {
        switch outcome {
        case .fine: break
        case .failed(let name):
            if let waits = rows.first(where: { $0.member.name == name })?.member.waits {
                let due = nextWait(name, waits)
                trace.append("wait \(name) \(due - now)")
            } else {
                queue.append((name, wait(name)))
            }
        case .held(let name): held.append((name, wait(name)))
        }
        return outcome
    }

    /// Has a child wait for something other than time.
    private mutating func wait(_ name: Int) -> Int {
        tickets += 1
        let ticket = tickets
        change(name) { row in
            row.waiting = ticket
            row.waitsForTime = false
        }
        return ticket
    }

    private mutating func answer(_ outcome: Outcome, for name: Int) {
        switch outcome {
        case .failed: trace.append("start failed")
        case .held: trace.append("zombie")
        case .fine:
            let pid = rows.first { $0.member.name == name }?.pid
            trace.append(pid.map { "pid \($0)" } ?? "nobody")
        }
    }

    private mutating func start(_ name: Int) -> Outcome {
        let member = rows.first { $0.member.name == name }?.member
        if haunted.contains(name), member?.stubborn == true {
            trace.append("held \(name)")
            return .held(name)
        }
        haunted = haunted.filter { $0 != name }
        let outcome = history.starts[started % history.starts.count]
        started += 1
        trace.append("start \(name)")
        switch outcome {
        case .fails: return .failed(name)
        case .ignores where member?.kind == .temporary: remove(name)
        case .ignores: break
        case .works:
            pids += 1
            let (pid, time) = (pids, now)
            change(name) { row in
                row.pid = pid
                row.upSince = member?.waits == nil ? nil : time
            }
        }
        return .fine
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

    private mutating func remove(_ name: Int) {
        rows = rows.filter { $0.member.name != name }
        haunted = haunted.filter { $0 != name }
    }

    private mutating func change(_ name: Int, _ edit: (inout Row) -> Void) {
        for index in rows.indices where rows[index].member.name == name { edit(&rows[index]) }
    }

    private func complain(_ name: Int) -> String? {
        guard let row = rows.first(where: { $0.member.name == name }) else { return "not found" }
        return row.pid != nil ? "running" : row.waiting != nil ? "restarting" : nil
    }
}
