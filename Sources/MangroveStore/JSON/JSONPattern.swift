/// A JSON value as a pattern: it matches any JSON text that has what it has, wherever it has more.
///
/// An object matches an object in which each of its members has a counterpart that matches; further members do not matter.
/// An array matches an array of as many elements that match one by one. Strings match by their characters, however they
/// are escaped, and numbers by their exact value, however they are written.
///
/// ```swift
/// let pattern = try JSONPattern("{\"customer\": {\"country\": \"BE\"}}")
/// ```
public struct JSONPattern: Sendable, Hashable {
    private indirect enum Value: Sendable {
        case object([(name: String, value: Value)])
        case array([Value])
        case string(String)
        case number(JSONNumber)
        case word([UInt8])
    }

    /// The pattern as it was given.
    public let text: [UInt8]
    private let value: Value

    /// Reads a pattern.
    /// - Throws: ``StoreError/invalid(_:)`` saying where the text stops being JSON.
    public init(_ text: [UInt8]) throws(StoreError) {
        do throws(JSONError) {
            try JSONText.check(text)
            var scanner = JSONScanner()
            value = try Self.parse(text, &scanner)
            self.text = text
        } catch {
            throw .invalid("the pattern is not JSON: \(error)")
        }
    }

    /// Reads a pattern.
    /// - Throws: ``StoreError/invalid(_:)`` saying where the text stops being JSON.
    public init(_ text: String) throws(StoreError) {
        try self.init(Array(text.utf8))
    }

    /// Whether `text`, which is JSON, has what the pattern has.
    public func matches(_ text: [UInt8]) -> Bool {
        var scanner = JSONScanner()
        return (try? Self.match(value, text, &scanner)) ?? false
    }

    /// Whether both were given as the same text.
    public static func == (first: JSONPattern, second: JSONPattern) -> Bool { first.text == second.text }

    /// Hashes the text.
    public func hash(into hasher: inout Hasher) { hasher.combine(text) }

    // MARK: Reading

    private static func parse(_ text: [UInt8], _ scanner: inout JSONScanner) throws(JSONError) -> Value {
        let bytes = text.span
        scanner.skipWhitespace(bytes)
        let start = scanner.offset
        switch try scanner.peek(bytes) {
        case UInt8(ascii: "{"):
            var members: [(name: String, value: Value)] = []
            try scanner.members(text) { (name, scanner) throws(JSONError) in
                members.append((try JSONText.string(text, at: name), try parse(text, &scanner)))
                return true
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [Value] = []
            try scanner.elements(text) { (scanner) throws(JSONError) in
                elements.append(try parse(text, &scanner))
                return true
            }
            return .array(elements)
        case UInt8(ascii: "\""):
            try scanner.passValue(bytes)
            return .string(try JSONText.string(text, at: start..<scanner.offset))
        default:
            try scanner.passValue(bytes)
            let word = text[start..<scanner.offset]
            return JSONNumber(word).map { .number($0) } ?? .word(Array(word))
        }
    }

    // MARK: Matching

    /// Goes on behind the value if it matches; after one that does not, nobody goes on.
    private static func match(
        _ pattern: Value,
        _ text: [UInt8],
        _ scanner: inout JSONScanner
    ) throws(JSONError) -> Bool {
        let bytes = text.span
        scanner.skipWhitespace(bytes)
        let start = scanner.offset
        let first = try scanner.peek(bytes)
        switch pattern {
        case .object(let members):
            guard first == UInt8(ascii: "{") else { return false }
            return try matchMembers(members, text, &scanner)
        case .array(let elements):
            guard first == UInt8(ascii: "[") else { return false }
            var next = 0
            let whole = try scanner.elements(text) { (scanner) throws(JSONError) in
                next += 1
                return next <= elements.count ? try match(elements[next - 1], text, &scanner) : false
            }
            return whole && next == elements.count
        case .string(let string):
            guard first == UInt8(ascii: "\"") else { return false }
            try scanner.passValue(bytes)
            return try JSONText.string(text, at: start..<scanner.offset).utf8.elementsEqual(string.utf8)
        case .number(let number):
            try scanner.passValue(bytes)
            return JSONNumber(text[start..<scanner.offset]) == number
        case .word(let word):
            try scanner.passValue(bytes)
            return text[start..<scanner.offset].elementsEqual(word)
        }
    }

    private static func matchMembers(
        _ members: [(name: String, value: Value)],
        _ text: [UInt8],
        _ scanner: inout JSONScanner
    ) throws(JSONError) -> Bool {
        var found = [Bool](repeating: false, count: members.count)
        let whole = try scanner.members(text) { (range, scanner) throws(JSONError) in
            // A name with half of a surrogate pair is none that a pattern could have.
            let name = try? JSONText.string(text, at: range)
            guard let index = members.firstIndex(where: { $0.name == name }) else {
                try scanner.passValue(text.span)
                return true
            }
            found[index] = try match(members[index].value, text, &scanner)
            return found[index]
        }
        return whole && !found.contains(false)
    }
}

extension JSONScanner {
    /// Goes through the members of the object that begins here. `body` gets the place of each name, with the scanner
    /// before the value, and passes the value.
    /// - Returns: false as soon as `body` does.
    @discardableResult
    package mutating func members(
        _ text: [UInt8],
        _ body: (Range<Int>, inout JSONScanner) throws(JSONError) -> Bool
    ) throws(JSONError) -> Bool {
        try items(text, UInt8(ascii: "}")) { (scanner) throws(JSONError) in
            let name = try scanner.passName(text.span, expected: "a member name")
            scanner.skipWhitespace(text.span)
            return try body(name, &scanner)
        }
    }

    /// Goes through the elements of the array that begins here; `body` passes each.
    /// - Returns: false as soon as `body` does.
    @discardableResult
    package mutating func elements(
        _ text: [UInt8],
        _ body: (inout JSONScanner) throws(JSONError) -> Bool
    ) throws(JSONError) -> Bool {
        try items(text, UInt8(ascii: "]"), body)
    }

    private mutating func items(
        _ text: [UInt8],
        _ closing: UInt8,
        _ body: (inout JSONScanner) throws(JSONError) -> Bool
    ) throws(JSONError) -> Bool {
        let bytes = text.span
        advance(1)
        skipWhitespace(bytes)
        if try peek(bytes) == closing {
            advance(1)
            return true
        }
        while true {
            guard try body(&self) else { return false }
            skipWhitespace(bytes)
            let byte = try peek(bytes)
            advance(1)
            if byte == closing { return true }
        }
    }
}
