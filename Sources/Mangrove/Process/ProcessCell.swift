internal import Synchronization

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
/// Lock order: a cell's lock is a leaf; nothing is called while it is held but the spawning of the drain, the waking of
/// those who waited for room, and the entry in the runtime's list of zombies.
@usableFromInline
package final class ProcessCell: Sendable {
    enum Phase: Sendable {
        case starting
        case running
        case stopping(ExitReason)
        case dead(ExitReason)
    }

    struct State {
        var phase = Phase.starting
        var mailbox = Mailbox()
        var draining = false
        var drainTask: Task<Void, Never>?
        /// The start while it is under way in a task of its own, then the work of a long-running process.
        var runTask: Task<Void, Never>?
        /// The call whose turn is under way in the drain.
        var currentCall: (any QueuedCall)?
        /// Whether that turn was cancelled, and with it the task that drains.
        var turnCancelled = false
        /// Callers whose turn threw ``Exit``: they learn the reason when the process is dead.
        var leavingCalls: [any QueuedCall] = []
        var relations = ProcessRelations()
        /// The turn, start or end under way that may wait for others, and whom it waits for.
        var activity: UInt64?
        var activities: UInt64 = 0
        var waits: [Wait] = []
        var waitsBegun: UInt64 = 0
        /// The children, where the process is a supervisor.
        var children: (@Sendable () -> [ChildOverview])?
        /// Gives up the children, when it dies.
        var orphans: (@Sendable () -> [Orphan])?
        /// What was left below it when it died, until that has ended too.
        var remains: [ProcessCell] = []
        var haunting = Haunting()
        /// The shutdown with a deadline that it is part of.
        var shutdown: ShutdownCourse?
    }

    package let id: ProcessID
    package let childID: ChildID
    package let parent: ProcessCell?
    package let name: ProcessName?
    @usableFromInline let runtime: Runtime
    let hooks: ProcessHooks
    let room: MailboxPolicy
    let zombiePolicy: ZombiePolicy
    let startedAt: RuntimeInstant

    @usableFromInline let gate = ProcessGate()
    /// Messages waiting; read on the actor by callers that would otherwise overtake them.
    let depth = Atomic<Int>(0)
    let turns = Atomic<UInt64>(0)
    let state = Lock(State())

    // Safe: written once, before the gate opens or the cell is published, and released once, by whoever the gate says is
    // the last; between the two it is only read, by holders of a pin.
    @usableFromInline nonisolated(unsafe) var actor: (any ProcessActor)?

    // Safe: read and written on the actor only. True while a turn is suspended, and for good once the process terminates.
    nonisolated(unsafe) var busy = false

    init(
        childID: ChildID,
        name: ProcessName?,
        parent: ProcessCell?,
        runtime: Runtime,
        hooks: ProcessHooks,
        room: MailboxPolicy,
        zombiePolicy: ZombiePolicy
    ) {
        id = runtime.nextProcessID()
        self.childID = childID
        self.name = name
        self.parent = parent
        self.runtime = runtime
        self.hooks = hooks
        self.room = room
        self.zombiePolicy = zombiePolicy
        startedAt = runtime.clock.now()
    }

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

    /// Whether the process's actor is a `Target`.
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
            state.children = children
            state.orphans = orphans
            return false
        }
        // Killed before it began: it must not start any.
        if isDead { _ = orphans() }
    }

    func overview() -> [ChildOverview] {
        state.withLock { $0.children }?() ?? []
    }

    // MARK: Starting

    /// Gives the process its actor and lets callers in. What was sent to it while it started is drained now.
    /// - Returns: what it ended with, if it was killed or told to stop meanwhile and nothing was attached.
    func attach(_ actor: any ProcessActor) -> ExitReason? {
        state.withLock { state -> ExitReason? in
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
            if !state.mailbox.isEmpty { startDraining(&state) }
            return nil
        }
    }

    private func runWork() async {
        defer { leave() }
        guard let run = hooks.run, let actor else { return }
        do {
            try await run(actor)
            requestStop(.normal)
        } catch {
            requestStop(Exit.reason(for: error))
        }
    }

    // MARK: On the actor

    /// Whether a caller that has reached the actor may run its turn now: nobody's turn is suspended, nobody waits before it,
    /// and the process has not ended on the way.
    @usableFromInline
    func beginTurn() -> Bool {
        guard !busy, depth.load(ordering: .acquiring) == 0, gate.isOpen else { return false }
        countTurn()
        return true
    }

    func countTurn() {
        // Only ever written on the actor, so no read-modify-write is needed.
        turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    func takeActor() -> (any ProcessActor)? { actor }
}
