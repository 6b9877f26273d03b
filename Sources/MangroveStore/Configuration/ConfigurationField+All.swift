extension ConfigurationField {
    private typealias Place<Value> = any WritableKeyPath<StoreConfiguration, Value?> & Sendable
    private typealias Goal<Value> = any WritableKeyPath<ResolvedStoreConfiguration, Value> & Sendable

    private static let times = 1...86_400_000

    /// All of them, in the order of the guide's table.
    package static let all: [ConfigurationField] = [
        number("segmentBytes", 4_096...(1 << 30), \.segmentBytes, \.settings.segmentBytes),
        number("partitions", 1...1_024, \.partitions, \.settings.partitions),
        number("gatewayWorkers", 1...1_024, \.gatewayWorkers, \.settings.gatewayWorkers),
        time("writerIdleMilliseconds", times, \.writerIdle, \.settings.writerIdle),
        time("checkpointIntervalMilliseconds", times, \.checkpointInterval, \.settings.checkpointInterval),
        number("checkpointEvents", 1...1_000_000_000, \.checkpointEvents, \.settings.checkpointEvents),
        time("compactionIntervalMilliseconds", times, \.compactionInterval, \.settings.compactionInterval),
        number("compactionPercent", 1...100, \.compactionPercent, \.settings.compactionPercent),
        number("lowDiskBytes", 0...(1 << 50), \.lowDiskBytes, \.settings.lowDiskBytes),
        time("monitorIntervalMilliseconds", times, \.monitorInterval, \.settings.monitorInterval),
        time(
            "subscriptionHealthIntervalMilliseconds",
            times,
            \.subscriptionHealthInterval,
            \.settings.subscriptionHealthInterval
        ),
        time("retryLimitMilliseconds", 0...3_600_000, \.retryLimit, \.settings.retryLimit),
        number("maximumAppendBytes", 1...(48 << 20), \.maximumAppendBytes, \.settings.maximumAppendBytes),
        number("maximumAppendEvents", 1...1_000_000, \.maximumAppendEvents, \.settings.maximumAppendEvents),
        flag("autoStart", \.autoStart, \.autoStart),
        priority,
        limit("limits.memoryBytes", 1 << 50, \.limits.memoryBytes, \.limits.memoryBytes),
        limit("limits.connections", 1_000_000, \.limits.connections, \.limits.connections),
        limit("limits.diskBytes", 1 << 60, \.limits.diskBytes, \.limits.diskBytes),
        eventsPerSecond,
        maxAge,
        limit("retention.maxCount", 1 << 40, \.retention.maxCount, \.retention.maxCount),
        text("template", 64, \.template, \.template),
        text("directory", 4_096, \.directory, \.directory),
        text("description", 1_024, \.description, \.description),
        ConfigurationField(
            path: "tags",
            kind: .texts(64, each: 64),
            value: { $0.tags.map { .texts($0) } },
            set: { if case .texts(let texts) = $1 { $0.tags = texts } },
            apply: { if case .texts(let texts) = $1 { $0.tags = texts } },
            effective: { .texts($0.tags) }
        ),
    ]

    private static func number(
        _ path: String,
        _ range: ClosedRange<Int>,
        _ place: Place<Int>,
        _ goal: Goal<Int>
    ) -> ConfigurationField {
        ConfigurationField(
            path: path,
            kind: .number(range),
            value: { $0[keyPath: place].map { .number($0) } },
            set: { if case .number(let number) = $1 { $0[keyPath: place] = number } },
            apply: { if case .number(let number) = $1 { $0[keyPath: goal] = number } },
            effective: { .number($0[keyPath: goal]) }
        )
    }

    private static func time(
        _ path: String,
        _ range: ClosedRange<Int>,
        _ place: Place<Duration>,
        _ goal: Goal<Duration>
    ) -> ConfigurationField {
        ConfigurationField(
            path: path,
            kind: .number(range),
            value: { $0[keyPath: place].map { .number($0.wholeMilliseconds) } },
            set: { if case .number(let number) = $1 { $0[keyPath: place] = .milliseconds(number) } },
            apply: { if case .number(let number) = $1 { $0[keyPath: goal] = .milliseconds(number) } },
            effective: { .number($0[keyPath: goal].wholeMilliseconds) }
        )
    }

    /// A number of which 0 means that there is none.
    private static func limit(
        _ path: String,
        _ largest: Int,
        _ place: Place<Int>,
        _ goal: Goal<Int?>
    ) -> ConfigurationField {
        ConfigurationField(
            path: path,
            kind: .number(0...largest),
            value: { $0[keyPath: place].map { .number($0) } },
            set: { if case .number(let number) = $1 { $0[keyPath: place] = number } },
            apply: { if case .number(let number) = $1 { $0[keyPath: goal] = number == 0 ? nil : number } },
            effective: { .number($0[keyPath: goal] ?? 0) }
        )
    }

    private static func flag(_ path: String, _ place: Place<Bool>, _ goal: Goal<Bool>) -> ConfigurationField {
        ConfigurationField(
            path: path,
            kind: .flag,
            value: { $0[keyPath: place].map { .flag($0) } },
            set: { if case .flag(let flag) = $1 { $0[keyPath: place] = flag } },
            apply: { if case .flag(let flag) = $1 { $0[keyPath: goal] = flag } },
            effective: { .flag($0[keyPath: goal]) }
        )
    }

    private static func text(
        _ path: String,
        _ limit: Int,
        _ place: Place<String>,
        _ goal: Goal<String?>
    ) -> ConfigurationField {
        ConfigurationField(
            path: path,
            kind: .text(limit),
            value: { $0[keyPath: place].map { .text($0) } },
            set: { if case .text(let text) = $1 { $0[keyPath: place] = text } },
            apply: { if case .text(let text) = $1 { $0[keyPath: goal] = text } },
            effective: { $0[keyPath: goal].map { .text($0) } }
        )
    }

    private static let priority = ConfigurationField(
        path: "priority",
        kind: .choice(StorePriority.allCases.map(\.rawValue)),
        value: { $0.priority.map { .text($0.rawValue) } },
        set: { if case .text(let text) = $1 { $0.priority = StorePriority(rawValue: text) } },
        apply: { if case .text(let text) = $1 { $0.priority = StorePriority(rawValue: text) ?? .normal } },
        effective: { .text($0.priority.rawValue) }
    )

    private static let eventsPerSecond = ConfigurationField(
        path: "limits.eventsPerSecond",
        kind: .number(0...1_000_000_000),
        value: { $0.limits.eventsPerSecond.map { .number($0) } },
        set: { if case .number(let number) = $1 { $0.limits.eventsPerSecond = number } },
        apply: {
            guard case .number(let number) = $1 else { return }
            $0.limits.eventsPerSecond = number == 0 ? nil : number
            $0.settings.appendRate = $0.limits.eventsPerSecond.map { RateLimit(perSecond: $0) }
        },
        effective: { .number($0.limits.eventsPerSecond ?? 0) }
    )

    private static let maxAge = ConfigurationField(
        path: "retention.maxAgeMilliseconds",
        kind: .number(0...(1 << 50)),
        value: { $0.retention.maxAge.map { .number($0.wholeMilliseconds) } },
        set: { if case .number(let number) = $1 { $0.retention.maxAge = .milliseconds(number) } },
        apply: {
            guard case .number(let number) = $1 else { return }
            $0.retention.maxAge = number == 0 ? nil : .milliseconds(number)
        },
        effective: { .number($0.retention.maxAge?.wholeMilliseconds ?? 0) }
    )
}

extension Duration {
    /// Whole milliseconds, rounded up: a time that is not nothing does not become nothing.
    var wholeMilliseconds: Int {
        let microseconds = microseconds
        return Int(microseconds / 1_000 + (microseconds % 1_000 > 0 ? 1 : 0))
    }
}
