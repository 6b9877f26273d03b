/// What `grove top` shows, and what keys do to it: looks at the tree and keys in, rows out.
///
/// ```
///            ⏎                     /
/// details ◀──────▶ tree ◀────────────────▶ finding
///            esc              ⏎ or esc
/// ```
struct TopModel {
    enum Mode: Equatable {
        case tree
        /// The selected process alone, with its last failures.
        case details
        /// A text is being typed, and the selection goes to what has it.
        case finding(String)
    }

    /// What is to be done after a key.
    enum Action: Equatable {
        case draw
        case quit
    }

    /// One line of the tree as it is unfolded now.
    struct Row: Equatable {
        var node: TopNode
        var depth: Int
        var isUnfolded: Bool
        /// What it says of a supervisor that is folded: of all below it together.
        var sum: Sum
    }

    /// Numbers of a process, or of a whole subtree.
    struct Sum: Equatable {
        var processes = 0
        var restarts = 0
        var mailbox = 0
        var zombies = 0
        /// Turns in a second.
        var turns = 0.0
        var failures = 0
        /// Whether all of it runs.
        var runs = true
    }

    private(set) var mode = Mode.tree
    private(set) var snapshot: TopSnapshot?
    /// Whether only what is in trouble is shown, and what stands above it.
    private(set) var onlyTrouble = false
    /// Why there is nothing new to see, if that is so.
    var problem: String?
    /// How long one look is kept, in seconds.
    private(set) var pace: Int
    /// The row that is selected.
    private(set) var selection = 0
    /// The first row that is on the screen.
    private(set) var offset = 0

    private var before: TopSnapshot?
    private var turnsBefore: [String: (process: Int?, turns: Int)] = [:]
    private var selectedKey: String?
    private var unfolded: Set<String> = []
    private var found: String?
    private(set) var rows: [Row] = []

    static let paces = 1...60

    init(pace: Int) {
        self.pace = pace
    }

    /// The process that is selected.
    var selected: Row? { rows.indices.contains(selection) ? rows[selection] : nil }

    /// The numbers of the whole node.
    private(set) var total = Sum()

    // MARK: Looks

    mutating func take(_ new: TopSnapshot) {
        if let snapshot {
            turnsBefore = Dictionary(
                snapshot.roots.flatMap(\.subtree).map { ($0.key, ($0.process, $0.turns)) },
                uniquingKeysWith: { first, _ in first }
            )
        } else {
            // At first one sees the parts of the node, and each store folded.
            for root in new.roots {
                unfolded.insert(root.key)
                for child in root.children where child.isSupervisor { unfolded.insert(child.key) }
            }
        }
        before = snapshot
        snapshot = new
        problem = nil
        list()
    }

    /// Events appended in a second to a store, or to all of them.
    func eventRate(of store: String? = nil) -> Double {
        guard let snapshot, let before else { return 0 }
        let names = store.map { [$0] } ?? Array(snapshot.stores.keys)
        let count = names.reduce(0) { sum, name in
            guard let now = snapshot.stores[name] else { return sum }
            return sum + max(0, now.appended - (before.stores[name]?.appended ?? 0))
        }
        return Double(count) / seconds
    }

    /// The time between the last two looks.
    private var seconds: Double {
        guard let snapshot, let before else { return 1 }
        return max(0.001, Double(snapshot.microseconds - before.microseconds) / 1e6)
    }

    private func sum(_ node: TopNode, alone: Bool) -> Sum {
        var sum = Sum()
        sum.processes = node.process == nil ? 0 : 1
        sum.restarts = node.restarts
        sum.mailbox = node.mailbox
        sum.zombies = node.zombies
        sum.failures = node.failures.count
        sum.runs = node.state == "running"
        if before != nil {
            let earlier = turnsBefore[node.key]
            let known = earlier?.process == node.process ? earlier?.turns ?? 0 : 0
            sum.turns = Double(max(0, node.turns - known)) / seconds
        }
        guard !alone else { return sum }
        for child in node.children { sum.add(self.sum(child, alone: false)) }
        return sum
    }

    /// Lists the rows anew, and keeps the selection on the process it is on.
    private mutating func list() {
        total = Sum()
        rows = []
        for root in snapshot?.roots ?? [] {
            total.add(sum(root, alone: false))
            add(root, 0)
        }
        let kept = selectedKey.flatMap { key in rows.firstIndex { $0.node.key == key } }
        select(kept ?? min(selection, rows.count - 1))
    }

    private mutating func add(_ node: TopNode, _ depth: Int) {
        if onlyTrouble, !node.subtree.contains(where: \.isInTrouble) { return }
        let isUnfolded = onlyTrouble || unfolded.contains(node.key)
        rows.append(Row(node: node, depth: depth, isUnfolded: isUnfolded, sum: sum(node, alone: isUnfolded)))
        if isUnfolded { for child in node.children { add(child, depth + 1) } }
    }

    private mutating func select(_ row: Int) {
        selection = max(0, min(row, rows.count - 1))
        selectedKey = selected?.node.key
    }

    /// Makes the selected row one of those on a screen with room for so many.
    mutating func scroll(room: Int) {
        if selection < offset { offset = selection }
        if selection >= offset + room { offset = selection - room + 1 }
        offset = max(0, min(offset, rows.count - room))
    }

    // MARK: Keys

    /// - Parameter page: how many rows the screen has.
    mutating func press(_ key: TopKey, page: Int) -> Action {
        if case .finding(let text) = mode {
            find(key, text)
            return .draw
        }
        switch key {
        case .character("q"): return .quit
        case .character("+"): pace = min(pace + 1, Self.paces.upperBound)
        case .character("-"): pace = max(pace - 1, Self.paces.lowerBound)
        case .enter: mode = mode == .details || selected == nil ? .tree : .details
        case .escape, .backspace:
            if mode == .tree, onlyTrouble {
                onlyTrouble = false
                list()
            }
            mode = .tree
        default: walk(key, page)
        }
        return .draw
    }

    private mutating func walk(_ key: TopKey, _ page: Int) {
        switch key {
        case .up, .character("k"): select(selection - 1)
        case .down, .character("j"): select(selection + 1)
        case .pageUp: select(selection - page)
        case .pageDown, .character(" "): select(selection + page)
        case .home, .character("g"): select(0)
        case .end, .character("G"): select(rows.count - 1)
        case .right, .character("l"): unfold()
        case .left, .character("h"): fold()
        case .character("f"):
            onlyTrouble.toggle()
            list()
        case .character("/"): mode = .finding("")
        case .character("n"): if let found { seek(found, after: true) }
        default: break
        }
    }

    /// Unfolds the selected process, or goes to the first below it.
    private mutating func unfold() {
        guard let row = selected, !row.node.children.isEmpty else { return }
        if row.isUnfolded { return select(selection + 1) }
        unfolded.insert(row.node.key)
        list()
    }

    /// Folds the selected process, or goes to the one above it.
    private mutating func fold() {
        guard let row = selected else { return }
        if row.isUnfolded, !row.node.children.isEmpty, !onlyTrouble {
            unfolded.remove(row.node.key)
            list()
        } else if let above = rows[..<selection].lastIndex(where: { $0.depth < row.depth }) {
            select(above)
        }
    }

    private mutating func find(_ key: TopKey, _ text: String) {
        switch key {
        case .escape: mode = .tree
        case .enter:
            found = text
            mode = .tree
        case .backspace: mode = .finding(String(text.dropLast()))
        case .character(let character):
            mode = .finding(text + String(character))
            seek(text + String(character), after: false)
        default: break
        }
    }

    /// Goes to the next process whose id has a text in it, from the selected one or the one after it on, and unfolds what
    /// stands above it.
    private mutating func seek(_ text: String, after: Bool) {
        guard !text.isEmpty, let snapshot else { return }
        let all = snapshot.roots.flatMap(\.subtree)
        let here = all.firstIndex { $0.key == selectedKey } ?? 0
        let start = min(all.count, here + (after ? 1 : 0))
        let wanted = text.lowercased()
        guard let hit = (all[start...] + all[..<start]).first(where: { $0.id.lowercased().contains(wanted) })
        else { return }
        for node in all where hit.key.hasPrefix(node.key + "/") { unfolded.insert(node.key) }
        selectedKey = hit.key
        list()
    }
}

extension TopModel.Sum {
    mutating func add(_ other: Self) {
        processes += other.processes
        restarts += other.restarts
        mailbox += other.mailbox
        zombies += other.zombies
        turns += other.turns
        failures += other.failures
        runs = runs && other.runs
    }
}
