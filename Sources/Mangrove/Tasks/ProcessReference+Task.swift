extension ProcessReference where Target == DynamicSupervisorProcess {
    /// Starts work as a task of this supervisor, linked with the process it is done for. Source:
    /// `Task.Supervisor.async/3`.
    ///
    /// If the task fails, `owner` ends with the same reason, unless it is ``SignalHandling``; if `owner` ends, so does the
    /// task: it is cancelled.
    /// - Parameters:
    ///   - owner: the process that wants the result.
    ///   - id: stands in its path.
    ///   - shutdown: how the supervisor stops it.
    ///   - work: what to do, given what the task's process knows of itself. Its error is the task's crash, and the result.
    /// - Returns: the handle.
    /// - Throws: ``SupervisorError/maxChildren(_:)``, and whatever else keeps the supervisor from starting it; ``CallError``.
    public func async<Value: Sendable>(
        for owner: ProcessContext,
        id: ChildID = "task",
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        _ work: @escaping @Sendable (ProcessContext) async throws -> Value
    ) async throws -> SupervisedTask<Value> {
        try await startTask(id, shutdown, linked: owner, TaskLineage.callers(of: owner), work)
    }

    /// Starts work as a task of this supervisor that fails for itself. Source: `Task.Supervisor.async_nolink/3`.
    ///
    /// Its failure is known to whoever asks for its result, and to nobody else. For whoever is not a process, too.
    ///
    /// ```swift
    /// let task = try await jobs.asyncNoLink { _ in try parse(file) }
    /// if case .failure(let error)? = try await task.yield() { … }
    /// ```
    /// - Parameter owner: the process on whose behalf it works: the first of its ``TaskLineage/callers``.
    /// - Throws: as ``async(for:id:shutdown:_:)``.
    public func asyncNoLink<Value: Sendable>(
        for owner: ProcessContext? = nil,
        id: ChildID = "task",
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        _ work: @escaping @Sendable (ProcessContext) async throws -> Value
    ) async throws -> SupervisedTask<Value> {
        try await startTask(id, shutdown, linked: nil, TaskLineage.callers(of: owner), work)
    }

    /// Starts work that nobody waits for. Source: `Task.Supervisor.start_child/3`.
    ///
    /// - Parameters:
    ///   - owner: the process to link it with: it then ends with that one, and that one with its failure. Source:
    ///     `Task.start_link/1`.
    ///   - id: stands in its path.
    ///   - restart: when it is done again; never, unless said otherwise.
    ///   - shutdown: how it is stopped: by cancelling it.
    ///   - work: what to do, given what the task's process knows of itself.
    /// - Returns: its process.
    /// - Throws: as ``async(for:id:shutdown:_:)``.
    @discardableResult
    public func startTask(
        linkedWith owner: ProcessContext? = nil,
        id: ChildID = "task",
        restart: RestartType = .temporary,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        _ work: @escaping @Sendable (ProcessContext) async throws -> Void
    ) async throws -> Ref<TaskProcess> {
        let prepare: @Sendable (ProcessContext) -> Void = { context in
            if let owner { context.cell.link(with: owner.cell) }
        }
        let callers = TaskLineage.callers(of: owner)
        return try await startProcess(TaskWorker(id, restart, shutdown, callers: callers, prepare: prepare, work))
    }

    private func startTask<Value: Sendable>(
        _ id: ChildID,
        _ shutdown: ShutdownPolicy,
        linked owner: ProcessContext?,
        _ callers: [ProcessID],
        _ work: @escaping @Sendable (ProcessContext) async throws -> Value
    ) async throws -> SupervisedTask<Value> {
        let outcome = TaskOutcome<Value>()
        let worker = TaskWorker(id, .temporary, shutdown, callers: callers) { context in
            context.onExit { reason in outcome.finish(.failure(TaskError.exited(reason))) }
            if let owner { context.cell.link(with: owner.cell) }
        } _: { context in
            do {
                outcome.finish(.success(try await work(context)))
            } catch {
                // One that was told to stop, or decided to, has no result: the reason it ended with says why.
                let stopped = error is CancellationError && Task.isCancelled
                if !stopped, !(error is Exit) { outcome.finish(.failure(error)) }
                throw error
            }
        }
        let process = try await startProcess(worker)
        return SupervisedTask(cell: process.cell, outcome: outcome, owner: owner?.cell)
    }

    private func startProcess(_ worker: TaskWorker) async throws -> Ref<TaskProcess> {
        guard let process = try await startChild(worker, as: TaskProcess.self) else {
            throw CallError.noProcess("\(worker.spec.id)")
        }
        return process
    }
}
