import Mangrove

/// What one store has appended since the node was started, over all incarnations of its engine.
///
/// Counted once per flush, never per append.
final class StoreCounters: Sendable {
    /// The upper bounds of a flush's time, in seconds.
    static let flushBounds = [0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]

    struct Numbers {
        var events: UInt64 = 0
        var batches: UInt64 = 0
        var flushes: UInt64 = 0
        var bytes: UInt64 = 0
        var flushCounts = [UInt64](repeating: 0, count: StoreCounters.flushBounds.count + 1)
        var flushSeconds = 0.0

        var flushTimes: MetricHistogram {
            MetricHistogram(bounds: StoreCounters.flushBounds, counts: flushCounts, sum: flushSeconds)
        }
    }

    private let numbers = Lock(Numbers())
    /// Those of the store's durable subscriptions.
    let subscriptions = SubscriptionCounterBook()

    /// Counts a flush that made something durable.
    func flushed(_ outcome: FlushOutcome, in time: Duration) {
        let bytes = outcome.records.reduce(0) { $0 + $1.size }
        let seconds = Double(time.wholeNanoseconds) / 1e9
        let bucket = Self.flushBounds.firstIndex { seconds <= $0 } ?? Self.flushBounds.count
        numbers.withLock { numbers in
            numbers.events += UInt64(outcome.positions.count)
            numbers.batches += UInt64(outcome.records.count { !$0.parts.isEmpty })
            numbers.flushes += 1
            numbers.bytes += UInt64(bytes)
            numbers.flushCounts[bucket] += 1
            numbers.flushSeconds += seconds
        }
    }

    var now: Numbers { numbers.withLock { $0 } }
}

/// The counters of a node's stores.
final class StoreCounterBook: Sendable {
    private let stores = Lock<[String: StoreCounters]>([:])
    private let failures = Lock<UInt64>(0)

    /// Counts a request that failed and that nobody waited for.
    func noteFailedRequest() {
        failures.withLock { $0 += 1 }
    }

    /// How many requests failed that nobody waited for.
    var failedRequests: UInt64 { failures.withLock { $0 } }

    /// The counters of a store, made when they are first asked for.
    func counters(of store: String) -> StoreCounters {
        stores.withLock { stores in
            if let counters = stores[store] { return counters }
            let counters = StoreCounters()
            stores[store] = counters
            return counters
        }
    }

    /// Forgets a store that was removed.
    func forget(_ store: String) {
        stores.withLock { $0[store] = nil }
    }

    /// The durable subscriptions of all stores, sorted by store and name.
    var subscriptions: [(store: String, subscription: String, numbers: SubscriptionCounters.Numbers)] {
        stores.withLock { $0 }.sorted { $0.key < $1.key }.flatMap { store, counters in
            counters.subscriptions.all.map { (store, $0, $1) }
        }
    }

    /// All of them, sorted by store.
    var all: [(store: String, numbers: StoreCounters.Numbers)] {
        stores.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value.now) }
    }
}
