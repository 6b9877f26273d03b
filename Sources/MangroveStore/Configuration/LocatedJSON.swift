/// A JSON value with the places where it and its parts stand, for messages that point at them.
package struct LocatedJSON: Sendable {
    /// The kinds of values.
    package indirect enum Kind: Sendable {
        case object([Member])
        case array([LocatedJSON])
        case string(String)
        /// A number that is whole and fits.
        case integer(Int)
        /// Any other number.
        case number
        case flag(Bool)
        case null
    }

    /// A member of an object.
    package struct Member: Sendable {
        package var name: String
        /// Where its name begins.
        package var offset: Int
        package var value: LocatedJSON
    }

    /// What it is.
    package var kind: Kind
    /// Where it begins: bytes from the start of the text.
    package var offset: Int

    /// Reads one JSON value, all of `text`. An object may have a member twice; whoever uses it says what that means.
    /// - Throws: ``JSONError``.
    package init(_ text: [UInt8]) throws(JSONError) {
        try JSONText.check(text)
        var scanner = JSONScanner()
        self = try Self.parse(text, &scanner)
    }

    /// The value in words, for a message about something else having been expected.
    package var words: String {
        switch kind {
        case .object: "an object"
        case .array: "a list"
        case .string(let text): JSONText.quoted(text.utf8.count > 64 ? String(text.prefix(60)) + "…" : text)
        case .integer(let number): "\(number)"
        case .number: "a number that is not whole or far too large"
        case .flag(let flag): "\(flag)"
        case .null: "null"
        }
    }

    private static func parse(_ text: [UInt8], _ scanner: inout JSONScanner) throws(JSONError) -> LocatedJSON {
        let bytes = text.span
        scanner.skipWhitespace(bytes)
        let start = scanner.offset
        switch try scanner.peek(bytes) {
        case UInt8(ascii: "{"):
            var members: [Member] = []
            try scanner.members(text) { (name, scanner) throws(JSONError) in
                let label = try JSONText.string(text, at: name)
                members.append(
                    Member(name: label, offset: name.lowerBound, value: try parse(text, &scanner))
                )
                return true
            }
            return LocatedJSON(.object(members), start)
        case UInt8(ascii: "["):
            var elements: [LocatedJSON] = []
            try scanner.elements(text) { (scanner) throws(JSONError) in
                elements.append(try parse(text, &scanner))
                return true
            }
            return LocatedJSON(.array(elements), start)
        case UInt8(ascii: "\""):
            try scanner.passValue(bytes)
            return LocatedJSON(.string(try JSONText.string(text, at: start..<scanner.offset)), start)
        default:
            try scanner.passValue(bytes)
            switch String(decoding: text[start..<scanner.offset], as: UTF8.self) {
            case "true": return LocatedJSON(.flag(true), start)
            case "false": return LocatedJSON(.flag(false), start)
            case "null": return LocatedJSON(.null, start)
            case let word: return LocatedJSON(Int(word).map { .integer($0) } ?? .number, start)
            }
        }
    }

    private init(_ kind: Kind, _ offset: Int) {
        self.kind = kind
        self.offset = offset
    }
}

/// Tells lines and columns in a text, both counted from 1, columns in bytes.
package struct TextPlaces: Sendable {
    private let starts: [Int]

    /// Looks for the lines of `text`.
    package init(_ text: [UInt8]) {
        starts = [0] + text.indices.filter { text[$0] == 0x0A }.map { $0 + 1 }
    }

    /// The place `offset` bytes behind the beginning.
    package func place(_ offset: Int) -> (line: Int, column: Int) {
        let line = starts.lastIndex { $0 <= offset } ?? 0
        return (line + 1, offset - starts[line] + 1)
    }
}
