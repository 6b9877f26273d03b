/// The value of a field of an event, or of what a process shows of its state.
public enum LogValue: Sendable, Hashable {
    /// Any text.
    case text(String)
    /// A whole number.
    case integer(Int64)
    /// Any number.
    case number(Double)
    /// Yes or no.
    case flag(Bool)
    /// A length of time.
    case duration(Duration)
    /// Something that is there and is not shown.
    case redacted
}

extension LogValue: CustomStringConvertible {
    /// The value as text; durations in seconds, `[redacted]` for what is not shown.
    public var description: String {
        switch self {
        case .text(let text): text
        case .integer(let number): String(number)
        case .number(let number): String(number)
        case .flag(let flag): flag ? "true" : "false"
        case .duration(let duration): "\(Double(duration.wholeNanoseconds) / 1e9)s"
        case .redacted: "[redacted]"
        }
    }

    /// The value as JSON: numbers and flags as they are, durations in seconds, everything else as a string.
    var json: String {
        switch self {
        case .integer, .flag: description
        case .number(let number) where number.isFinite: description
        case .duration(let duration): "\(Double(duration.wholeNanoseconds) / 1e9)"
        case .text, .number, .redacted: JSONText.quoted(description)
        }
    }
}

extension LogValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByFloatLiteral
{
    /// A text written out.
    public init(stringLiteral text: String) { self = .text(text) }

    /// A whole number written out.
    public init(integerLiteral number: Int64) { self = .integer(number) }

    /// A flag written out.
    public init(booleanLiteral flag: Bool) { self = .flag(flag) }

    /// A number written out.
    public init(floatLiteral number: Double) { self = .number(number) }
}
