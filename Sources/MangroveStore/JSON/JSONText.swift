/// JSON text as bytes: checked, taken apart and written, never re-encoded.
///
/// The store keeps what it was given, so a value is handled as the bytes it stands in: `1.0`, an integer of any size, the
/// order of members and the whitespace inside all stay. What is accepted is RFC 8259 exactly, in UTF-8 without a byte
/// order mark; there are no extensions.
package enum JSONText {
    /// How deep arrays and objects may be nested; deeper text is refused.
    package static let maximumDepth = 512

    /// Checks that `text` is one JSON value, with or without whitespace around it.
    /// - Throws: ``JSONError``: the first rule broken, and where.
    package static func check(_ text: [UInt8]) throws(JSONError) {
        let text = text.span
        var scanner = JSONScanner()
        try scanner.passValue(text)
        try expectEnd(scanner, text)
    }

    /// Checks that `text` is one JSON object, all of it, and finds its members.
    /// - Throws: ``JSONError``: the first rule broken, and where; two members of one name break one.
    package static func object(_ text: [UInt8]) throws(JSONError) -> JSONObject {
        let bytes = text.span
        var scanner = JSONScanner()
        scanner.skipWhitespace(bytes)
        let start = scanner.offset
        try scanner.pass(UInt8(ascii: "{"), "a JSON object", bytes)
        var members: [JSONObject.Member] = []
        scanner.skipWhitespace(bytes)
        if try scanner.peek(bytes) == UInt8(ascii: "}") {
            scanner.advance(1)
        } else {
            var expected = "a member name or '}'"
            while true {
                let name = try scanner.passName(bytes, expected: expected)
                scanner.skipWhitespace(bytes)
                let value = scanner.offset
                try scanner.passValue(bytes, outer: 1)
                members.append(
                    .init(name: try string(text, at: name), nameOffset: name.lowerBound, value: value..<scanner.offset)
                )
                scanner.skipWhitespace(bytes)
                let byte = try scanner.peek(bytes)
                if byte == UInt8(ascii: "}") { break }
                try scanner.pass(UInt8(ascii: ","), "',' or '}'", bytes)
                expected = "a member name"
            }
            scanner.advance(1)
        }
        let object = JSONObject(bytes: start..<scanner.offset, members: members)
        try expectEnd(scanner, bytes)
        if let double = object.repeatedMember { throw JSONError(.duplicateMember(double.name), at: double.nameOffset) }
        return object
    }

    private static func expectEnd(_ scanner: JSONScanner, _ text: Span<UInt8>) throws(JSONError) {
        var scanner = scanner
        scanner.skipWhitespace(text)
        if scanner.offset < text.count { throw JSONError(.trailing(text[scanner.offset]), at: scanner.offset) }
    }
}

/// Where the parts of a JSON object stand in the text it was found in.
package struct JSONObject: Sendable, Equatable {
    /// One member.
    package struct Member: Sendable, Equatable {
        /// Its name, decoded.
        package var name: String
        /// Where its name begins.
        package var nameOffset: Int
        /// The bytes of its value, without whitespace around it.
        package var value: Range<Int>
    }

    /// The bytes of the object itself, without whitespace around it.
    package var bytes: Range<Int>
    /// Its members, in the order of the text.
    package var members: [Member]

    /// The member of this name, compared code point by code point, or nil.
    package subscript(name: String) -> Member? {
        members.first { $0.name.utf8.elementsEqual(name.utf8) }
    }

    /// The first member whose name an earlier one has.
    var repeatedMember: Member? {
        // Few members are compared pair by pair, which allocates nothing; many go through a set, which stays linear.
        guard members.count > 12 else {
            for (index, member) in members.enumerated() {
                for earlier in members[..<index] where earlier.name.utf8.elementsEqual(member.name.utf8) {
                    return member
                }
            }
            return nil
        }
        var names: Set<[UInt8]> = []
        return members.first { !names.insert(Array($0.name.utf8)).inserted }
    }
}
