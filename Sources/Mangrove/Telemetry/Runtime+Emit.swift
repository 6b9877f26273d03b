extension Runtime {
    /// Emits a declared event, if the environment's sink is interested in its level and component.
    ///
    /// ```swift
    /// runtime.emit(orderPlaced) { (order.id, order.items.count) }
    /// ```
    /// - Parameters:
    ///   - event: the declaration.
    ///   - values: makes the values of its fields; not called if nobody is interested.
    public func emit<each Value: EventField>(
        _ event: TelemetryEvent<repeat each Value>,
        _ values: () -> (repeat each Value)
    ) {
        guard environment.logs.accepts(event.kind.level, of: event.kind.component) else { return }
        EventWriter(environment).write(event, values)
    }

    /// Writes to the runtime's log in a program's own words, as component ``LogComponent/application``.
    ///
    /// For what is not worth a declaration; the framework itself never does.
    public func log(
        _ level: LogEvent.Level,
        _ name: String,
        _ fields: KeyValuePairs<String, String> = [:]
    ) {
        guard environment.logs.accepts(level, of: .application) else { return }
        let fields = fields.map { (key: $0.key, value: LogValue.text($0.value)) }
        environment.logs.record(LogEvent(level, .application, name, fields, at: clock.civilMicroseconds()))
    }
}

/// Writes declared events to the log of an environment.
struct EventWriter: Sendable {
    private let logs: any LogSink
    private let redaction: ErrorRedaction
    private let clock: any RuntimeClock

    init(_ environment: RuntimeEnvironment) {
        logs = environment.logs
        redaction = environment.redaction
        clock = environment.clock
    }

    func emit<each Value: EventField>(
        _ event: TelemetryEvent<repeat each Value>,
        _ values: () -> (repeat each Value)
    ) {
        if logs.accepts(event.kind.level, of: event.kind.component) { write(event, values) }
    }

    /// As ``emit(_:_:)``, of an event that the sink is known to be interested in.
    fileprivate func write<each Value: EventField>(
        _ event: TelemetryEvent<repeat each Value>,
        _ values: () -> (repeat each Value)
    ) {
        let kind = event.kind
        var logged: [LogValue] = []
        let values = values()
        repeat logged.append((each values).logged(by: redaction))
        let fields = zip(kind.fields, logged).map { (key: $0.name, value: $1) }
        logs.record(LogEvent(kind.level, kind.component, kind.name, fields, at: clock.civilMicroseconds()))
    }
}
