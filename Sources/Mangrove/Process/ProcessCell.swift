public import Synchronization

/// The small record behind a process: its identity, its door, its mailbox, and who wants to know of its death.
///
/// ```
///  starting ──attach──▶ running ──stop, crash, Exit──▶ stopping ──terminate ran──▶ dead
///      └────────────kill────┴──────────────kill────────────┴──────────────────────▶ dead
/// ```
///
/// Turns run on the actor, one at a time. A call with a synchronous closure runs in its caller's task when the process is
/// idle (see ``ProcessReference/call(timeout:_:)``); everything else goes through the mailbox and is run by the *drain*, a
/// task of the process's own that exists only while there is something to drain.
///
/// Lock order: a cell's lock is a leaf; nothing is called while it is held but, where a drain is handed over, the spawning of the
/// next one, the waking of those who waited for room, and the entry in the runtime's list of zombies.
@usableFromInline
package final class ProcessCell: Sendable {
    enum Phase: Sendable {
        case starting
        case running
        case stopping(ExitReason)
        case dead(ExitReason)
    }

    struct State: ~Copyable {
        var phase = Phase.starting
        var draining = false
        /// Whether the turn under way was cancelled, and with it the task that drains.
        var turnCancelled = false
        /// Whether no code of the process runs any more, or ever will; only of the dead.
        var isReleased = false
        var mailbox = Mailbox()
        var drainTask: Task<Void, Never>?
        /// The start while it is under way in a task of its own, then the work of a long-running process.
        var runTask: Task<Void, Never>?
        /// The call whose turn is under way in the drain.
        var currentCall: (any QueuedCall)?
        /// The turn, start or end under way that may wait for others.
        var activity: UInt64?
        var activities: UInt64 = 0
        /// Told when the process is dead, before everyone else: its supervisor.
        var supervision: (any Supervising)?
        /// What most processes do not have, most of the time.
        var aside: Aside?
    }

    // What turns touch comes first and what senders touch last, further apart than a line of the processor's cache is long:
    // otherwise each turn would take from the senders on other processors the line they are about to write to, and back.

    @usableFromInline let gate = ProcessGate()
    @usableFromInline let turns = Atomic<UInt64>(0)

    // Safe: read and written on the actor only. True while a turn is suspended, and for good once the
    // process terminates, or if its turns are watched: then all of them run in the drain.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) var busy = false

    // Safe: written once, before the gate opens or the cell is published, and released once, by whoever the gate says is
    // the last; between the two it is only read, by holders of a pin.
    @exclusivity(unchecked) @usableFromInline nonisolated(unsafe) var actor: (any ProcessActor)?

    package let id: ProcessID
    package let parent: ProcessCell?
    @usableFromInline let runtime: Runtime
    let facts: ChildSpec.Facts
    let startedAt: RuntimeInstant

    /// Messages waiting; read on the actor by callers that would otherwise overtake them.
    @usableFromInline let depth = Atomic<Int>(0)
    let state = InlineLock(State())

    init(_ spec: ChildSpec, parent: ProcessCell?, runtime: Runtime) {
        id = runtime.nextProcessID()
        facts = spec.facts
        busy = spec.turnBudget != nil
        self.parent = parent
        self.runtime = runtime
        startedAt = runtime.clock.now()
    }

    package var childID: ChildID { facts.contents.id }
    package var name: ProcessName? { facts.contents.name }
    var hooks: ProcessHooks { facts.contents.hooks }
    var room: MailboxPolicy { facts.contents.room }

    /// Where the process stands in the tree: the ids from its root down.
    package var path: String {
        guard let parent else { return childID.description }
        return parent.path + "/" + childID.description
    }

    /// The process's name or, without one, its path: what errors call it.
    @usableFromInline var label: String {
        "\(name.map(\.description) ?? path) \(id)"
    }

    /// The actor; only for holders of a pin.
    @inlinable
    func pinnedActor<Target: ProcessActor>(as type: Target.Type) -> Target? {
        // The type was checked where the ref was made.
        guard let actor else { return nil }
        return unsafeDowncast(actor, to: Target.self)
    }

    /// The actor, for holders of a pin who do not want to count a reference to it besides: they take over one that is the process's
    /// and hand it back, as a retained one, before they give their pin back.
    @inlinable
    func lentActor<Target: ProcessActor>(as type: Target.Type) -> Unmanaged<Target>? {
        guard let actor else { return nil }
        return Unmanaged.passUnretained(unsafeDowncast(actor, to: Target.self))
    }

    /// Whether the process's actor is a `Target`.
    @usableFromInline
    func runs<Target: ProcessActor>(_ type: Target.Type) -> Bool {
        hooks.actorType == type
    }

    @inlinable
    func leave() {
        if gate.leave() { releaseActor() }
    }

    /// Takes a pin, cleaning up if the process died meanwhile.
    @inlinable
    func enter() -> Bool {
        switch gate.enter() {
        case .entered: return true
        case .refused: return false
        case .refusedAndLast:
            releaseActor()
            return false
        }
    }

    @usableFromInline
    func releaseActor() {
        actor = nil
        stopHaunting()
    }

    /// Makes a supervisor's children visible in the tree, from before the first of them starts.
    /// - Parameter orphans: gives the children up; what still lives of them is stopped.
    func show(_ children: @escaping @Sendable () -> [ChildOverview], orphans: @escaping @Sendable () -> [Orphan]) {
        let isDead = state.withLock { state -> Bool in
            if case .dead = state.phase { return true }
            let aside = state.setAside()
            aside.children = children
            aside.orphans = orphans
            return false
        }
        // Killed before it began: it must not start any.
        if isDead { _ = orphans() }
    }

    func overview() -> [ChildOverview] {
        state.withLock { $0.aside?.children }?() ?? []
    }

    // MARK: Starting

    /// Gives the process its actor and lets callers in. What was sent to it while it started is drained now.
    /// - Returns: what it ended with, if it was killed or told to stop meanwhile and nothing was attached.
    func attach(_ actor: any ProcessActor) -> ExitReason? {
        var mustLaunch = false
        let ended = state.withLock { state -> ExitReason? in
            switch state.phase {
            case .starting: break
            case .dead(let reason), .stopping(let reason): return reason
            case .running: return .killed
            }
            self.actor = actor
            state.phase = .running
            state.runTask = nil
            endActivity(&state)
            gate.open()
            if hooks.run != nil {
                gate.pin()
                state.runTask = runtime.spawn { [self] in await runWork() }
            }
            if !state.mailbox.isEmpty { mustLaunch = beginDraining(&state) }
            return nil
        }
        if mustLaunch { launchDrain() }
        return ended
    }

    private func runWork() async {
        defer { leave() }
        guard let run = hooks.run, let actor else { return }
        do {
            try await Self.$runner.withValue(self) { try await asItself { try await run(actor) } }
            requestStop(.normal)
        } catch {
            requestStop(Exit.reason(for: error))
        }
    }

    // MARK: On the actor

    /// Whether a caller that has reached the actor may run its turn now: nobody's turn is suspended, nobody waits before it,
    /// and the process has not ended on the way.
    @inlinable
    func beginTurn() -> Bool {
        guard !busy, depth.load(ordering: .acquiring) == 0, gate.isOpen, !isAimedAt else { return false }
        countTurn()
        return true
    }

    @inlinable
    func countTurn() {
        // Only ever written on the actor, so no read-modify-write is needed.
        turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        showTurn()
    }

    func takeActor() -> (any ProcessActor)? { actor }
}
