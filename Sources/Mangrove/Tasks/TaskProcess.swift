/// The process of a task: it does its work, and ends.
public actor TaskProcess: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let callers: [ProcessID]
    private let work: @Sendable (ProcessContext) async throws -> Void

    init(
        _ context: ProcessContext,
        _ callers: [ProcessID],
        _ work: @escaping @Sendable (ProcessContext) async throws -> Void
    ) {
        self.context = context
        self.callers = callers
        self.work = work
    }

    /// Does the work.
    public func run() async throws {
        let cell = context.cell
        // What the work waits for is what the process waits for: a call back to one that awaits this task is refused.
        let activity = cell.state.withLock { cell.beginActivity(&$0) }
        let lineage = TaskLineage(process: context.id, callers: callers)
        try await ProcessCell.$activity.withValue(activity) {
            try await TaskLineage.$current.withValue(lineage) { try await work(context) }
        }
    }
}

/// On whose behalf a task works: who started it, who started that one, and so on.
///
/// Not the same as the supervisors above it, which are in its path. Source: the `$callers` of Elixir's tasks.
///
/// ```swift
/// let task = try await jobs.async(for: context) { _ in TaskLineage.callers.first == context.id }
/// ```
public struct TaskLineage: Sendable {
    let process: ProcessID
    let chain: [ProcessID]

    @TaskLocal static var current: TaskLineage?

    init(process: ProcessID, callers: [ProcessID]) {
        self.process = process
        chain = callers
    }

    /// The processes on whose behalf the current task works, nearest first; empty outside tasks.
    public static var callers: [ProcessID] { current?.chain ?? [] }

    /// The callers of a task that `owner` starts now.
    static func callers(of owner: ProcessContext?) -> [ProcessID] {
        guard let owner else { return current.map { [$0.process] + $0.chain } ?? [] }
        guard let current, current.process == owner.id else { return [owner.id] }
        return [owner.id] + current.chain
    }
}
