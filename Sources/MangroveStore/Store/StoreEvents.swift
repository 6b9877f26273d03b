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

    /// All of them, in the order of the guide's table.
    public static let all: [EventKind] = [
        opened.kind, recovered.kind, closeFailed.kind, created.kind, removed.kind, refused.kind, ended.kind,
        startFailed.kind, diskUnknown.kind, diskLow.kind, checkpointFailed.kind,
    ]
}

extension LogComponent {
    /// Event stores.
    public static let store: LogComponent = "store"
}
