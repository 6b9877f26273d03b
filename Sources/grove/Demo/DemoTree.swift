import Mangrove

/// Draws a live tree for people: symbols, colours on a terminal, and a pool of workers on one line with its supervisor.
struct DemoTree {
    let painter: Painter
    /// Workers of a pool that are named.
    var poolLimit = 4

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
        let isPool =
            node.children.count > 3
            && node.children.allSatisfy { $0.kind == .worker && $0.state == .running && $0.restarts == 0 }
        if isPool {
            lines.append(line + "  " + pool(node.children))
            return
        }
        lines.append(line)
        for (index, child) in node.children.enumerated() {
            let last = index == node.children.count - 1
            add(child, indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "), to: &lines)
        }
    }

    private func pool(_ workers: [ProcessTree.Node]) -> String {
        let named = workers.prefix(poolLimit).map { symbol($0.state) + " " + $0.id.text }.joined(separator: "  ")
        let more = workers.count - poolLimit
        return named + (more > 0 ? painter.paint("  … \(more) more", .dim) : "")
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
