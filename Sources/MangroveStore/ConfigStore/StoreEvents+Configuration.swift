import Mangrove

/// What is said about what is configured for stores.
extension StoreEvents {
    static let configurationChanged = TelemetryEvent<String, Int, String>(
        "store.configuration.changed",
        .info,
        .store,
        "store",
        "version",
        "by",
        when: "a new version of what is configured for a store is on record"
    )
    static let configurationFailed = TelemetryEvent<String, Int, LoggedError>(
        "store.configuration.failed",
        .warning,
        .store,
        "store",
        "version",
        "error",
        when: "what is on record for a store could not be carried out; it is tried again"
    )
    static let configurationIgnored = TelemetryEvent<String, String>(
        "store.configuration.ignored",
        .warning,
        .store,
        "store",
        "source",
        when: "the node's configuration says something else of a store than its record; the record counts"
    )
    static let configurationUnavailable = TelemetryEvent<LoggedError>(
        "store.configuration.unavailable",
        .warning,
        .store,
        "error",
        when: "what is configured for the stores cannot be read for the moment; it is tried again"
    )
    static let configurationDamaged = TelemetryEvent<LoggedError, String>(
        "store.configuration.damaged",
        .error,
        .store,
        "error",
        "copy",
        when: "the configuration store is damaged; the node goes by the copy, and nothing can be changed"
    )
    static let configurationRecovered = TelemetryEvent<String>(
        "store.configuration.recovered",
        .warning,
        .store,
        "aside",
        when: "a damaged configuration store was put aside, and is made anew from the copy"
    )
    static let configurationCopyFailed = TelemetryEvent<String>(
        "store.configuration.copy_failed",
        .warning,
        .store,
        "error",
        when: "the copy of what is configured could not be written; the one before is there, and it is tried again"
    )

    static let configuration: [EventKind] = [
        configurationChanged.kind, configurationFailed.kind, configurationIgnored.kind, configurationUnavailable.kind,
        configurationDamaged.kind, configurationRecovered.kind, configurationCopyFailed.kind,
    ]
}
