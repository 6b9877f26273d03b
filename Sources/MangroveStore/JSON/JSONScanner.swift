/// Walks over JSON text, checking every byte of it against RFC 8259, and changes nothing.
///
/// The nesting is not kept on the call stack, so hostile input cannot overflow it. The text is handed to every call
/// instead of being held, because a span cannot outlive the array it looks into.
package struct JSONScanner {
    /// Where the scanner stands: the next byte to read.
    package private(set) var offset: Int

    package init(at offset: Int = 0) {
        self.offset = offset
    }

    /// Skips spaces, tabs and line ends.
    package mutating func skipWhitespace(_ text: Span<UInt8>) {
        while offset < text.count {
            switch text[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// The next byte, without passing it.
    func peek(_ text: Span<UInt8>) throws(JSONError) -> UInt8 {
        guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
        return text[offset]
    }

    /// Passes `byte`, or fails.
    mutating func pass(_ byte: UInt8, _ expected: String, _ text: Span<UInt8>) throws(JSONError) {
        let found = try peek(text)
        guard found == byte else { throw JSONError(.unexpected(found, expected: expected), at: offset) }
        offset += 1
    }

    /// Passes one value of any kind, with the whitespace before it and none after it.
    /// - Parameter outer: how many arrays and objects the value already stands in.
    package mutating func passValue(_ text: Span<UInt8>, outer: Int = 0) throws(JSONError) {
        var nesting = JSONNesting(depth: outer)
        while true {
            skipWhitespace(text)
            var complete = true
            switch try peek(text) {
            case UInt8(ascii: "{"):
                complete = try open(.object, &nesting, text)
            case UInt8(ascii: "["):
                complete = try open(.array, &nesting, text)
            case UInt8(ascii: "\""): try passString(text)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): try passNumber(text)
            case UInt8(ascii: "t"): try passWord("true", text)
            case UInt8(ascii: "f"): try passWord("false", text)
            case UInt8(ascii: "n"): try passWord("null", text)
            case let byte: throw JSONError(.unexpected(byte, expected: "a JSON value"), at: offset)
            }
            guard complete else { continue }
            guard try passSeparators(&nesting, outer: outer, text) else { return }
        }
    }

    /// Passes the opening of a container and, in an object, its first name.
    /// - Returns: whether the container turned out empty and so is a complete value.
    private mutating func open(
        _ kind: JSONNesting.Kind,
        _ nesting: inout JSONNesting,
        _ text: Span<UInt8>
    ) throws(JSONError) -> Bool {
        guard nesting.depth < JSONText.maximumDepth else { throw JSONError(.tooDeep, at: offset) }
        offset += 1
        skipWhitespace(text)
        if try peek(text) == kind.closing {
            offset += 1
            return true
        }
        nesting.push(kind)
        if kind == .object { try passName(text, expected: "a member name or '}'") }
        return false
    }

    /// After a complete value: passes what closes containers around it, up to the separator before the next value.
    /// - Returns: whether another value follows; false when the outermost one is complete.
    private mutating func passSeparators(
        _ nesting: inout JSONNesting,
        outer: Int,
        _ text: Span<UInt8>
    ) throws(JSONError) -> Bool {
        while nesting.depth > outer {
            skipWhitespace(text)
            let kind = nesting.innermost
            let byte = try peek(text)
            if byte == UInt8(ascii: ",") {
                offset += 1
                if kind == .object { try passName(text, expected: "a member name") }
                return true
            }
            guard byte == kind.closing else {
                throw JSONError(.unexpected(byte, expected: kind == .object ? "',' or '}'" : "',' or ']'"), at: offset)
            }
            offset += 1
            nesting.pop()
        }
        return false
    }

    /// Passes a member's name and the colon after it.
    /// - Returns: the bytes of the name, quotation marks included.
    @discardableResult
    mutating func passName(_ text: Span<UInt8>, expected: String) throws(JSONError) -> Range<Int> {
        skipWhitespace(text)
        let start = offset
        let byte = try peek(text)
        guard byte == UInt8(ascii: "\"") else {
            throw JSONError(.unexpected(byte, expected: expected), at: offset)
        }
        try passString(text)
        let end = offset
        skipWhitespace(text)
        try pass(UInt8(ascii: ":"), "':'", text)
        return start..<end
    }

    private mutating func passWord(_ word: StaticString, _ text: Span<UInt8>) throws(JSONError) {
        let start = offset
        let length = word.utf8CodeUnitCount
        for index in 0..<length {
            guard offset < text.count else { throw JSONError(.unexpectedEnd, at: offset) }
            guard text[offset] == word.utf8Start[index] else {
                throw JSONError(.unexpected(text[start], expected: "a JSON value"), at: start)
            }
            offset += 1
        }
    }

    private mutating func passNumber(_ text: Span<UInt8>) throws(JSONError) {
        if text[offset] == UInt8(ascii: "-") { offset += 1 }
        if try peek(text) == UInt8(ascii: "0") {
            offset += 1
        } else {
            try passDigits(text)
        }
        if offset < text.count, text[offset] == UInt8(ascii: ".") {
            offset += 1
            try passDigits(text)
        }
        if offset < text.count, text[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            let sign = try peek(text)
            if sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { offset += 1 }
            try passDigits(text)
        }
        // A digit or letter glued to the number, as in 01 or 1x, is a broken number rather than a missing comma.
        if offset < text.count, Self.continuesNumber(text[offset]) { throw JSONError(.badNumber, at: offset) }
    }

    private mutating func passDigits(_ text: Span<UInt8>) throws(JSONError) {
        guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(try peek(text)) else {
            throw JSONError(.badNumber, at: offset)
        }
        while offset < text.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(text[offset]) { offset += 1 }
    }

    private static func continuesNumber(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "+"), UInt8(ascii: "-"):
            true
        default: false
        }
    }

    /// Moves on by `count` bytes that the caller has checked.
    mutating func advance(_ count: Int) {
        offset += count
    }
}

/// Which containers the scanner is in, outermost first: a bit for each of the first 64 levels, which need no allocation,
/// and an array for the few texts that go deeper.
private struct JSONNesting {
    enum Kind {
        case array
        case object

        var closing: UInt8 { self == .object ? UInt8(ascii: "}") : UInt8(ascii: "]") }
    }

    private var objects: UInt64 = 0
    private var deeper: [Kind] = []
    private(set) var depth: Int

    init(depth: Int) {
        self.depth = depth
    }

    /// The container the scanner is directly in; only asked when there is one.
    var innermost: Kind {
        if let last = deeper.last { return last }
        return objects & (1 << UInt64(depth - 1)) == 0 ? .array : .object
    }

    mutating func push(_ kind: Kind) {
        if depth >= 64 {
            deeper.append(kind)
        } else if kind == .object {
            objects |= 1 << UInt64(depth)
        } else {
            objects &= ~(1 << UInt64(depth))
        }
        depth += 1
    }

    mutating func pop() {
        _ = deeper.popLast()
        depth -= 1
    }
}
