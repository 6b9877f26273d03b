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
        let kind = event.kind
        guard environment.logs.accepts(kind.level, of: kind.component) else { return }
        var logged: [LogValue] = []
        let values = values()
        repeat logged.append((each values).logged(by: environment.redaction))
        let fields = zip(kind.fields, logged).map { (key: $0.name, value: $1) }
        environment.logs.record(
            LogEvent(kind.level, kind.component, kind.name, fields, at: clock.civilMicroseconds())
        )
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
