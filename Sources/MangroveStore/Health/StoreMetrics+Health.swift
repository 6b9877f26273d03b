import Mangrove

extension StoreMetrics {
    private static let labels = ["store", "projection"]

    static let projectionLag = MetricKind(
        "mangrove_projection_lag",
        .gauge,
        labels: labels,
        help: "Events from a projection's checkpoint on, matching or not."
    )
    static let projectionStates = MetricKind(
        "mangrove_projection_states",
        .gauge,
        labels: labels,
        help: "Keys that have a state in a projection."
    )
    static let projectionFailed = MetricKind(
        "mangrove_projection_failed",
        .gauge,
        labels: labels,
        help: "Whether a projection has stopped at an event that it could not take: 0 or 1."
    )
    static let health = MetricKind(
        "mangrove_health",
        .gauge,
        labels: ["kind", "store", "name"],
        help: "How the node, a store, a subscription or a projection is: 0 healthy, 1 degraded, 2 unhealthy."
    )

    static let wellbeing = [projectionLag, projectionStates, projectionFailed, health]

    /// The numbers that processes have to be asked for.
    static func add(_ facts: HealthFacts, to metrics: inout Metrics) {
        for store in facts.stores {
            for projection in store.projections {
                let labels = [store.info.id, projection.name]
                metrics.add(projectionLag, labels, Double(projection.lag))
                metrics.add(projectionStates, labels, Double(projection.states))
                metrics.add(projectionFailed, labels, projection.failure == nil ? 0 : 1)
            }
        }
    }

    static func add(_ health: NodeHealth, to metrics: inout Metrics) {
        for component in health.components {
            let value = HealthStatus.allCases.firstIndex(of: component.status) ?? 0
            metrics.add(Self.health, [component.kind.rawValue, component.store, component.name], Double(value))
        }
    }
}
