import Testing

@testable import MangroveStore

@Suite("JSON text")
struct JSONTextTests {
    private static let depth = JSONText.maximumDepth

    private static let valid = [
        "null", "true", "false", "0", "-0", "1", "-1", "10", "1.0", "0.5", "-0.0", "1e5", "1E+5", "1.25e-300",
        "123456789012345678901234567890", "1e999999", "\"\"", "\"abc\"", "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"",
        "\"\\u0041\"",
        "\"\\ud83c\\udf89\"", "\"\\ud83c\"", "\"ä日🎉\"", "\"\u{7F}\"", "[]", "[ ]", "[1]", "[1,2]", "[ 1 , [ ] ]", "{}",
        "{ }", "{\"a\":1}", "{\"a\":{\"b\":[{}]}}", " \t\r\n1\n", "{\"a\" : 1 , \"b\":\n2}", "[\"\u{2028}\"]",
        "[null,true]",
        String(repeating: "[", count: depth) + String(repeating: "]", count: depth),
        String(repeating: "{\"a\":[", count: depth / 2) + "1" + String(repeating: "]}", count: depth / 2),
    ]

    @Test("Everything RFC 8259 allows passes", arguments: valid)
    func accepts(_ text: String) throws {
        try JSONText.check(Array(text.utf8))
    }

    private static let invalid: [(String, Int)] = [
        ("", 0), (" ", 1), ("nul", 3), ("nule", 0), ("True", 0), ("01", 1), ("-", 1), ("+1", 0), (".5", 0), ("1.", 2),
        ("1.e3", 2), ("1e", 2), ("1e+", 3), ("0x10", 1), ("1a", 1), ("NaN", 0), ("Infinity", 0), ("-Infinity", 1),
        ("1 2", 2), ("\"", 1), ("\"abc", 4), ("\"\\", 2), ("\"\\x\"", 1), ("\"\\u12\"", 1), ("\"\\u12g4\"", 1),
        ("\"a\nb\"", 2), ("\"\t\"", 1), ("'a'", 0), ("[", 1), ("[1", 2), ("[1,]", 3), ("[,1]", 1), ("[1 2]", 3),
        ("]", 0),
        ("[1}", 2), ("{", 1), ("{\"a\"", 4), ("{\"a\":", 5), ("{\"a\":}", 5), ("{\"a\" 1}", 5), ("{\"a\":1,}", 7),
        ("{a:1}", 1), ("{1:1}", 1), ("{\"a\":1 \"b\":2}", 7), ("{\"a\":1]", 6), ("[]]", 2), ("{}{}", 2), ("// c\n1", 0),
        ("[1,/**/2]", 3), ("\u{FEFF}1", 0), ("\u{A0}1", 0),
        (String(repeating: "[", count: depth + 1), depth), (String(repeating: "{\"a\":", count: depth + 1), 5 * depth),
    ]

    @Test("What RFC 8259 does not allow is refused where it goes wrong", arguments: invalid)
    func refuses(_ text: String, _ offset: Int) {
        let error = #expect(throws: JSONError.self) { try JSONText.check(Array(text.utf8)) }
        #expect(error?.offset == offset)
    }

    private static let notUTF8: [[UInt8]] = [
        [0x80], [0xC0, 0x80], [0xC1, 0xBF], [0xC3], [0xC3, 0x28], [0xE0, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        [0xED, 0xA0, 0x80],
        [0xED, 0xBF, 0xBF], [0xE2, 0x82], [0xE2, 0x28, 0xA1], [0xF0, 0x80, 0x80, 0x80], [0xF0, 0x8F, 0xBF, 0xBF],
        [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xF8, 0x88, 0x80, 0x80, 0x80], [0xFF], [0xF0, 0x9F, 0x8E],
        [0xF0, 0x9F, 0x28, 0x89],
    ]

    @Test("Strings that are not UTF-8 are refused", arguments: notUTF8)
    func refusesBadUTF8(_ bytes: [UInt8]) {
        let error = #expect(throws: JSONError.self) { try JSONText.check([0x22, 0x61] + bytes + [0x22]) }
        #expect(error == JSONError(.notUTF8, at: 2))
    }

    @Test("Every boundary of UTF-8 passes")
    func acceptsUTF8Boundaries() throws {
        for value: UInt32 in [0x20, 0x7F, 0x80, 0x7FF, 0x800, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(value))
            try JSONText.check(Array("\"\(Character(scalar))\"".utf8))
        }
    }

    @Test("Members are given back as the bytes they stand in")
    func membersKeepTheirBytes() throws {
        let values = [
            "1.0", "123456789012345678901234567890", "{ \"b\" : 1,\t\"a\":2 }", "[1 , 2]", "\"\\u0041\\/\"", "1E+2",
            "null",
        ]
        let members = values.enumerated().map { "\"m\($0)\" :  \($1) " }.joined(separator: ",")
        let text = Array("  {\(members)} ".utf8)
        let object = try JSONText.object(text)
        #expect(object.members.count == values.count)
        for (index, value) in values.enumerated() {
            let member = try #require(object["m\(index)"])
            #expect(String(decoding: text[member.value], as: UTF8.self) == value)
        }
        #expect(String(decoding: text[object.bytes], as: UTF8.self) == "{\(members)}")
    }

    @Test(
        "What is not an object has no members",
        arguments: ["[]", "1", "\"a\"", "", "{} x", "{\"a\":1", "{\"a\":1,}"]
    )
    func onlyObjectsHaveMembers(_ text: String) {
        #expect(throws: JSONError.self) { try JSONText.object(Array(text.utf8)) }
    }

    @Test("Two members of one name are an error, however they are spelt and however many others there are")
    func duplicateMembers() throws {
        let few = #expect(throws: JSONError.self) { try JSONText.object(Array("{\"a\":1,\"b\":2,\"\\u0061\":3}".utf8)) }
        #expect(few == JSONError(.duplicateMember("a"), at: 13))
        let many = (0..<40).map { "\"k\($0)\":0" }.joined(separator: ",")
        _ = try JSONText.object(Array("{\(many)}".utf8))
        #expect(throws: JSONError.self) { try JSONText.object(Array("{\(many),\"k7\":1}".utf8)) }
    }

    @Test("Names that only look alike are different names")
    func canonicallyEquivalentNames() throws {
        let object = try JSONText.object(Array("{\"\u{E9}\":1,\"e\u{301}\":2}".utf8))
        #expect(object.members.count == 2)
        #expect(object["e\u{301}"]?.value == object.members[1].value)
    }

    @Test("Nesting is limited from the outside of an object on")
    func depthInMembers() throws {
        let inside = Self.depth - 1
        let text = "{\"a\":" + String(repeating: "[", count: inside) + String(repeating: "]", count: inside) + "}"
        _ = try JSONText.object(Array(text.utf8))
        let deeper =
            "{\"a\":" + String(repeating: "[", count: inside + 1) + String(repeating: "]", count: inside + 1) + "}"
        let error = #expect(throws: JSONError.self) { try JSONText.object(Array(deeper.utf8)) }
        #expect(error?.reason == .tooDeep)
    }

    @Test("Errors say what and where, counting from one")
    func messages() {
        let error = #expect(throws: JSONError.self) { try JSONText.check(Array("{\"a\" 1}".utf8)) }
        #expect(error?.description == "expected ':', found '1' at byte 6")
    }
}

@Suite("JSON strings")
struct JSONStringTests {
    private func decode(_ text: String) throws(JSONError) -> String {
        let bytes = Array(text.utf8)
        return try JSONText.string(bytes, at: 0..<bytes.count)
    }

    @Test(
        "Escapes are decoded",
        arguments: [
            ("\"\"", ""), ("\"plain\"", "plain"), ("\"\\\"\\\\\\/\"", "\"\\/"),
            ("\"\\b\\f\\n\\r\\t\"", "\u{8}\u{C}\n\r\t"),
            ("\"\\u0041\\u00e4\\u65E5\"", "Aä日"), ("\"\\ud83c\\udf89!\"", "🎉!"), ("\"\\u0000\"", "\0"),
            ("\"x\\ud7ff\"", "x\u{D7FF}"),
        ]
    )
    func decodes(_ text: String, _ expected: String) throws {
        #expect(try decode(text) == expected)
    }

    @Test(
        "Half of a surrogate pair cannot be decoded",
        arguments: [
            "\"\\ud83c\"", "\"\\udf89\"", "\"\\ud83cx\"", "\"\\ud83c\\n\"", "\"\\ud83c\\u0041\"",
            "\"\\ud83c\\ud83c\\udf89\"",
        ]
    )
    func refusesLoneSurrogates(_ text: String) throws {
        try JSONText.check(Array(text.utf8))
        let error = #expect(throws: JSONError.self) { try decode(text) }
        #expect(error?.reason == .loneSurrogate)
    }

    @Test("What is not a string is not decoded", arguments: ["1", "null", "{}", "[1,2]"])
    func refusesOthers(_ text: String) {
        #expect(throws: JSONError.self) { try decode(text) }
    }

    @Test("Every character survives being written and read")
    func roundTrip() throws {
        let all = (0...0x2100).compactMap(Unicode.Scalar.init).map { String(Character($0)) }.joined() + "🎉\u{10FFFF}"
        let text = JSONText.quoted(all)
        try JSONText.check(Array(text.utf8))
        #expect(try Array(decode(text).utf8) == Array(all.utf8))
        #expect(!text.utf8.contains { $0 < 0x20 })
    }
}
