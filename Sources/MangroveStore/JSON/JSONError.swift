/// Why a text is not the JSON that was asked for, and where.
package struct JSONError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The rules a text can break.
    package enum Reason: Sendable, Equatable {
        /// The text ends in the middle of a value.
        case unexpectedEnd
        /// This byte cannot stand here; `expected` says what could.
        case unexpected(UInt8, expected: String)
        /// Something follows the value.
        case trailing(UInt8)
        /// The bytes are not UTF-8.
        case notUTF8
        /// A control character stands unescaped in a string.
        case controlCharacter(UInt8)
        /// A backslash is followed by something that is not an escape.
        case badEscape
        /// A string that must be decoded has half of a surrogate pair.
        case loneSurrogate
        /// A number is not written as JSON writes numbers.
        case badNumber
        /// Arrays and objects are nested deeper than ``JSONText/maximumDepth``.
        case tooDeep
        /// An object has two members of this name.
        case duplicateMember(String)
    }

    /// The rule that is broken.
    package var reason: Reason
    /// Where: bytes from the beginning of the text.
    package var offset: Int

    /// Makes an error.
    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    /// One line: what is wrong and where, counting bytes from 1 as editors do.
    package var description: String {
        "\(what) at byte \(offset + 1)"
    }

    /// What is wrong, without the place.
    package var what: String {
        switch reason {
        case .unexpectedEnd: "the JSON text ends too early"
        case .unexpected(let byte, let expected): "expected \(expected), found \(Self.name(of: byte))"
        case .trailing(let byte): "unexpected \(Self.name(of: byte)) after the JSON value"
        case .notUTF8: "the text is not UTF-8"
        case .controlCharacter(let byte): "\(Self.name(of: byte)) must be escaped in a string"
        case .badEscape: "bad escape in a string"
        case .loneSurrogate: "half of a surrogate pair in a string"
        case .badNumber: "bad number"
        case .tooDeep: "nested deeper than \(JSONText.maximumDepth) levels"
        case .duplicateMember(let name): "the member \"\(name)\" is there twice"
        }
    }

    /// A byte for people: printable ASCII as itself, anything else by number.
    private static func name(of byte: UInt8) -> String {
        if (0x21...0x7E).contains(byte) { return "'\(Character(Unicode.Scalar(byte)))'" }
        if byte == 0x20 { return "a space" }
        let digits = String(byte, radix: 16, uppercase: true)
        return "byte 0x" + (digits.count == 1 ? "0" : "") + digits
    }
}
