/// Takes the log events of a runtime.
///
/// A sink is called where the event happens: on the thread of a process, a supervisor or a timer, and not always in the
/// order of the events' times. It must return soon, must not wait for anything, and must not log to its runtime. One that
/// writes to something slow is put behind a ``QueuedLogs``.
public protocol LogSink: Sendable {
    /// Takes one event.
    func record(_ event: LogEvent)

    /// Whether events of this kind are of interest; those that are not are not even made. True unless implemented.
    func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool
}

extension LogSink {
    /// Everything is of interest.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool { true }
}

/// The least level that is logged, for each component.
///
/// ```swift
/// let levels = LogLevels(.warning, [.supervisor: .info, .program: .error])
/// ```
public struct LogLevels: Sendable, Hashable {
    /// The least level of components that have none of their own.
    public var standard: LogEvent.Level
    /// The least levels of components that have one.
    public var components: [LogComponent: LogEvent.Level]

    /// Makes levels.
    public init(_ standard: LogEvent.Level, _ components: [LogComponent: LogEvent.Level] = [:]) {
        self.standard = standard
        self.components = components
    }

    /// Whether events of that level and component are logged.
    public func include(_ level: LogEvent.Level, of component: LogComponent) -> Bool {
        level >= (components.isEmpty ? standard : components[component] ?? standard)
    }
}

/// A sink that drops everything.
public struct SilentLogSink: LogSink {
    /// Makes one.
    public init() {}

    /// Drops the event.
    public func record(_ event: LogEvent) {}

    /// Nothing is of interest.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool { false }
}

/// Several sinks as one: each gets the events that it is interested in, in the order of the list.
public struct CombinedLogs: LogSink {
    /// The sinks.
    public let sinks: [any LogSink]

    /// Makes one of others.
    public init(_ sinks: [any LogSink]) {
        self.sinks = sinks
    }

    /// Hands the event on.
    public func record(_ event: LogEvent) {
        for sink in sinks where sink.accepts(event.level, of: event.component) { sink.record(event) }
    }

    /// Whether any of them is interested.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool {
        sinks.contains { $0.accepts(level, of: component) }
    }
}

/// Another sink's events from certain levels on.
public struct FilteredLogs: LogSink {
    /// The sink.
    public let sink: any LogSink
    /// What it gets.
    public let levels: LogLevels

    /// Puts levels before a sink.
    public init(_ sink: any LogSink, _ levels: LogLevels) {
        self.sink = sink
        self.levels = levels
    }

    /// Hands the event on, if it is among the levels.
    public func record(_ event: LogEvent) {
        if levels.include(event.level, of: event.component) { sink.record(event) }
    }

    /// Whether it is among the levels, and the sink is interested.
    public func accepts(_ level: LogEvent.Level, of component: LogComponent) -> Bool {
        levels.include(level, of: component) && sink.accepts(level, of: component)
    }
}
