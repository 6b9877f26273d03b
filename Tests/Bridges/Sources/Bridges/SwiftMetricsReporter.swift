public import CoreMetrics
public import Mangrove

/// Brings a runtime's metrics to swift-metrics at an interval, as a process of its own.
///
/// Counters are reported by what they grew since the last time. Histograms are left out: their buckets cannot be handed on.
public actor SwiftMetricsReporter: ProcessActor, LongRunning {
    private let runtime: Runtime
    private let interval: Duration
    private let factory: any MetricsFactory
    private var reported: [String: Double] = [:]

    /// Reports every `interval`.
    public init(_ context: ProcessContext, every interval: Duration, to factory: any MetricsFactory) {
        runtime = context.runtime
        self.interval = interval
        self.factory = factory
    }

    /// Reports until the process is stopped.
    public func run() async throws {
        while true {
            try await runtime.sleep(for: interval)
            report(runtime.metrics())
        }
    }

    private func report(_ metrics: Mangrove.Metrics) {
        for family in metrics.families {
            for sample in family.samples {
                guard case .number(let number) = sample.value else { continue }
                let name = family.kind.name
                switch family.kind.form {
                case .counter:
                    let key = "\(name) \(sample.labels)"
                    let growth = Int64(number - reported[key, default: 0])
                    reported[key] = number
                    let counter = Counter(label: name, dimensions: dimensions(sample), factory: factory)
                    if growth > 0 { counter.increment(by: growth) }
                case .gauge:
                    Gauge(label: name, dimensions: dimensions(sample), factory: factory).record(number)
                case .histogram:
                    break
                }
            }
        }
    }

    private func dimensions(_ sample: MetricFamily.Sample) -> [(String, String)] {
        sample.labels.map { ($0.name, $0.value) }
    }
}
