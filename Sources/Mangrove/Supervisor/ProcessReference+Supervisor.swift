extension ProcessReference where Target == SupervisorProcess {
    /// Adds a child behind the others and starts it.
    ///
    /// A temporary child leaves no trace once it has ended, and its id can be used again.
    /// - Returns: the new process, or nil if its start said that there is nothing to start.
    /// - Throws: ``SupervisorError``; the supervisor and its other children are as they were. ``CallError`` if the
    ///   supervisor is not there.
    @discardableResult
    public func startChild(_ child: any Child) async throws -> ProcessID? {
        let spec = child.spec
        if try actsAtOnce, spec.startsAtOnce {
            return try await call(timeout: nil) { try $0.startChildAtOnce(spec) }
        }
        return try await call(timeout: nil) { try await $0.startChild(spec)?.process }
    }

    /// Whether what needs no waiting is done without it: not where faults may hit it, which take time.
    private var actsAtOnce: Bool {
        get throws(CallError) {
            #if DEBUG || MANGROVE_FAULTS
                return try resolve().cell.runtime.environment.probe == nil
            #else
                return true
            #endif
        }
    }

    /// Stops a child. Its specification stays, unless it is temporary; a restart under way is called off.
    /// - Throws: ``SupervisorError/notFound(_:)``; ``CallError``.
    public func terminateChild(_ id: ChildID) async throws {
        if try actsAtOnce, try await call(timeout: nil, { try $0.terminateChildAtOnce(id) }) { return }
        try await call(timeout: nil) { try await $0.terminateChild(id) }
    }

    /// Starts a child that is stopped, or makes the attempt that a child with a ``Backoff`` waits for.
    /// - Returns: the new process, or nil if its start said that there is nothing to start.
    /// - Throws: ``SupervisorError``: not found, running, being restarted, or its start failed and it is as it was.
    @discardableResult
    public func restartChild(_ id: ChildID) async throws -> ProcessID? {
        try await call(timeout: nil) { try await $0.restartChild(id)?.process }
    }

    /// Forgets a child that is stopped.
    /// - Throws: ``SupervisorError``: not found, running, or being restarted.
    public func deleteChild(_ id: ChildID) async throws {
        if try actsAtOnce { return try await call(timeout: nil) { try $0.deleteChildAtOnce(id) } }
        try await call(timeout: nil) { try await $0.deleteChild(id) }
    }

    /// The children, in the order in which they start; answered even while one of them is slowly starting.
    /// - Throws: ``CallError/noProcess(_:)``.
    public func children() throws(CallError) -> [ChildInfo] {
        try resolve().cell.shownChildren()
    }

    /// How many children there are.
    /// - Throws: ``CallError/noProcess(_:)``.
    public func childCounts() throws(CallError) -> ChildCounts {
        ChildCounts(try children())
    }

    /// The child with an id, if it is running.
    /// - Throws: ``CallError/noProcess(_:)`` if it is not, or is another kind of process.
    public func child<Process: ProcessActor>(_ id: ChildID, as type: Process.Type) throws(CallError) -> Ref<Process> {
        let cell = try resolve().cell
        guard let supervisor = cell.supervisor() else { throw .noProcess("\(cell.path)/\(id)") }
        return try supervisor.child(id, as: type, below: cell)
    }

    /// The specification of a child as the supervisor knows it, running or not.
    ///
    /// Of a temporary child that runs the start is not kept: its specification can be read, but not be started again.
    /// Source: `supervisor:get_childspec/2`.
    /// - Throws: ``SupervisorError/notFound(_:)``; ``CallError/noProcess(_:)`` if the supervisor is not there.
    public func childSpec(_ id: ChildID) throws -> ChildSpec {
        let cell = try resolve().cell
        guard let supervisor = cell.supervisor() else { throw CallError.noProcess(cell.label) }
        guard let spec = supervisor.roster.spec(id) else { throw SupervisorError.notFound(id) }
        return spec
    }
}

extension ProcessReference where Target == DynamicSupervisorProcess {
    /// Starts a child.
    /// - Returns: the new process, or nil if its start said that there is nothing to start.
    /// - Throws: ``SupervisorError``; nothing was started. ``CallError`` if the supervisor is not there.
    @discardableResult
    public func startChild<Process: ProcessActor>(
        _ child: any Child,
        as type: Process.Type
    ) async throws -> Ref<Process>? {
        let spec = child.spec
        try spec.validateForDynamicRequest()
        guard let cell = try await start(spec) else { return nil }
        guard cell.runs(type) else { throw CallError.noProcess("\(cell.label) as \(type)") }
        return Ref(cell)
    }

    /// Starts a child.
    /// - Returns: the new process, or nil if its start said that there is nothing to start.
    /// - Throws: ``SupervisorError``; nothing was started. ``CallError`` if the supervisor is not there.
    @discardableResult
    public func startChild(_ child: any Child) async throws -> ProcessID? {
        let spec = child.spec
        try spec.validateForDynamicRequest()
        return try await start(spec)?.id
    }

    private func start(_ spec: ChildSpec) async throws -> ProcessCell? {
        #if DEBUG || MANGROVE_FAULTS
            if try resolve().cell.runtime.aimsAtStarts {
                return try await call(timeout: nil) { try await $0.startChild(spec)?.cell }
            }
        #endif
        switch spec.start {
        case .immediate(let start): return try await call(timeout: nil) { try $0.startChild(spec, now: start) }
        case .suspending: return try await call(timeout: nil) { try await $0.startChild(spec)?.cell }
        }
    }

    /// The specification of the child that is this process, or last was while it waits for its restart.
    ///
    /// Of a temporary child the start is not kept: its specification can be read, but not be started again.
    /// Source: `supervisor:get_childspec/2`.
    /// - Throws: ``SupervisorError/notFound(_:)``; ``CallError/noProcess(_:)`` if the supervisor is not there.
    public func childSpec(of process: ProcessID) throws -> ChildSpec {
        let cell = try resolve().cell
        guard cell.enter() else { throw CallError.noProcess(cell.label) }
        defer { cell.leave() }
        guard let supervisor = cell.takeActor() as? DynamicSupervisorProcess else {
            throw CallError.noProcess(cell.label)
        }
        guard let spec = supervisor.spec(of: process) else {
            throw SupervisorError.notFound(ChildID(process.description))
        }
        return spec
    }

    /// Stops a child and forgets it; a restart under way is called off.
    /// - Throws: ``SupervisorError/notFound(_:)``; ``CallError``.
    public func terminateChild(_ process: ProcessID) async throws {
        try await call(timeout: nil) { try await $0.terminateChild(process) }
    }

    /// The children, oldest first; answered even while one of them is slowly starting.
    /// - Throws: ``CallError/noProcess(_:)``.
    public func children() throws(CallError) -> [ChildInfo] {
        try resolve().cell.shownChildren()
    }

    /// How many children there are.
    /// - Throws: ``CallError/noProcess(_:)``.
    public func childCounts() throws(CallError) -> ChildCounts {
        ChildCounts(try children())
    }
}

/// One child, as its supervisor sees it.
public struct ChildInfo: Sendable {
    /// What a child is doing.
    public enum State: Sendable, Hashable {
        /// It has a specification but no process.
        case stopped
        /// Its start has not returned.
        case starting
        /// It runs.
        case running(ProcessID)
        /// It waits for its restart: the last attempt failed, or its ``Backoff`` says so.
        case restarting
        /// It is being stopped.
        case stopping
    }

    /// Its id.
    public var id: ChildID
    /// Whether it is a worker or a supervisor.
    public var kind: ChildKind
    /// When it is restarted.
    public var restart: RestartType
    /// What it is doing.
    public var state: State
    /// How often it was restarted under this supervisor.
    public var restarts: Int
    /// What it last ended with.
    public var lastExit: ExitReason?
    /// When its restart is tried, while it waits as its ``Backoff`` says.
    public var nextAttempt: RuntimeInstant?

    /// Its process, if it runs.
    public var process: ProcessID? {
        if case .running(let process) = state { process } else { nil }
    }
}

/// How many children a supervisor has.
public struct ChildCounts: Sendable, Hashable {
    /// Known specifications.
    public var specs: Int
    /// Running processes.
    public var active: Int
    /// Children that are supervisors, running or not.
    public var supervisors: Int
    /// Children that are workers, running or not.
    public var workers: Int

    init(_ children: [ChildInfo]) {
        specs = children.count
        active = children.count { $0.process != nil }
        supervisors = children.count { $0.kind == .supervisor }
        workers = specs - supervisors
    }
}

extension ChildInfo {
    init(_ overview: ChildOverview) {
        id = overview.id
        kind = overview.kind
        restart = overview.restart
        restarts = overview.restarts
        lastExit = overview.lastExit
        nextAttempt = overview.nextAttempt
        state =
            switch overview.state {
            case .stopped: .stopped
            case .starting: .starting
            case .running(let process): .running(process)
            case .restarting: .restarting
            case .stopping: .stopping
            }
    }
}

extension ProcessCell {
    func shownChildren() throws(CallError) -> [ChildInfo] {
        guard !gate.isDead else { throw .noProcess(label) }
        return overview().map(ChildInfo.init)
    }

    /// Whether an error that a turn threw does not end the process: a supervisor does not end, with all its children, over
    /// what others have it do; only an ``Exit`` does that.
    func shrugsOff(_ error: any Error) -> Bool {
        guard hooks.isSupervisor, !(error is Exit) else { return false }
        runtime.emit(RuntimeEvents.turnFailed) { (path, LoggedError(error)) }
        return true
    }

    /// The actor, if this process is a static supervisor that runs.
    func supervisor() -> SupervisorProcess? {
        guard enter() else { return nil }
        defer { leave() }
        return takeActor() as? SupervisorProcess
    }
}

extension SupervisorProcess {
    nonisolated func child<Process: ProcessActor>(
        _ id: ChildID,
        as type: Process.Type,
        below cell: ProcessCell
    ) throws(CallError) -> Ref<Process> {
        guard let child = roster.cell(id), child.gate.isOpen, child.runs(type) else {
            throw .noProcess("\(cell.path)/\(id)")
        }
        return Ref(child)
    }
}

extension ChildSpec {
    func validateForRequest() throws(SupervisorError) {
        do { try validate() } catch { throw .invalid(error) }
    }

    /// A dynamic supervisor never shuts down by itself, so that none of its children can be significant.
    func validateForDynamicRequest() throws(SupervisorError) {
        try validateForRequest()
        if isSignificant { throw .invalid(.significantWithoutAutoShutdown(id)) }
    }
}
