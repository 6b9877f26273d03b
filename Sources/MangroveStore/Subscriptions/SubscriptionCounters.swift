import Mangrove

/// What one durable subscription has done since the node was started, over all incarnations of its process.
final class SubscriptionCounters: Sendable {
    struct Numbers {
        var delivered: UInt64 = 0
        var acked: UInt64 = 0
        var retried: UInt64 = 0
        var skipped: UInt64 = 0
        var parked = 0
        var consumers = 0
        var checkpoint: Int?
        var source = SubscriptionSource.all
    }

    private let numbers = Lock(Numbers())

    var now: Numbers { numbers.withLock { $0 } }

    func delivered() {
        numbers.withLock { $0.delivered += 1 }
    }

    func count(_ answer: Answer) {
        numbers.withLock { numbers in
            switch answer {
            case .ack: numbers.acked += 1
            case .retry: numbers.retried += 1
            case .skip: numbers.skipped += 1
            case .park, .stop: break
            }
        }
    }

    func show(checkpoint: Int, parked: Int, consumers: Int) {
        numbers.withLock { ($0.checkpoint, $0.parked, $0.consumers) = (checkpoint, parked, consumers) }
    }

    /// Nobody runs it any more.
    func ended() {
        numbers.withLock { $0.consumers = 0 }
    }

    fileprivate func follow(_ source: SubscriptionSource) {
        numbers.withLock { $0.source = source }
    }
}

/// The counters of a store's durable subscriptions.
final class SubscriptionCounterBook: Sendable {
    private let subscriptions = Lock<[String: SubscriptionCounters]>([:])

    /// The counters of a subscription, made when they are first asked for.
    func counters(of definition: SubscriptionDefinition) -> SubscriptionCounters {
        let counters = subscriptions.withLock { subscriptions -> SubscriptionCounters in
            if let counters = subscriptions[definition.name] { return counters }
            let counters = SubscriptionCounters()
            subscriptions[definition.name] = counters
            return counters
        }
        counters.follow(definition.configuration.source)
        return counters
    }

    /// Forgets a subscription that was removed.
    func forget(_ subscription: String) {
        subscriptions.withLock { $0[subscription] = nil }
    }

    /// All of them, sorted by name.
    var all: [(subscription: String, numbers: SubscriptionCounters.Numbers)] {
        subscriptions.withLock { $0 }.sorted { $0.key < $1.key }.map { ($0.key, $0.value.now) }
    }
}

extension StoreMetrics {
    private static let labels = ["store", "subscription"]

    static let delivered = MetricKind(
        "mangrove_subscription_delivered_total",
        .counter,
        labels: labels,
        help: "Events handed to consumers of a durable subscription, each time counted."
    )
    static let acked = MetricKind(
        "mangrove_subscription_acked_total",
        .counter,
        labels: labels,
        help: "Events that consumers said are handled."
    )
    static let retried = MetricKind(
        "mangrove_subscription_retried_total",
        .counter,
        labels: labels,
        help: "Events that consumers asked to have again."
    )
    static let skipped = MetricKind(
        "mangrove_subscription_skipped_total",
        .counter,
        labels: labels,
        help: "Events that consumers passed over."
    )
    static let parked = MetricKind(
        "mangrove_subscription_parked",
        .gauge,
        labels: labels,
        help: "Events that a durable subscription has set aside."
    )
    static let consumers = MetricKind(
        "mangrove_subscription_consumers",
        .gauge,
        labels: labels,
        help: "Consumers of a durable subscription."
    )
    static let lag = MetricKind(
        "mangrove_subscription_lag",
        .gauge,
        labels: labels,
        help: "Events from a durable subscription's checkpoint on, matching or not."
    )

    static let subscriptions = [delivered, acked, retried, skipped, parked, consumers, lag]

    /// The numbers of the durable subscriptions that have run since the node was started.
    static func addSubscriptions(_ metrics: inout Metrics, _ counters: StoreCounterBook, _ stores: RunningStores) {
        for (store, subscription, numbers) in counters.subscriptions {
            let labels = [store, subscription]
            metrics.add(delivered, labels, Double(numbers.delivered))
            metrics.add(acked, labels, Double(numbers.acked))
            metrics.add(retried, labels, Double(numbers.retried))
            metrics.add(skipped, labels, Double(numbers.skipped))
            metrics.add(parked, labels, Double(numbers.parked))
            metrics.add(consumers, labels, Double(numbers.consumers))
            guard let checkpoint = numbers.checkpoint, let engine = stores.session(of: store)?.engine else { continue }
            metrics.add(lag, labels, Double(max(0, numbers.source.end(in: engine) - checkpoint)))
        }
    }
}
