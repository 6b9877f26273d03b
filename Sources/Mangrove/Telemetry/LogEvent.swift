/// One thing that happened in a runtime, with typed fields: what a ``LogSink`` is handed.
///
/// Events of the framework are declared in one place, with stable names; see ``RuntimeEvents``. A program's own come from
/// ``Runtime/log(_:_:_:)``, or from declarations of its own by way of ``Runtime/emit(_:_:)``.
public struct LogEvent: Sendable {
    /// How much it matters.
    public enum Level: Int, Sendable, Comparable, CaseIterable {
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
    /// Which part of the system it is about.
    public var component: LogComponent
    /// What happened, as a stable dotted name: `supervisor.child.restarting`.
    public var name: String
    /// The particulars, in order.
    public var fields: [(key: String, value: LogValue)]
    /// When, in microseconds since 1970.
    public var microseconds: Int64

    /// Makes an event.
    public init(
        _ level: Level,
        _ component: LogComponent,
        _ name: String,
        _ fields: [(key: String, value: LogValue)],
        at microseconds: Int64
    ) {
        self.level = level
        self.component = component
        self.name = name
        self.fields = fields
        self.microseconds = microseconds
    }

    /// The value of a field, or nil if the event has no such field.
    public subscript(_ key: String) -> LogValue? {
        fields.first { $0.key == key }?.value
    }

    /// The event in logfmt: `level=warning component=supervisor event=… key=value`.
    public var logfmt: String {
        var line = "level=\(level) component=\(component) event=\(name)"
        for (key, value) in fields { line += " \(key)=\(Self.quoted(value.description))" }
        return line
    }

    private static func quoted(_ value: String) -> String {
        let plain = !value.isEmpty && value.utf8.allSatisfy { $0 > 0x20 && $0 != 0x22 && $0 != 0x3D && $0 != 0x7F }
        return plain ? value : JSONText.quoted(value)
    }
}

/// A part of the system, for which the level of what is logged can be set on its own.
public struct LogComponent: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// Processes: their turns, crashes, mailboxes, zombies.
    public static let process: LogComponent = "process"
    /// Supervisors: what became of their children, and of themselves.
    public static let supervisor: LogComponent = "supervisor"
    /// Children that are programs of the operating system.
    public static let program: LogComponent = "program"
    /// The runtime itself: its roots and signals.
    public static let runtime: LogComponent = "runtime"
    /// What a program logs by ``Runtime/log(_:_:_:)``.
    public static let application: LogComponent = "application"

    /// The name, as it stands in the log.
    public let description: String

    /// Makes a component of a program's own.
    public init(_ name: String) { description = name }

    /// A name written out.
    public init(stringLiteral name: String) { description = name }
}
