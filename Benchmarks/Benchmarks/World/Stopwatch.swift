public import Benchmark
public import Mangrove
import Synchronization

/// What one benchmark records, each as a metric of its own.
///
/// Times are in picoseconds: a cast takes some ten nanoseconds, and the library keeps whole numbers.
public enum Figure: String, Sendable {
    case operation = "Operation"
    case start = "Start"
    case restart = "Restart"
    case stop = "Stop"
    case lookup = "Lookup"
    case registration = "Registration"
    case bytes = "Bytes"

    var metric: BenchmarkMetric {
        .custom(rawValue, polarity: .prefersSmaller, useScalingFactor: false)
    }
}

/// Takes the times of a benchmark, in the task that does the work: the library's own clock would count getting there.
public final class Stopwatch: Sendable {
    private let readings = Mutex<[(figure: Figure, value: Int)]>([])
    private let clock = ContinuousClock()

    /// Makes one whose readings nobody reports, for what is done for warmth.
    public init() {}

    /// Times `work`, which does `operations` of them, and records the time of one.
    public func time(
        _ figure: Figure = .operation,
        operations: Int = 1,
        _ work: () async throws -> Void
    ) async rethrows {
        let begin = clock.now
        try await work()
        let time = begin.duration(to: clock.now).components
        let picoseconds = time.seconds * 1_000_000_000_000 + time.attoseconds / 1_000_000
        record(figure, Int(picoseconds) / operations)
    }

    /// Records a figure that was read elsewhere.
    public func record(_ figure: Figure, _ value: Int) {
        readings.withLock { $0.append((figure, value)) }
    }

    func report(to benchmark: Benchmark) {
        for reading in readings.withLock({ $0 }) { benchmark.measurement(reading.figure.metric, reading.value) }
    }
}

extension Benchmark {
    /// Starts `tree`, runs `work` in a detached task, records what it timed, and stops the tree.
    public func run(
        _ tree: Supervisor,
        _ work: @escaping @Sendable (Runtime, Stopwatch) async throws -> Void
    ) async throws {
        try await run { watch in
            let runtime = makeRuntime()
            try await runtime.start(tree)
            try await work(runtime, watch)
            await runtime.shutdown()
        }
    }

    /// Runs `work` in a detached task, and records what it timed.
    public func run(_ work: @escaping @Sendable (Stopwatch) async throws -> Void) async throws {
        let watch = Stopwatch()
        try await Task.detached { try await work(watch) }.value
        watch.report(to: self)
    }
}

/// The settings of a benchmark: how often it is done, after doing it once for warmth.
public func settings(
    _ figures: Figure...,
    repetitions: Int = 7,
    warmup: Int = 1
) -> Benchmark.Configuration {
    Benchmark.Configuration(
        metrics: (figures.isEmpty ? [.operation] : figures).map(\.metric),
        warmupIterations: warmup,
        scalingFactor: .one,
        maxDuration: .seconds(120),
        maxIterations: repetitions
    )
}
