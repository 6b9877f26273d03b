/// Starts tasks on Swift's own pool.
public final class SystemTasks: TaskSpawner {
    private let supervision = SupervisionExecutor()

    /// Makes a spawner.
    public init() {}

    deinit {
        supervision.close()
    }

    /// Starts a detached task that goes on, on a thread of this spawner's, while no thread of the pool is free.
    @discardableResult
    public func spawnSupervision(
        _ body: sending @escaping @isolated(any) () async -> Void
    ) -> Task<Void, Never> {
        Task.detached(executorPreference: supervision, operation: body)
    }

    /// Has `report` told when no thread of the pool has been free for supervision for a second, and when one is again.
    public func reportProgress(to report: @escaping @Sendable (PoolProgress) -> Void) {
        supervision.report(to: report)
    }

    /// Starts a detached task.
    public func spawn(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
        Task.detached(operation: body)
    }

    /// It does: starting a task costs more than most casts.
    public var followsCasts: Bool { true }

    /// Starts a detached task, in place where the system can.
    public func begin(_ body: sending @escaping @isolated(any) () async -> Void) {
        if #available(macOS 26, iOS 26, tvOS 26, watchOS 26, visionOS 26, *) {
            Task.immediateDetached(operation: body)
        } else {
            Task.detached(operation: body)
        }
    }
}

/// The system's random bits.
public struct SystemRandomness: RuntimeRandomness {
    /// Makes a source.
    public init() {}

    /// 64 random bits.
    public func next() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }
}
