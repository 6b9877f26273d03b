/// Starts tasks on Swift's own pool.
public struct SystemTasks: TaskSpawner {
    /// Makes a spawner.
    public init() {}

    /// Starts a detached task.
    public func spawn(_ body: sending @escaping @isolated(any) () async -> Void) -> Task<Void, Never> {
        Task.detached(operation: body)
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
