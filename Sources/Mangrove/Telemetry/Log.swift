/// Takes the log events of a runtime.
public protocol LogSink: Sendable {
    /// Takes one event. Called from any thread; must not block for long.
    func record(_ event: LogEvent)
}

/// One line of a runtime's log: something that happened, with typed fields.
public struct LogEvent: Sendable {
    /// How much it matters.
    public enum Level: Int, Sendable, Comparable {
        /// Of interest to whoever is looking for a fault.
        case debug
        /// Worth knowing.
        case info
        /// Something is wrong, and is being dealt with.
        case warning
        /// Something failed.
        case error

        /// Whether the first matters less.
        public static func < (first: Level, second: Level) -> Bool { first.rawValue < second.rawValue }
    }

    /// How much it matters.
    public var level: Level
    /// What happened, as a stable dotted name: `supervisor.child.restarted`.
    public var name: String
    /// The particulars, in order.
    public var fields: [(key: String, value: String)]
    /// When, in microseconds since 1970.
    public var microseconds: Int64

    /// Makes an event.
    public init(_ level: Level, _ name: String, _ fields: [(key: String, value: String)], at microseconds: Int64) {
        self.level = level
        self.name = name
        self.fields = fields
        self.microseconds = microseconds
    }

    /// The event in logfmt: `level=warning event=… key=value`.
    public var logfmt: String {
        var line = "level=\(level) event=\(name)"
        for (key, value) in fields { line += " \(key)=\(Self.quoted(value))" }
        return line
    }

    private static func quoted(_ value: String) -> String {
        let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
        return plain ? value : JSONText.quoted(value)
    }
}

/// A sink that drops everything.
public struct SilentLogSink: LogSink {
    /// Makes one.
    public init() {}

    /// Drops the event.
    public func record(_ event: LogEvent) {}
}
