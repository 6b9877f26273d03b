/// Draws what `grove top` knows, on a screen of any size from 40 columns on; 80 show all of it.
struct TopView {
    /// What the node is called: its data directory.
    var name: String
    var width: Int
    var height: Int

    /// The lines of the screen, and which of them is the selected one.
    struct Picture: Equatable {
        var lines: [TopLine]
        var selected: Int?
    }

    /// Lines above and below the list.
    static let frame = 6

    /// How many rows of the tree there is room for.
    var room: Int { max(1, height - Self.frame) }

    /// Draws. The model is to be scrolled to the room there is first.
    func picture(of model: TopModel) -> Picture {
        var lines = header(model)
        var selected: Int?
        if model.mode == .details, let row = model.selected {
            lines += details(of: row.node, model)
        } else {
            lines.append(columns("PROCESS", "RST", "MBOX", "TURNS/S", "AGE", "LATELY", [.bold]))
            for (number, row) in model.rows.enumerated().dropFirst(model.offset).prefix(room) {
                if number == model.selection { selected = lines.count }
                lines.append(line(for: row, model))
            }
        }
        while lines.count < height - 1 { lines.append(TopLine()) }
        lines = Array(lines.prefix(max(0, height - 1)))
        lines.append(footer(model))
        return Picture(lines: lines.map { $0.cut(to: width) }, selected: selected)
    }

    // MARK: Header and footer

    private func header(_ model: TopModel) -> [TopLine] {
        var title = TopLine("grove top", .bold)
        let clock = model.snapshot.map { Self.clock($0.microseconds) + "  " } ?? ""
        let right = "\(clock)every \(model.pace) s"
        title.add("  " + name, width: max(0, width - title.width - right.count), [])
        title.add(right, [.dim])
        if let problem = model.problem {
            var line = TopLine()
            line.add(problem, [.red, .bold])
            return [title, line, TopLine(), TopLine()]
        }
        let (total, stores) = (model.total, model.snapshot?.stores ?? [:])
        let (lag, parked) = stores.values.reduce((0, 0)) { ($0.0 + $1.lag, $0.1 + $1.parked) }
        var flow = TopLine()
        flow.add(Quantity.count(Int(model.eventRate())), [.bold])
        flow.add(" events/s   ")
        flow.add(Quantity.count(Int(total.turns)), [.bold])
        flow.add(" turns/s   ")
        flow.add(Quantity.count(total.mailbox), total.mailbox > 0 ? [.yellow] : [.bold])
        flow.add(" waiting   lag ")
        flow.add(Quantity.count(lag), lag > 0 ? [.yellow] : [.bold])
        if parked > 0 { flow.add("   \(Quantity.count(parked)) parked", [.red]) }
        var things = TopLine()
        things.add(Quantity.count(total.processes), [.bold])
        things.add(" processes   ")
        // A node's own stores, whose ids nobody can choose, are not what one looks for.
        things.add(Quantity.count(stores.keys.count { !$0.hasPrefix(".") }, "store") + "   ")
        things.add(Quantity.count(total.restarts, "restart"), total.restarts > 0 ? [.yellow] : [])
        if total.zombies > 0 { things.add("   " + Quantity.count(total.zombies, "zombie"), [.red]) }
        return [title, flow, things, TopLine()]
    }

    private func footer(_ model: TopModel) -> TopLine {
        switch model.mode {
        case .finding(let text): TopLine("find: " + text + "▏", .cyan)
        case .details: TopLine("esc back   q quit", .dim)
        case .tree where model.onlyTrouble:
            TopLine("only what is in trouble: f all   ↑↓ move   ⏎ crashes   / find   q quit", .cyan)
        case .tree:
            TopLine("↑↓ move   ←→ fold   ⏎ crashes   / find n next   f in trouble   +- pace   q quit", .dim)
        }
    }

    // MARK: The tree

    private func columns(
        _ process: String,
        _ restarts: String,
        _ mailbox: String,
        _ turns: String,
        _ age: String,
        _ lately: String,
        _ styles: [Style]
    ) -> TopLine {
        var line = TopLine()
        line.add(process, width: nameWidth, styles)
        for (text, width) in [(restarts, 5), (mailbox, 6), (turns, 8), (age, 7)] {
            line.add(text, width: width, right: true, styles)
        }
        line.add("  " + lately, styles)
        return line
    }

    /// The names get some third, and never less than 20 columns.
    private var nameWidth: Int { max(20, width * 7 / 20) }

    private func line(for row: TopModel.Row, _ model: TopModel) -> TopLine {
        let (node, sum) = (row.node, row.sum)
        var line = TopLine()
        let mark = node.children.isEmpty ? "  " : row.isUnfolded ? "▾ " : "▸ "
        line.add(String(repeating: " ", count: row.depth) + mark, [.dim])
        line.add(Self.symbol(node.state), [Self.colour(node.state, sum.runs)])
        line.add(" " + node.id, width: max(0, nameWidth - line.width), node.isSupervisor ? [.bold] : [])
        let restarts: [Style] = sum.restarts > 0 ? [.yellow] : [.dim]
        line.add(Self.short(sum.restarts), width: 5, right: true, restarts)
        line.add(Self.short(sum.mailbox), width: 6, right: true, sum.mailbox > 0 ? [.yellow] : [.dim])
        line.add(Self.short(Int(sum.turns)), width: 8, right: true, sum.turns >= 1 ? [] : [.dim])
        line.add(node.ageMilliseconds.map(Self.age) ?? "-", width: 7, right: true, [.dim])
        for (number, piece) in lately(row, model).enumerated() {
            line.add((number == 0 ? "  " : " ") + piece.text, piece.styles)
        }
        return line
    }

    /// What there is to say of a process: what it waits for, its last failure, or what a store does.
    private func lately(_ row: TopModel.Row, _ model: TopModel) -> [TopLine.Piece] {
        let node = row.node
        var pieces: [TopLine.Piece] = []
        func say(_ text: String, _ styles: Style...) { pieces.append(.init(text: text, styles: styles)) }
        if let wait = node.retryInMilliseconds {
            say("again in " + Self.age(wait), .yellow)
        } else if node.state != "running" {
            say(node.state, .yellow)
        }
        if node.zombies > 0 { say(Quantity.count(node.zombies, "zombie"), .red) }
        if node.dropped > 0 { say("\(Self.short(node.dropped)) dropped", .red) }
        if let last = node.failures.last {
            let now = model.snapshot?.microseconds ?? 0
            say("\(Self.age((now - last.microseconds) / 1_000)) ago: \(last.what)", .yellow)
            return pieces
        }
        let failuresBelow = row.isUnfolded ? 0 : row.sum.failures
        if failuresBelow > 0 { say("\(failuresBelow) failed", .yellow) }
        if let store = model.snapshot?.stores[node.id], node.path.hasSuffix("stores/" + node.id) {
            say("\(Self.short(Int(model.eventRate(of: node.id)))) ev/s")
            if store.lag > 0 { say("lag \(Self.short(store.lag))", .yellow) }
        } else if failuresBelow == 0, let exit = node.lastExit {
            say("last: " + exit, .dim)
        }
        return pieces
    }

    // MARK: One process

    private func details(of node: TopNode, _ model: TopModel) -> [TopLine] {
        var lines: [TopLine] = []
        func say(_ name: String, _ text: String, _ styles: [Style] = []) {
            var line = TopLine()
            line.add(name, width: 12, [.dim])
            line.add(text, styles)
            lines.append(line)
        }
        say("path", node.path, [.bold])
        let kind = node.isSupervisor ? "supervisor" : "worker"
        say("state", "\(Self.symbol(node.state)) \(node.state), a \(kind)", [Self.colour(node.state, true)])
        if let process = node.process { say("process", "\(process)" + (node.name.map { ", named \($0)" } ?? "")) }
        if let age = node.ageMilliseconds { say("age", Self.age(age)) }
        if let wait = node.retryInMilliseconds { say("again in", Self.age(wait), [.yellow]) }
        say("turns", Quantity.count(node.turns))
        say("mailbox", "\(Quantity.count(node.mailbox)) waiting, \(Quantity.count(node.dropped)) dropped")
        say("restarts", Quantity.count(node.restarts), node.restarts > 0 ? [.yellow] : [])
        if node.zombies > 0 { say("zombies", Quantity.count(node.zombies), [.red]) }
        if let exit = node.lastExit { say("last exit", exit) }
        lines.append(TopLine())
        lines.append(TopLine(node.failures.isEmpty ? "has not failed of late" : "failed, last first", .bold))
        let now = model.snapshot?.microseconds ?? 0
        for failure in node.failures.reversed() {
            let when = "\(Self.clock(failure.microseconds))  \(Self.age((now - failure.microseconds) / 1_000)) ago"
            lines.append(TopLine(when, .yellow))
            lines += Self.wrapped(failure.what, width - 2).map { TopLine("  " + $0) }
        }
        return lines
    }

    // MARK: Words and numbers

    private static func symbol(_ state: String) -> String {
        switch state {
        case "running": "●"
        case "starting": "◐"
        case "stopping": "◑"
        case "restarting": "↻"
        default: "○"
        }
    }

    private static func colour(_ state: String, _ allRuns: Bool) -> Style {
        switch state {
        case "running": allRuns ? .green : .yellow
        case "stopped": .red
        default: .yellow
        }
    }

    /// A count in four characters at most: `9999`, `12k`, `3M`.
    static func short(_ count: Int) -> String {
        switch count {
        case ..<10_000: "\(max(0, count))"
        case ..<1_000_000: "\(count / 1_000)k"
        case ..<1_000_000_000: "\(count / 1_000_000)M"
        default: "\(count / 1_000_000_000)G"
        }
    }

    /// A time in six characters at most: `850ms`, `12s`, `5m03s`, `2h05m`, `3d04h`.
    static func age(_ milliseconds: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let seconds = max(0, milliseconds) / 1_000
        switch seconds {
        case 0: return "\(max(0, milliseconds))ms"
        case ..<60: return "\(seconds)s"
        case ..<3_600: return "\(seconds / 60)m\(two(seconds % 60))s"
        case ..<86_400: return "\(seconds / 3_600)h\(two(seconds / 60 % 60))m"
        default: return "\(seconds / 86_400)d\(two(seconds / 3_600 % 24))h"
        }
    }

    /// The time of day in UTC.
    static func clock(_ microseconds: Int) -> String {
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        let seconds = max(0, microseconds) / 1_000_000 % 86_400
        return "\(two(seconds / 3_600)):\(two(seconds / 60 % 60)):\(two(seconds % 60))Z"
    }

    private static func wrapped(_ text: String, _ width: Int) -> [String] {
        var (lines, rest) = ([String](), text[...])
        while rest.count > max(1, width), lines.count < 8 {
            lines.append(String(rest.prefix(max(1, width))))
            rest = rest.dropFirst(max(1, width))
        }
        return lines + [String(rest)]
    }
}
