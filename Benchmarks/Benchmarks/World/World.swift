public import Mangrove

/// The process that is called: next to no work, so that what is measured is getting there and back.
public actor Idle: ProcessActor {
    @usableFromInline var value = 0

    /// Makes one that counts from zero.
    public init() {}

    /// Answers a call.
    @inlinable
    public func ping() -> Int { value }

    /// Answers a call that may suspend.
    @inlinable
    public func pingLater() async -> Int { value }

    /// Takes a cast.
    @inlinable
    public func increment() { value &+= 1 }
}

/// What a process crashes with.
public struct Crash: Error {
    /// Makes the error.
    public init() {}
}

/// A runtime as a user would have it, but that it logs nothing.
public func makeRuntime() -> Runtime {
    Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
}

/// More than any benchmark restarts, where what is measured is not the giving up.
public let neverGivesUp = RestartIntensity(1_000_000_000, within: .seconds(1))

/// Runs `work` eight times at once, each with an eighth of the operations.
public func eightTimes(
    _ operations: Int,
    _ work: @escaping @Sendable (_ caller: Int, _ operations: Int) async throws -> Void
) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<8 { group.addTask { try await work(caller, operations / 8) } }
        try await group.waitForAll()
    }
}

extension Ref where Target == DynamicSupervisorProcess {
    /// Starts `count` children and returns them.
    public func startChildren<Process: ProcessActor>(
        _ count: Int,
        of child: any Child,
        as type: Process.Type
    ) async throws -> [Ref<Process>] {
        var children: [Ref<Process>] = []
        children.reserveCapacity(count)
        for _ in 0..<count {
            guard let ref = try await startChild(child, as: type) else { throw StartIgnored() }
            children.append(ref)
        }
        return children
    }
}

/// A child of a benchmark did not start.
struct StartIgnored: Error {}
