import Mangrove

/// What operators do with a node, and what they should hear of.
extension StoreEvents {
    static let restored = TelemetryEvent<String>(
        "store.restored",
        .info,
        .store,
        "store",
        when: "a store of a backup appeared among the stores"
    )
    static let backedUp = TelemetryEvent<String, String>(
        "store.backed_up",
        .info,
        .store,
        "target",
        "report",
        when: "a backup was made; the report says of how many stores, with how many bytes copied"
    )

    static let healthLost = TelemetryEvent<String, String, String>(
        "store.health.lost",
        .warning,
        .store,
        "component",
        "status",
        "reason",
        when: "the node, a store, a subscription or a projection is not healthy any more, or in another way than before"
    )
    static let healthRegained = TelemetryEvent<String, String, String>(
        "store.health.regained",
        .info,
        .store,
        "component",
        "status",
        "reason",
        when: "a component that was not healthy is healthy again"
    )

    static let operations: [EventKind] = [restored.kind, backedUp.kind, healthLost.kind, healthRegained.kind]
}
