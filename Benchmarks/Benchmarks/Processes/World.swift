import Benchmark
import Mangrove

/// The process that is called: next to no work, so that what is measured is getting there and back.
actor Idle: ProcessActor {
    private var value = 0

    func ping() -> Int { value }
    func pingLater() async -> Int { value }
    func increment() { value &+= 1 }
}

struct Crash: Error {}

/// A runtime as a user would have it, but that it logs nothing.
func makeRuntime() -> Runtime {
    Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
}

let neverGivesUp = RestartIntensity(1_000_000_000, within: .seconds(1))

extension Benchmark {
    /// Runs `work` in a detached task and measures it; what it needs is made before, and stopped afterwards.
    func measure(
        _ tree: Supervisor,
        _ work: @escaping @Sendable (Runtime, Range<Int>) async throws -> Void
    ) async throws {
        let runtime = makeRuntime()
        try await runtime.start(tree)
        let iterations = scaledIterations
        startMeasurement()
        try await Task.detached { try await work(runtime, iterations) }.value
        stopMeasurement()
        await runtime.shutdown()
    }
}

/// Runs `work` eight times at once, each with an eighth of the iterations.
func eightTimes(
    _ iterations: Range<Int>,
    _ work: @escaping @Sendable (_ caller: Int, _ iterations: Int) async throws -> Void
) async throws {
    let share = iterations.count / 8
    try await withThrowingTaskGroup(of: Void.self) { group in
        for caller in 0..<8 { group.addTask { try await work(caller, share) } }
        try await group.waitForAll()
    }
}
