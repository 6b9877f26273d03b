extension JSONScanner {
    /// Passes a string, quotation marks included.
    ///
    /// Escaped halves of surrogate pairs pass: the grammar allows them, and text that is only stored is not decoded. What
    /// is decoded goes through ``JSONText/string(_:at:)``, which refuses them.
    mutating func passString(_ text: Span<UInt8>) throws(JSONError) {
        advance(1)
        while offset < text.count {
            let byte = text[offset]
            switch byte {
            case UInt8(ascii: "\""):
                advance(1)
                return
            case UInt8(ascii: "\\"): try passEscape(text)
            case 0x00..<0x20: throw JSONError(.controlCharacter(byte), at: offset)
            case 0x20..<0x80: passPlain(text)
            default: try passMultibyte(text)
            }
        }
        throw JSONError(.unexpectedEnd, at: offset)
    }

    /// Passes a character of one byte that needs no thought, and those of its kind that follow: eight at a time.
    private mutating func passPlain(_ text: Span<UInt8>) {
        advance(1)
        while offset <= text.count - 8 {
            let word = text.bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self).littleEndian
            let mark = PlainBytes.firstOther(in: word)
            advance(mark)
            if mark < 8 { return }
        }
    }

    private mutating func passEscape(_ text: Span<UInt8>) throws(JSONError) {
        let start = offset
        advance(1)
        switch try peek(text) {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            advance(1)
        case UInt8(ascii: "u"):
            advance(1)
            for _ in 0..<4 {
                guard hexadecimalValue(of: try peek(text)) != nil else { throw JSONError(.badEscape, at: start) }
                advance(1)
            }
        default: throw JSONError(.badEscape, at: start)
        }
    }

    /// Passes one character of two to four bytes: shortest form only, no surrogates, nothing beyond U+10FFFF.
    private mutating func passMultibyte(_ text: Span<UInt8>) throws(JSONError) {
        var lowest: UInt8 = 0x80
        var highest: UInt8 = 0xBF
        let length: Int
        switch text[offset] {
        case 0xC2...0xDF: length = 2
        case 0xE0: (length, lowest) = (3, 0xA0)
        case 0xED: (length, highest) = (3, 0x9F)
        case 0xE1...0xEF: length = 3
        case 0xF0: (length, lowest) = (4, 0x90)
        case 0xF1...0xF3: length = 4
        case 0xF4: (length, highest) = (4, 0x8F)
        default: throw JSONError(.notUTF8, at: offset)
        }
        guard offset + length <= text.count, lowest <= text[offset + 1], text[offset + 1] <= highest else {
            throw JSONError(.notUTF8, at: offset)
        }
        for index in 2..<max(length, 2) where text[offset + index] & 0xC0 != 0x80 {
            throw JSONError(.notUTF8, at: offset)
        }
        advance(length)
    }
}

/// The value of a hexadecimal digit of either case, or nil.
func hexadecimalValue(of byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
}
