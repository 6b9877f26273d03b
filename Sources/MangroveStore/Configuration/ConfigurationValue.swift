/// One value of a configuration, whatever it is of.
public enum ConfigurationValue: Sendable, Hashable {
    /// A number, or a time in milliseconds.
    case number(Int)
    /// Yes or no.
    case flag(Bool)
    /// A text.
    case text(String)
    /// Texts in order.
    case texts([String])

    /// The value as JSON.
    public var json: [UInt8] {
        switch self {
        case .number(let number): Array("\(number)".utf8)
        case .flag(let flag): Array("\(flag)".utf8)
        case .text(let text): Array(JSONText.quoted(text).utf8)
        case .texts(let texts): Array(("[" + texts.map(JSONText.quoted).joined(separator: ",") + "]").utf8)
        }
    }
}

extension ConfigurationValue: CustomStringConvertible {
    /// The value in a line, for people.
    public var description: String {
        switch self {
        case .number(let number): "\(number)"
        case .flag(let flag): "\(flag)"
        case .text(let text): text
        case .texts(let texts): texts.joined(separator: ",")
        }
    }
}
