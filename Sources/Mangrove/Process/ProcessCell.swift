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
/// Lock order: a cell's lock is a leaf; nothing is called while it is held but the spawning of the drain.
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
        var runTask: Task<Void, Never>?
        /// The call whose asynchronous turn is under way.
        var currentCall: (any QueuedCall)?
        /// Callers whose turn threw ``Exit``: they learn the reason when the process is dead.
        var leavingCalls: [any QueuedCall] = []
        var relations = ProcessRelations()
        /// Whom the turn under way waits for.
        var waitsFor: ProcessCell?
        /// The children, where the process is a supervisor.
        var children: (@Sendable () -> [ChildOverview])?
    }

    package let id: ProcessID
    package let childID: ChildID
    package let parent: ProcessCell?
    package let name: ProcessName?
    @usableFromInline let runtime: Runtime
    let hooks: ProcessHooks
    let mailboxLimit: Int
    let startedAt: RuntimeInstant

    @usableFromInline let gate = ProcessGate()
    /// Messages waiting; read on the actor by callers that would otherwise overtake them.
    let depth = Atomic<Int>(0)
    let turns = Atomic<UInt64>(0)
    let state = Lock(State())

    // Safe: written once, before the gate opens or the cell is published, and released once, by whoever the gate says is
    // the last; between the two it is only read, by holders of a pin.
    private nonisolated(unsafe) var actor: (any ProcessActor)?

    // Safe: read and written on the actor only. True while a turn is suspended, and for good once the process terminates.
    nonisolated(unsafe) var busy = false

    /// The process whose turn the current task runs.
    @TaskLocal static var current: ProcessCell?

    init(
        childID: ChildID,
        name: ProcessName?,
        parent: ProcessCell?,
        runtime: Runtime,
        hooks: ProcessHooks,
        mailboxLimit: Int
    ) {
        id = runtime.nextProcessID()
        self.childID = childID
        self.name = name
        self.parent = parent
        self.runtime = runtime
        self.hooks = hooks
        self.mailboxLimit = mailboxLimit
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
    @usableFromInline
    func pinnedActor<Target: ProcessActor>(as type: Target.Type) -> Target? {
        // The type was checked where the ref was made.
        actor.map { unsafeDowncast($0, to: Target.self) }
    }

    /// Whether the process's actor is a `Target`.
    func runs<Target: ProcessActor>(_ type: Target.Type) -> Bool {
        hooks.actorType == type
    }

    @usableFromInline
    func leave() {
        if gate.leave() { releaseActor() }
    }

    /// Takes a pin, cleaning up if the process died meanwhile.
    @usableFromInline
    func enter() -> Bool {
        switch gate.enter() {
        case .entered: return true
        case .refused: return false
        case .refusedAndLast:
            releaseActor()
            return false
        }
    }

    func releaseActor() {
        actor = nil
    }

    /// Makes a supervisor's children visible in the tree, from before the first of them starts.
    func show(_ children: @escaping @Sendable () -> [ChildOverview]) {
        state.withLock { $0.children = children }
    }

    func overview() -> [ChildOverview] {
        state.withLock { $0.children }?() ?? []
    }

    // MARK: Starting

    /// Gives the process its actor and lets callers in. What was sent to it while it started is drained now.
    /// - Returns: false if it was killed or told to stop meanwhile and nothing was attached.
    func attach(_ actor: any ProcessActor) -> Bool {
        let attached = state.withLock { state -> Bool in
            guard case .starting = state.phase else { return false }
            self.actor = actor
            state.phase = .running
            gate.open()
            if hooks.run != nil {
                gate.pin()
                state.runTask = runtime.spawn { [self] in await runWork() }
            }
            if !state.mailbox.isEmpty { startDraining(&state) }
            return true
        }
        return attached
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

    // MARK: Mailbox

    /// Puts a message at the end of the mailbox.
    /// - Throws: `noProcess`, `exited` or `mailboxFull`; nothing was enqueued.
    func enqueue(_ message: Message) throws(CallError) {
        let problem = state.withLock { state -> CallError? in
            switch state.phase {
            case .dead: return .noProcess(label)
            case .stopping(let reason): return .exited(reason)
            case .starting, .running: break
            }
            if !message.isSignal, state.mailbox.bounded >= mailboxLimit { return .mailboxFull(limit: mailboxLimit) }
            state.mailbox.append(message)
            depth.wrappingAdd(1, ordering: .releasing)
            if case .running = state.phase, !state.draining { startDraining(&state) }
            return nil
        }
        if let problem { throw problem }
    }

    /// Puts a signal at the end of the mailbox; one that finds the process ending is dropped, as it must be.
    func signal(_ work: @escaping @Sendable (any ProcessActor) async throws -> Void) {
        try? enqueue(Message(work: .async(work), isSignal: true))
    }

    /// Starts the drain; its pin keeps the actor until it is done.
    func startDraining(_ state: inout State) {
        state.draining = true
        gate.pin()
        // Inside the lock, so that the handle is in place before the task can look for work.
        state.drainTask = runtime.spawn { [self] in await drain() }
    }

    /// Gives up a queued or running call whose caller has gone.
    func abandon<Answer>(_ waiter: CallWaiter<Answer>, _ error: any Error, cancellingTurn: Bool) {
        switch waiter.abandon(error) {
        case .tooLate, .waiting: return
        case .running where !cancellingTurn: return
        case .running: break
        }
        let task = state.withLock { $0.currentCall === waiter ? $0.drainTask : nil }
        task?.cancel()
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
