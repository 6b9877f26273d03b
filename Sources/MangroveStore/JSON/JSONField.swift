/// Names one value within a JSON object: the names of the members that lead to it, with dots between them.
public struct JSONField: Sendable, Hashable, CustomStringConvertible {
    /// The members to go through, outermost first.
    public let names: [String]

    /// Reads a path: `customer.country` is the member `country` of the member `customer`.
    /// - Throws: ``StoreError/invalid(_:)`` if a name is empty.
    public init(_ path: String) throws(StoreError) {
        names = path.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard !names.contains("") else { throw .invalid("'\(path)' does not name a field: a name is empty") }
    }

    /// The path.
    public var description: String { names.joined(separator: ".") }

    /// Where the value stands in `text`, which is JSON; nil if it is not there.
    package func find(in text: [UInt8]) -> Range<Int>? {
        var scanner = JSONScanner()
        for name in names {
            scanner.skipWhitespace(text.span)
            guard (try? scanner.peek(text.span)) == UInt8(ascii: "{") else { return nil }
            var isThere = false
            _ = try? scanner.members(text) { (range, scanner) throws(JSONError) in
                isThere = (try? JSONText.string(text, at: range)) == name
                if !isThere { try scanner.passValue(text.span) }
                return !isThere
            }
            guard isThere else { return nil }
        }
        scanner.skipWhitespace(text.span)
        let start = scanner.offset
        return (try? scanner.passValue(text.span)).map { start..<scanner.offset }
    }

    /// The value as a key to sort things by: a string's characters, or the text of anything else; nil if it is not there.
    package func key(in text: [UInt8]) -> String? {
        guard let range = find(in: text) else { return nil }
        return (try? JSONText.string(text, at: range)) ?? String(validating: text[range], as: UTF8.self)
    }
}
