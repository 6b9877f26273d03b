import MangroveStore

/// One process of a node's tree, or a child without one, as `grove tree --json` prints it.
struct TopNode: Equatable {
    /// One of its failures.
    struct Failure: Equatable {
        var microseconds: Int
        var what: String
    }

    var id = ""
    var path = ""
    /// What tells it from all others, in every look at the tree: its path, and its number among those of the same path.
    var key = ""
    var isSupervisor = false
    var state = "running"
    var process: Int?
    var name: String?
    var restarts = 0
    var lastExit: String?
    var failures: [Failure] = []
    var retryInMilliseconds: Int?
    var mailbox = 0
    var dropped = 0
    var zombies = 0
    var turns = 0
    var ageMilliseconds: Int?
    var children: [TopNode] = []

    /// It and all below it.
    var subtree: [TopNode] { [self] + children.flatMap(\.subtree) }

    /// Whether there is something about it that an operator wants to see.
    var isInTrouble: Bool {
        state != "running" || restarts > 0 || !failures.isEmpty || mailbox > 0 || dropped > 0 || zombies > 0
    }

    /// Reads a tree.
    /// - Throws: ``JSONError`` if it is not one.
    static func tree(_ json: [UInt8]) throws(JSONError) -> [TopNode] {
        try JSONText.check(json)
        var scanner = JSONScanner()
        scanner.skipWhitespace(json.span)
        return try nodes(json, &scanner, under: "")
    }

    private static func nodes(
        _ text: [UInt8],
        _ scanner: inout JSONScanner,
        under parent: String
    ) throws(JSONError) -> [TopNode] {
        var nodes: [TopNode] = []
        var seen: [String: Int] = [:]
        try scanner.elements(text) { (scanner) throws(JSONError) in
            scanner.skipWhitespace(text.span)
            nodes.append(try node(text, &scanner, under: parent, &seen))
            return true
        }
        return nodes
    }

    private static func node(
        _ text: [UInt8],
        _ scanner: inout JSONScanner,
        under parent: String,
        _ seen: inout [String: Int]
    ) throws(JSONError) -> TopNode {
        var node = TopNode()
        try scanner.members(text) { (name, scanner) throws(JSONError) in
            // The id comes first, so that the key is known when the children come.
            switch try JSONText.string(text, at: name) {
            case "id":
                node.id = try string(text, &scanner)
                let number = seen[node.id, default: 0]
                seen[node.id] = number + 1
                node.key = parent + "/" + node.id + (number == 0 ? "" : "~\(number)")
            case "path": node.path = try string(text, &scanner)
            case "kind": node.isSupervisor = try string(text, &scanner) == "supervisor"
            case "state": node.state = try string(text, &scanner)
            case "process": node.process = try number(text, &scanner)
            case "name": node.name = try string(text, &scanner)
            case "restarts": node.restarts = try number(text, &scanner)
            case "lastExit": node.lastExit = try string(text, &scanner)
            case "failures": node.failures = try failures(text, &scanner)
            case "retryInMilliseconds": node.retryInMilliseconds = try number(text, &scanner)
            case "mailbox": node.mailbox = try number(text, &scanner)
            case "dropped": node.dropped = try number(text, &scanner)
            case "zombies":
                try scanner.elements(text) { (scanner) throws(JSONError) in
                    try scanner.passValue(text.span)
                    node.zombies += 1
                    return true
                }
            case "turns": node.turns = try number(text, &scanner)
            case "ageMilliseconds": node.ageMilliseconds = try number(text, &scanner)
            case "children": node.children = try nodes(text, &scanner, under: node.key)
            default: try scanner.passValue(text.span)
            }
            return true
        }
        return node
    }

    private static func failures(_ text: [UInt8], _ scanner: inout JSONScanner) throws(JSONError) -> [Failure] {
        var failures: [Failure] = []
        try scanner.elements(text) { (scanner) throws(JSONError) in
            var failure = Failure(microseconds: 0, what: "")
            scanner.skipWhitespace(text.span)
            try scanner.members(text) { (name, scanner) throws(JSONError) in
                switch try JSONText.string(text, at: name) {
                case "atMicroseconds": failure.microseconds = try number(text, &scanner)
                case "what": failure.what = try string(text, &scanner)
                default: try scanner.passValue(text.span)
                }
                return true
            }
            failures.append(failure)
            return true
        }
        return failures
    }

    private static func string(_ text: [UInt8], _ scanner: inout JSONScanner) throws(JSONError) -> String {
        let start = scanner.offset
        try scanner.passValue(text.span)
        return try JSONText.string(text, at: start..<scanner.offset)
    }

    private static func number(_ text: [UInt8], _ scanner: inout JSONScanner) throws(JSONError) -> Int {
        let start = scanner.offset
        try scanner.passValue(text.span)
        return Int(String(decoding: text[start..<scanner.offset], as: UTF8.self)) ?? 0
    }
}
