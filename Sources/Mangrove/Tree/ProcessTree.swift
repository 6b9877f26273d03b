internal import Synchronization

/// The live supervision trees of a runtime at one moment, as a value.
///
/// Made without asking any process, so that it answers while supervisors are busy starting or stopping children.
public struct ProcessTree: Sendable {
    /// The trees, in the order in which they were started.
    public var roots: [Node]

    /// One failure of a child: it ended though it should not have, could not be started, or did not stop as it was told.
    public struct Failure: Sendable, Equatable {
        /// When, in microseconds since 1970.
        public var microseconds: Int64
        /// What happened, in the words of the environment's ``ErrorRedaction``.
        public var what: String
    }

    /// One process, or a child without one.
    public struct Node: Sendable {
        /// What a child is doing.
        public enum State: String, Sendable {
            /// Its start has not returned.
            case starting
            /// It runs.
            case running
            /// It was told to stop and has not ended.
            case stopping
            /// It waits for its restart: the last attempt failed, or its ``Backoff`` says so.
            case restarting
            /// It has no process.
            case stopped
        }

        /// Its id among its siblings.
        public var id: ChildID
        /// Where it stands: the ids from its root down.
        public var path: String
        /// Whether it is a worker or a supervisor.
        public var kind: ChildKind
        /// What it is doing.
        public var state: State
        /// Its process, if it has one.
        public var process: ProcessID?
        /// Its name, if it has one.
        public var name: ProcessName?
        /// How often it was restarted under its present supervisor.
        public var restarts: Int
        /// What it last ended with.
        public var lastExit: ExitReason?
        /// What it last ended with in the words of the environment's ``ErrorRedaction``: what renderings show.
        public var lastExitText: String?
        /// How it failed of late, oldest first: at most the last five times, and only the 256 children of the runtime that
        /// failed last have any. A permanent child that ends normally has failed too.
        public var failures: [Failure]
        /// What it shows of its state, where that was asked for; see ``StatusShowing``.
        public var status: ProcessStatus?
        /// How long until its restart is tried, while it waits as its ``Backoff`` says.
        public var retryIn: Duration?
        /// Messages waiting for it.
        public var mailbox: Int
        /// Messages this incarnation's mailbox dropped for want of room; see ``MailboxOverflow``.
        public var dropped: UInt64
        /// Earlier incarnations that were killed and whose code has not returned; see ``ZombiePolicy``.
        public var zombies: [ProcessID]
        /// Turns it has had.
        public var turns: UInt64
        /// How long this incarnation has been there.
        public var age: Duration?
        /// What stands below it.
        public var children: [Node]

        /// It and all nodes below it, each before those below it.
        public var subtree: [Node] { [self] + children.flatMap(\.subtree) }
    }

    /// The node at a path, or nil.
    public func node(at path: String) -> Node? {
        Self.node(at: path[...], in: roots)
    }

    // Ids may contain slashes, so that it is the nodes that say where one ends.
    private static func node(at path: Substring, in level: [Node]) -> Node? {
        for node in level {
            guard let rest = path.after(node.id) else { continue }
            if rest.isEmpty { return node }
            if let found = self.node(at: rest.dropFirst(), in: node.children) { return found }
        }
        return nil
    }

    /// All nodes, each before those below it.
    public var nodes: [Node] { roots.flatMap(\.subtree) }
}

extension Runtime {
    /// What lives in this runtime now.
    ///
    /// Nothing is asked of any process, and nothing of their states is shown.
    public func tree() -> ProcessTree {
        let zombies = Dictionary(grouping: zombies, by: \.path)
        let failures = failures.withLock { $0 }
        return ProcessTree(
            roots: rootCells.map { node(of: $0, overview: nil, path: $0.childID.text, zombies, failures: [], failures) }
        )
    }

    /// As ``tree()``, with what processes show of their states: every ``StatusShowing`` one is asked, all at once.
    ///
    /// One that is too busy to answer in time has a status that says so.
    /// - Parameter limit: how long to wait for them altogether.
    public func tree(statusesWithin limit: Duration) async -> ProcessTree {
        var tree = tree()
        var shown: [ProcessID: ProcessCell] = [:]
        var cells = rootCells
        while let cell = cells.popLast() {
            if cell.hooks.status != nil { shown[cell.id] = cell }
            cells += cell.overview().compactMap(\.cell)
        }
        let statuses = await withTaskGroup(of: (ProcessID, ProcessStatus).self) { group in
            for (id, cell) in shown.sorted(by: { $0.key.serial < $1.key.serial }) {
                group.addTask {
                    do { return (id, try await cell.askStatus(within: limit)) } catch {
                        return (id, .fallback("no status: \(error)"))
                    }
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for index in tree.roots.indices { tree.roots[index].take(statuses) }
        return tree
    }

    private func node(
        of cell: ProcessCell?,
        overview: ChildOverview?,
        path: String,
        _ zombies: [String: [Zombie]],
        failures: [FailureBook.Failure],
        _ book: FailureBook
    ) -> ProcessTree.Node {
        let phase = cell?.state.withLock { $0.phase }
        let live = cell.flatMap { $0.gate.isDead ? nil : $0 }
        return ProcessTree.Node(
            id: overview?.id ?? cell?.childID ?? "",
            path: path,
            kind: overview?.kind ?? .supervisor,
            state: state(phase, overview),
            process: live?.id,
            name: live?.name,
            restarts: overview?.restarts ?? 0,
            lastExit: overview?.lastExit,
            lastExitText: overview?.lastExit?.text(by: environment.redaction),
            failures: failures.map { $0.shown(by: environment.redaction) },
            status: nil,
            retryIn: overview?.nextAttempt.map { clock.now().duration(to: $0) },
            mailbox: live?.waitingMessages ?? 0,
            dropped: live?.droppedMessages ?? 0,
            zombies: zombies[path]?.map(\.process) ?? [],
            turns: live?.turnCount ?? 0,
            age: live.map { $0.startedAt.duration(to: clock.now()) },
            children: (live?.overview() ?? []).map { child in
                node(
                    of: child.cell,
                    overview: child,
                    path: "\(path)/\(child.id)",
                    zombies,
                    failures: book.failures(of: child.id, under: path),
                    book
                )
            }
        )
    }

    private func state(_ phase: ProcessCell.Phase?, _ overview: ChildOverview?) -> ProcessTree.Node.State {
        switch (phase, overview?.state) {
        case (_, .restarting): .restarting
        case (.starting, _): .starting
        case (.running, .stopping), (.stopping, _): .stopping
        case (.running, _): .running
        case (.dead, _), (nil, _): .stopped
        }
    }

    /// Makes the process at `path` end as if its code had thrown `error`, an ``Exit`` included, or kills it: for fault
    /// injection.
    /// - Returns: whether there was a process at the path.
    public func crash(at path: String, with error: any Error, kill: Bool = false) -> Bool {
        guard let cell = cell(at: path), !cell.gate.isDead else { return false }
        if kill { cell.kill() } else { cell.requestStop(Exit.reason(for: error)) }
        return true
    }

    private func cell(at path: String) -> ProcessCell? {
        cell(at: path[...], in: rootCells)
    }

    private func cell(at path: Substring, in level: [ProcessCell]) -> ProcessCell? {
        for cell in level {
            guard let rest = path.after(cell.childID) else { continue }
            if rest.isEmpty { return cell }
            if let found = self.cell(at: rest.dropFirst(), in: cell.overview().compactMap(\.cell)) { return found }
        }
        return nil
    }
}

extension ProcessTree.Node {
    fileprivate mutating func take(_ statuses: [ProcessID: ProcessStatus]) {
        status = process.flatMap { statuses[$0] }
        for index in children.indices { children[index].take(statuses) }
    }
}

extension Substring {
    /// What follows `id` at the beginning of a path: nothing, or a slash and more; nil if the path begins otherwise.
    fileprivate func after(_ id: ChildID) -> Substring? {
        guard hasPrefix(id.text) else { return nil }
        let rest = dropFirst(id.text.count)
        return rest.isEmpty || rest.first == "/" ? rest : nil
    }
}

extension ProcessCell {
    var waitingMessages: Int { state.withLock { $0.mailbox.count } }

    var droppedMessages: UInt64 { state.withLock { $0.mailbox.dropped } }

    var turnCount: UInt64 { turns.load(ordering: .relaxed) }
}
