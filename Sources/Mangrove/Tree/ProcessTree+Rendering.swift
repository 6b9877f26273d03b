extension ProcessTree {
    /// The tree as lines with branches, states and restarts, for people; columns are aligned.
    ///
    /// ```
    /// shop                  ●
    /// ├─ stock              ● 2 restarts, last: crash: …
    /// └─ orders             ●
    /// ```
    public var text: String {
        var rows: [(label: String, node: Node)] = []
        func add(_ node: Node, _ branch: String, _ indent: String) {
            rows.append((branch + node.id.text, node))
            for (index, child) in node.children.enumerated() {
                let last = index == node.children.count - 1
                add(child, indent + (last ? "└─ " : "├─ "), indent + (last ? "   " : "│  "))
            }
        }
        for root in roots { add(root, "", "") }
        let width = rows.map(\.label.count).max() ?? 0
        return rows.map { label, node in
            let padding = String(repeating: " ", count: width - label.count + 2)
            return (label + padding + node.summary)
        }.joined(separator: "\n")
    }

    /// The tree as JSON: an array of nodes with `id`, `path`, `kind`, `state`, `process`, `name`, `restarts`, `lastExit`,
    /// `failures` (each with `atMicroseconds` and `what`), `status`, `retryInMilliseconds`, `mailbox`, `dropped`,
    /// `zombies`, `turns`, `ageMilliseconds` and `children`; what a node does not have is left out.
    public var json: String {
        "[" + roots.map(\.json).joined(separator: ",") + "]"
    }

    /// The tree as a Mermaid flowchart.
    public var mermaid: String {
        var lines = ["flowchart TD"]
        var number = 0
        func add(_ node: Node, under parent: Int?) {
            let own = number
            number += 1
            let label = "\(node.state.symbol) \(node.id.text)".replacing("\"", with: "#quot;")
            let shape = node.kind == .supervisor ? "[\"\(label)\"]" : "(\"\(label)\")"
            lines.append("    n\(own)\(shape)")
            if let parent { lines.append("    n\(parent) --> n\(own)") }
            for child in node.children { add(child, under: own) }
        }
        for root in roots { add(root, under: nil) }
        return lines.joined(separator: "\n")
    }
}

extension ProcessTree.Node.State {
    /// One character that stands for the state.
    public var symbol: String {
        switch self {
        case .running: "●"
        case .starting: "◐"
        case .stopping: "◑"
        case .restarting: "↻"
        case .stopped: "○"
        }
    }
}

extension ProcessTree.Node {
    /// The state and what is notable: restarts, the last exit, waiting messages.
    public var summary: String {
        var parts: [String] = []
        if state != .running { parts.append(state.rawValue) }
        if restarts > 0 { parts.append("\(restarts) restart\(restarts == 1 ? "" : "s")") }
        if let lastExitText { parts.append("last: \(lastExitText)") }
        if let retryIn { parts.append("next attempt in \(retryIn)") }
        if mailbox > 0 { parts.append("\(mailbox) waiting") }
        if dropped > 0 { parts.append("\(dropped) dropped") }
        if !zombies.isEmpty { parts.append("\(zombies.count) zombie\(zombies.count == 1 ? "" : "s")") }
        if let status, !status.description.isEmpty { parts.append("\(status)") }
        return parts.isEmpty ? state.symbol : state.symbol + " " + parts.joined(separator: ", ")
    }

    fileprivate var json: String {
        var members = [
            "\"id\":" + JSONText.quoted(id.text),
            "\"path\":" + JSONText.quoted(path),
            "\"kind\":\"\(kind)\"",
            "\"state\":\"\(state.rawValue)\"",
        ]
        if let process { members.append("\"process\":\(process.serial)") }
        if let name { members.append("\"name\":" + JSONText.quoted(name.description)) }
        members.append("\"restarts\":\(restarts)")
        if let lastExitText { members.append("\"lastExit\":" + JSONText.quoted(lastExitText)) }
        if !failures.isEmpty { members.append("\"failures\":[" + failures.map(\.json).joined(separator: ",") + "]") }
        if let status { members.append("\"status\":" + status.json) }
        if let retryIn { members.append("\"retryInMilliseconds\":\(retryIn.wholeNanoseconds / 1_000_000)") }
        members.append("\"mailbox\":\(mailbox)")
        if dropped > 0 { members.append("\"dropped\":\(dropped)") }
        if !zombies.isEmpty {
            members.append("\"zombies\":[" + zombies.map { "\($0.serial)" }.joined(separator: ",") + "]")
        }
        members.append("\"turns\":\(turns)")
        if let age { members.append("\"ageMilliseconds\":\(age.wholeNanoseconds / 1_000_000)") }
        if !children.isEmpty { members.append("\"children\":[" + children.map(\.json).joined(separator: ",") + "]") }
        return "{" + members.joined(separator: ",") + "}"
    }
}

extension ProcessTree.Failure {
    fileprivate var json: String {
        "{\"atMicroseconds\":\(microseconds),\"what\":" + JSONText.quoted(what) + "}"
    }
}
