public import Mangrove

/// Every metric of `MangroveStore`. Names and labels are stable; the guide on telemetry shows them as a table.
///
/// A node has as many series as it has stores.
public enum StoreMetrics {
    static let events = MetricKind(
        "mangrove_store_events_appended_total",
        .counter,
        labels: ["store"],
        help: "Events made durable since the node was started."
    )
    static let batches = MetricKind(
        "mangrove_store_batches_total",
        .counter,
        labels: ["store"],
        help: "Appends made durable, each a record of one or more events."
    )
    static let flushes = MetricKind(
        "mangrove_store_flushes_total",
        .counter,
        labels: ["store"],
        help: "Flushes of the log; each takes all appends that wait."
    )
    static let bytes = MetricKind(
        "mangrove_store_bytes_total",
        .counter,
        labels: ["store"],
        help: "Bytes of records made durable."
    )
    static let flushSeconds = MetricKind(
        "mangrove_store_flush_seconds",
        .histogram,
        labels: ["store"],
        help: "How long writing and flushing took, the wait for a thread included."
    )
    static let running = MetricKind("mangrove_stores_running", .gauge, help: "Stores whose engine is open.")
    static let failedRequests = MetricKind(
        "mangrove_store_requests_failed_total",
        .counter,
        help: "Requests to make or remove a store that failed and that nobody waited for."
    )
    static let eventCount = MetricKind(
        "mangrove_store_events",
        .gauge,
        labels: ["store"],
        help: "Events in a store whose engine is open."
    )
    static let streamCount = MetricKind(
        "mangrove_store_streams",
        .gauge,
        labels: ["store"],
        help: "Streams in a store whose engine is open."
    )
    static let logBytes = MetricKind(
        "mangrove_store_log_bytes",
        .gauge,
        labels: ["store"],
        help: "Durable bytes of the log of a store whose engine is open."
    )

    /// All of them, in the order in which they are rendered.
    public static let all =
        [events, batches, flushes, bytes, flushSeconds, running, failedRequests, eventCount, streamCount, logBytes]
        + subscriptions + wellbeing

    /// The numbers of a node's stores at this moment.
    static func metrics(_ counters: StoreCounterBook, _ stores: RunningStores) -> Metrics {
        var metrics = Metrics()
        for (store, numbers) in counters.all {
            metrics.add(events, [store], Double(numbers.events))
            metrics.add(batches, [store], Double(numbers.batches))
            metrics.add(flushes, [store], Double(numbers.flushes))
            metrics.add(bytes, [store], Double(numbers.bytes))
            metrics.add(flushSeconds, [store], numbers.flushTimes)
        }
        let running = stores.entries.sorted { $0.key < $1.key }
        metrics.add(Self.running, [], Double(running.count))
        metrics.add(failedRequests, [], Double(counters.failedRequests))
        for entry in running {
            let engine = entry.value.engine
            metrics.add(eventCount, [entry.key], Double(engine.eventCount))
            metrics.add(streamCount, [entry.key], Double(engine.streamCount))
            metrics.add(logBytes, [entry.key], Double(engine.durableBytes))
        }
        addSubscriptions(&metrics, counters, stores)
        return metrics
    }
}
