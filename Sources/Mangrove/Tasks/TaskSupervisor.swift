/// A supervisor of tasks: pieces of work that run beside whoever started them, each in a process of its own.
///
/// A task started with `async` gives its result to whoever holds its handle; it is linked with the process it works for, so
/// that neither outlives the other's failure. One started with `asyncNoLink` fails for itself, and one started with
/// `startTask` is nobody's: it may even be restarted. When the supervisor stops, all are stopped at once. After Elixir's
/// `Task.Supervisor`; it is a ``DynamicSupervisor``, and everything that can be asked of one can be asked of it.
///
/// Swift's own child tasks end with the function that starts them. Use this where work must outlive the function, be seen in
/// the tree, be limited in number, or fail on its own.
///
/// ```swift
/// Supervisor { TaskSupervisor("jobs", name: "jobs", maxChildren: 100) }
/// let jobs = runtime.address("jobs", of: DynamicSupervisorProcess.self)
/// let task = try await jobs.async(for: context) { _ in try await fetch(page) }
/// let page = try await task.value(within: .seconds(10))
/// ```
public struct TaskSupervisor: Child {
    /// How to start and treat the supervisor itself.
    public let spec: ChildSpec

    /// Describes a task supervisor.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - name: registered while it lives.
    ///   - maxChildren: how many tasks may run at once; nil for any number.
    ///   - intensity: how many restarts, of all its tasks together, are too many; only tasks started with another restart
    ///     type than `temporary` are restarted.
    ///   - restart: when the supervisor itself is restarted.
    ///   - shutdown: how it is stopped.
    public init(
        _ id: ChildID,
        name: ProcessName? = nil,
        maxChildren: Int? = nil,
        intensity: RestartIntensity = RestartIntensity(),
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .infinity
    ) {
        spec =
            DynamicSupervisor(
                id,
                name: name,
                maxChildren: maxChildren,
                intensity: intensity,
                restart: restart,
                shutdown: shutdown
            ).spec
    }
}

/// A task as a child of any supervisor: work that is done once, when the supervisor starts it.
///
/// By default it is temporary: how it ends does not matter to its supervisor. A transient one is started again until it ends
/// cleanly. Source: `Task.child_spec/1`.
///
/// ```swift
/// Supervisor { TaskWorker("warm-up") { _ in try await cache.load() } }
/// ```
public struct TaskWorker: Child {
    /// How to start and treat it.
    public let spec: ChildSpec

    /// Describes a task.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - restart: when it is started again.
    ///   - shutdown: how it is stopped: by cancelling it.
    ///   - work: what to do, given what the process knows of itself.
    public init(
        _ id: ChildID,
        restart: RestartType = .temporary,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        work: @escaping @Sendable (ProcessContext) async throws -> Void
    ) {
        self.init(id, restart, shutdown, callers: [], prepare: { _ in }, work)
    }

    init(
        _ id: ChildID,
        _ restart: RestartType,
        _ shutdown: ShutdownPolicy,
        callers: [ProcessID],
        prepare: @escaping @Sendable (ProcessContext) -> Void,
        _ work: @escaping @Sendable (ProcessContext) async throws -> Void
    ) {
        spec =
            Worker(id, restart: restart, shutdown: shutdown) { context in
                prepare(context)
                return TaskProcess(context, callers, work)
            }.spec
    }
}
