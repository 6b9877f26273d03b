extension JSONText {
    /// The string that stands in `text` at `range`, decoded.
    ///
    /// - Parameter range: the bytes of a string that ``object(_:)`` has passed, quotation marks included.
    /// - Throws: ``JSONError`` if there is no string there, or if it has half of a surrogate pair, which no decoded text
    ///   can hold: replacing it would make two different strings one.
    package static func string(_ text: [UInt8], at range: Range<Int>) throws(JSONError) -> String {
        guard range.count >= 2, text[range.lowerBound] == UInt8(ascii: "\"") else {
            throw JSONError(.unexpected(text[range.lowerBound], expected: "a string"), at: range.lowerBound)
        }
        let inside = range.lowerBound + 1..<range.upperBound - 1
        guard text[inside].contains(UInt8(ascii: "\\")) else { return String(decoding: text[inside], as: UTF8.self) }

        var decoded: [UInt8] = []
        decoded.reserveCapacity(inside.count)
        var index = inside.lowerBound
        while index < inside.upperBound {
            let byte = text[index]
            guard byte == UInt8(ascii: "\\") else {
                decoded.append(byte)
                index += 1
                continue
            }
            let escape = text[index + 1]
            if escape == UInt8(ascii: "u") {
                let (scalar, length) = try escapedScalar(text, at: index, end: inside.upperBound)
                decoded.append(contentsOf: Array(String(Character(scalar)).utf8))
                index += length
            } else {
                decoded.append(plainEscape(escape))
                index += 2
            }
        }
        return String(decoding: decoded, as: UTF8.self)
    }

    /// The strings of the array that stands in `text` at `range`, decoded.
    /// - Parameter range: the bytes of a value that ``object(_:)`` has passed.
    /// - Throws: ``JSONError`` if it is no array of strings.
    package static func strings(_ text: [UInt8], at range: Range<Int>) throws(JSONError) -> [String] {
        let bytes = text.span
        var scanner = JSONScanner()
        scanner.advance(range.lowerBound)
        try scanner.pass(UInt8(ascii: "["), "an array of strings", bytes)
        var strings: [String] = []
        scanner.skipWhitespace(bytes)
        while try scanner.peek(bytes) != UInt8(ascii: "]") {
            let start = scanner.offset
            try scanner.passValue(bytes, outer: 1)
            strings.append(try string(text, at: start..<scanner.offset))
            scanner.skipWhitespace(bytes)
            // The text was checked before: a comma is followed by a value.
            if try scanner.peek(bytes) == UInt8(ascii: ",") { scanner.advance(1) }
            scanner.skipWhitespace(bytes)
        }
        return strings
    }

    /// Writes `string` as a JSON string, quotation marks included: only what must be escaped is.
    package static func append(_ string: String, to text: inout [UInt8]) {
        text.append(UInt8(ascii: "\""))
        for byte in string.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): text.append(contentsOf: [UInt8(ascii: "\\"), byte])
            case 0x0A: text.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "n")])
            case 0x0D: text.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "r")])
            case 0x09: text.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "t")])
            case 0x00..<0x20:
                text.append(contentsOf: Array("\\u00".utf8))
                text.append(hexadecimalDigit(byte >> 4))
                text.append(hexadecimalDigit(byte & 15))
            default: text.append(byte)
            }
        }
        text.append(UInt8(ascii: "\""))
    }

    /// `string` as a JSON string, quotation marks included.
    package static func quoted(_ string: String) -> String {
        var text: [UInt8] = []
        append(string, to: &text)
        return String(decoding: text, as: UTF8.self)
    }

    private static func plainEscape(_ byte: UInt8) -> UInt8 {
        switch byte {
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0C
        case UInt8(ascii: "n"): 0x0A
        case UInt8(ascii: "r"): 0x0D
        case UInt8(ascii: "t"): 0x09
        default: byte
        }
    }

    /// The scalar of the `\u` escape at `index`, taking the second half of a pair with it, and how many bytes it took.
    private static func escapedScalar(
        _ text: [UInt8],
        at index: Int,
        end: Int
    ) throws(JSONError) -> (Unicode.Scalar, Int) {
        let first = codeUnit(text, at: index)
        if let scalar = Unicode.Scalar(UInt32(first)) { return (scalar, 6) }
        guard first < 0xDC00, index + 12 <= end, text[index + 6] == UInt8(ascii: "\\"),
            text[index + 7] == UInt8(ascii: "u")
        else { throw JSONError(.loneSurrogate, at: index) }
        let second = codeUnit(text, at: index + 6)
        let code = 0x10000 + (UInt32(first & 0x3FF) << 10 | UInt32(second & 0x3FF))
        guard (0xDC00..<0xE000).contains(second), let scalar = Unicode.Scalar(code) else {
            throw JSONError(.loneSurrogate, at: index)
        }
        return (scalar, 12)
    }

    private static func codeUnit(_ text: [UInt8], at index: Int) -> UInt16 {
        text[index + 2..<index + 6].reduce(0) { $0 << 4 | UInt16(hexadecimalValue(of: $1) ?? 0) }
    }
}

/// The lowercase hexadecimal digit for the low four bits of `value`.
func hexadecimalDigit(_ value: UInt8) -> UInt8 {
    let value = value & 15
    return value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
}
