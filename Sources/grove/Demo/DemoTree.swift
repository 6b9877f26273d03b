import Mangrove

/// Draws a live tree for people: symbols, colours on a terminal, and no more of a long pool than says what it is.
struct DemoTree {
    let painter: Painter
    /// Children of one supervisor that are drawn at most, where they are workers of a pool.
    var poolLimit = 3

    func text(_ tree: ProcessTree, indent: Int) -> String {
        var lines: [String] = []
        for root in tree.roots { add(root, "", "", to: &lines) }
        return lines.map { String(repeating: " ", count: indent) + $0 + "\n" }.joined()
    }

    private func add(_ node: ProcessTree.Node, _ branch: String, _ indent: String, to lines: inout [String]) {
        let name = node.kind == .supervisor ? painter.paint(node.id.text, .bold) : node.id.text
        var line = painter.paint(branch, .dim) + symbol(node.state) + " " + name
        if node.restarts > 0 {
            line += painter.paint("  \(node.restarts) restart\(node.restarts == 1 ? "" : "s")", .yellow)
        }
        lines.append(line)
        let pool = node.children.allSatisfy { $0.kind == .worker } && node.children.count > poolLimit + 1
        let shown = pool ? Array(node.children.prefix(poolLimit)) : node.children
        for (index, child) in shown.enumerated() {
            let last = !pool && index == shown.count - 1
            add(child, indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "), to: &lines)
        }
        if pool {
            lines.append(painter.paint("\(indent)└─ … \(node.children.count - shown.count) more", .dim))
        }
    }

    private func symbol(_ state: ProcessTree.Node.State) -> String {
        switch state {
        case .running: painter.paint(state.symbol, .green)
        case .starting, .restarting, .stopping: painter.paint(state.symbol, .yellow)
        case .stopped: painter.paint(state.symbol, .red)
        }
    }
}

/// What changed between two looks at a tree.
struct TreeDifference {
    /// The processes that are new at a path that was there before, in the order in which they started.
    let restarted: [ProcessTree.Node]
    /// How many processes are the same as before.
    let untouched: Int
    /// Whether every path that was there before is running again.
    let isWhole: Bool

    /// - Parameter ignoring: paths that come and go by themselves.
    init(from before: ProcessTree, to after: ProcessTree, ignoring: (String) -> Bool) {
        var old: [String: ProcessID] = [:]
        for node in before.nodes { old[node.path] = node.process }
        var restarted: [ProcessTree.Node] = []
        var untouched = 0
        var running: Set<String> = []
        for node in after.nodes {
            guard node.state == .running, let process = node.process else { continue }
            running.insert(node.path)
            guard let earlier = old[node.path] else { continue }
            if earlier == process {
                untouched += 1
            } else {
                restarted.append(node)
            }
        }
        self.restarted = restarted.sorted { ($0.process?.serial ?? 0) < ($1.process?.serial ?? 0) }
        self.untouched = untouched
        isWhole = old.keys.allSatisfy { ignoring($0) || running.contains($0) }
    }
}
