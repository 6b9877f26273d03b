/// Names that are meant: one name, all that begin with a text (`order-*`), or all (`*`).
public struct NamePattern: Sendable, Hashable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The pattern as it is written.
    public let description: String

    /// All names.
    public static let everything = NamePattern("*")

    /// Reads a pattern. A star means something only as the last character.
    public init(_ text: String) {
        description = text
    }

    /// Reads a pattern.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// Whether it means every name.
    public var isEverything: Bool { description == "*" }

    /// Whether it means every name that begins so.
    func matchesAll(beginningWith prefix: String) -> Bool {
        description.utf8.last == UInt8(ascii: "*") && prefix.utf8.starts(with: description.utf8.dropLast())
    }

    /// Whether it means this name.
    public func matches(_ name: String) -> Bool {
        // By bytes: two texts that Swift takes for equal may be two names.
        guard description.utf8.last == UInt8(ascii: "*") else { return name.utf8.elementsEqual(description.utf8) }
        return name.utf8.starts(with: description.utf8.dropLast())
    }
}
