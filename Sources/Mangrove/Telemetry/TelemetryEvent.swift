/// A declared event: its stable name, its level, its component, and the names and types of its fields.
///
/// Whatever is emitted is emitted through a declaration, so that no event has a name, or a field of a type, that is not
/// written down. The framework's stand in ``RuntimeEvents``; a program declares its own the same way:
///
/// ```swift
/// let orderPlaced = TelemetryEvent<String, Int>("order.placed", .info, "orders", "order", "items", when: "an order came in")
/// runtime.emit(orderPlaced) { (order.id, order.items.count) }
/// ```
public struct TelemetryEvent<each Value: EventField>: Sendable {
    /// What it is, without its types.
    public let kind: EventKind

    /// Declares an event.
    /// - Parameters:
    ///   - name: dotted, lower case, never changed afterwards.
    ///   - level: how much it matters.
    ///   - component: which part of the system it is about.
    ///   - fields: the names of its fields, in the order of their types.
    ///   - when: when it is emitted, in a few words.
    public init(
        _ name: String,
        _ level: LogEvent.Level,
        _ component: LogComponent,
        _ fields: repeat EventFieldName<each Value>,
        when: String
    ) {
        var declared: [EventKind.Field] = []
        repeat declared.append(EventKind.Field(name: (each fields).name, type: (each Value).fieldType))
        kind = EventKind(name: name, level: level, component: component, fields: declared, when: when)
    }
}

/// What can be said of an event without one at hand: a row of the guide's table.
public struct EventKind: Sendable, Hashable {
    /// A field's name, and the kind of its values.
    public struct Field: Sendable, Hashable {
        /// The key.
        public let name: String
        /// `text`, `number`, `duration`, `process`, `reason` or `error`.
        public let type: String
    }

    /// The name.
    public let name: String
    /// How much it matters.
    public let level: LogEvent.Level
    /// Which part of the system it is about.
    public let component: LogComponent
    /// Its fields, in order.
    public let fields: [Field]
    /// When it is emitted.
    public let when: String
}

/// The name of a field of a certain type.
public struct EventFieldName<Value>: Sendable, ExpressibleByStringLiteral {
    let name: String

    /// A name written out.
    public init(stringLiteral name: String) { self.name = name }
}

/// A type that the fields of events can have.
public protocol EventField: Sendable {
    /// What the table of events calls the type.
    static var fieldType: String { get }

    /// The value as it is logged; errors in it are put into words by `redaction`.
    func logged(by redaction: ErrorRedaction) -> LogValue
}

extension String: EventField {
    /// A text.
    public static var fieldType: String { "text" }

    /// The text itself.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .text(self) }
}

extension Int: EventField {
    /// A number.
    public static var fieldType: String { "number" }

    /// The number itself.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .integer(Int64(self)) }
}

extension Duration: EventField {
    /// A duration.
    public static var fieldType: String { "duration" }

    /// The duration itself.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .duration(self) }
}

extension ProcessID: EventField {
    /// A process.
    public static var fieldType: String { "process" }

    /// The identity as text: `<42>`.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .text(description) }
}

extension ExitReason: EventField {
    /// A reason.
    public static var fieldType: String { "reason" }

    /// The reason in words.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .text(text(by: redaction)) }
}

/// An error as the field of an event.
public struct LoggedError: EventField {
    /// An error.
    public static var fieldType: String { "error" }

    /// The error.
    public let error: any Error

    /// Wraps an error.
    public init(_ error: any Error) { self.error = error }

    /// The error in words.
    public func logged(by redaction: ErrorRedaction) -> LogValue { .text(redaction.text(of: error)) }
}
