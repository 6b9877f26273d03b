public import Mangrove

/// Every event that `MangroveStore` emits, all of component `store`. Names, fields and their types are stable.
public enum StoreEvents {
    static let opened = TelemetryEvent<String, String>(
        "store.opened",
        .info,
        .store,
        "store",
        "report",
        when: "a store was opened; the report says how much was replayed"
    )
    static let recovered = TelemetryEvent<String, String>(
        "store.recovered",
        .warning,
        .store,
        "store",
        "report",
        when: "a store was opened and something mended: a torn tail cut off, a bad checkpoint ignored"
    )
    static let closeFailed = TelemetryEvent<String, LoggedError>(
        "store.close_failed",
        .error,
        .store,
        "store",
        "error",
        when: "a store that was stopped could not be closed in order"
    )
    static let created = TelemetryEvent<String>("store.created", .info, .store, "store", when: "a store was made")
    static let removed = TelemetryEvent<String>(
        "store.removed",
        .info,
        .store,
        "store",
        when: "a store was removed with its events"
    )
    static let kept = TelemetryEvent<String, String>(
        "store.kept",
        .info,
        .store,
        "store",
        "kept",
        when: "a store was removed and its files were kept, under the name in `kept`"
    )
    static let requestFailed = TelemetryEvent<LoggedError>(
        "store.request.failed",
        .error,
        .store,
        "error",
        when: "a request to make or remove a store failed, and nobody waited for its answer"
    )
    static let refused = TelemetryEvent<String, LoggedError>(
        "store.refused",
        .error,
        .store,
        "store",
        "error",
        when: "damage was found while a store was serving; it was stopped"
    )
    static let ended = TelemetryEvent<String, ExitReason>(
        "store.ended",
        .error,
        .store,
        "store",
        "reason",
        when: "a whole store gave up; it is started again"
    )
    static let transactionWaits = TelemetryEvent<String, String, LoggedError>(
        "store.transaction.waits",
        .warning,
        .store,
        "transaction",
        "store",
        "error",
        when: "a transaction over stores that is decided waits for one of them to do its share"
    )
    static let startFailed = TelemetryEvent<String, LoggedError>(
        "store.start_failed",
        .error,
        .store,
        "store",
        "error",
        when: "a store could not be started"
    )
    static let diskUnknown = TelemetryEvent<String, LoggedError>(
        "store.disk.unknown",
        .warning,
        .store,
        "store",
        "error",
        when: "the disk could not be asked for its room"
    )
    static let diskLow = TelemetryEvent<String, Int>(
        "store.disk.low",
        .warning,
        .store,
        "store",
        "free",
        when: "the disk has fewer free bytes than the configuration asks for"
    )
    static let checkpointFailed = TelemetryEvent<String, String>(
        "store.checkpoint.failed",
        .warning,
        .store,
        "store",
        "error",
        when: "no index checkpoint could be written; the older one still serves"
    )
    static let subscriptionFailed = TelemetryEvent<String, String, LoggedError>(
        "store.subscription.failed",
        .warning,
        .store,
        "store",
        "subscription",
        "error",
        when: "a durable subscription could not be started, or the check of all of them failed; it is tried again"
    )
    static let subscriptionsMended = TelemetryEvent<String, String>(
        "store.subscriptions.mended",
        .warning,
        .store,
        "store",
        "subscriptions",
        when: "the durable subscriptions that ran were not those that are recorded; that was put right"
    )
    static let projectionFailed = TelemetryEvent<String, String, LoggedError>(
        "store.projection.failed",
        .error,
        .store,
        "store",
        "projection",
        "error",
        when: "a projection stopped at an event that it could not take, or could not be started"
    )
    static let compacted = TelemetryEvent<String, String>(
        "store.compacted",
        .info,
        .store,
        "store",
        "report",
        when: "segments were rewritten without what is gone; the report says how many, and the bytes given back"
    )
    static let compactionFailed = TelemetryEvent<String, String>(
        "store.compaction.failed",
        .warning,
        .store,
        "store",
        "error",
        when: "a segment could not be rewritten; the one that was there still serves"
    )

    /// All of them, in the order of the guide's table.
    public static let all: [EventKind] = stores + configuration + operations + requests

    private static let stores: [EventKind] = [
        opened.kind, recovered.kind, closeFailed.kind, created.kind, removed.kind, kept.kind, requestFailed.kind,
        refused.kind, ended.kind, transactionWaits.kind, startFailed.kind, diskUnknown.kind, diskLow.kind,
        checkpointFailed.kind, subscriptionFailed.kind, subscriptionsMended.kind, projectionFailed.kind,
        compacted.kind, compactionFailed.kind,
    ]
}

extension LogComponent {
    /// Event stores.
    public static let store: LogComponent = "store"
}
