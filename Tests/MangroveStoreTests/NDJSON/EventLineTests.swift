import Testing

@testable import MangroveStore

private let fresh = EventID(high: 1, low: 2)

@Suite("Events on lines")
struct EventLineTests {
    private let reader = EventLine(store: "orders", stream: "order-1")

    private func event(_ text: String, line: Int = 1) throws(NDJSONError) -> NewEvent {
        try reader.event(of: NumberedLine(number: line, bytes: Array(text.utf8))) { fresh }
    }

    @Test(
        "Data and metadata are taken byte for byte",
        arguments: [
            "1.0", "123456789012345678901234567890", "{ \"b\" : 1,\t\"a\":[1 ,2] }", "\"\\u0041\\ud83c\"", "null", "-0",
            "[]",
        ]
    )
    func bytes(_ value: String) throws {
        let event = try event("{\"metadata\": \(value) ,\"type\":\"t\",\"data\" :  \(value)  }")
        #expect(event.data == Array(value.utf8))
        #expect(event.metadata == Array(value.utf8))
    }

    @Test("An id is a UUID, a name, or made")
    func ids() throws {
        let uuid = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
        #expect(try event("{\"type\":\"t\",\"data\":1,\"id\":\"\(uuid)\"}").id.description == uuid)
        let named = EventID(derivedFrom: "first", stream: "order-1", store: "orders")
        #expect(try event("{\"type\":\"t\",\"data\":1,\"id\":\"fi\\u0072st\"}").id == named)
        #expect(try event("{\"type\":\"t\",\"data\":1}").id == fresh)
        #expect(try event("{\"type\":\"t\",\"data\":1,\"id\":null}").id == fresh)
        #expect(try event("{\"type\":\"t\",\"data\":1}").metadata == nil)
    }

    @Test("Tags are an array of strings, and come back as one")
    func tags() throws {
        let tagged = try event("{\"type\":\"t\",\"data\":1,\"tags\": [ \"red\" ,\"gr\\u00fcn\"]}")
        #expect(tagged.tags == ["red", "grün"])
        #expect(try event("{\"type\":\"t\",\"data\":1,\"tags\":[]}").tags == [])
        for bad in ["1", "\"a\"", "[1]", "[\"a\",null]", "[[\"a\"]]", "{}"] {
            #expect(throws: NDJSONError.self) { try event("{\"type\":\"t\",\"data\":1,\"tags\":\(bad)}") }
        }
        var line: [UInt8] = []
        RecordedEvent(
            stream: "s",
            version: 0,
            position: 0,
            id: fresh,
            type: "t",
            data: [0x31],
            metadata: nil,
            tags: ["a\"b", "c"],
            created: Timestamp(microseconds: 0)
        ).appendLine(to: &line)
        #expect(try event(String(decoding: line, as: UTF8.self)).tags == ["a\"b", "c"])
    }

    @Test("What a store gives back can be appended")
    func roundTrip() throws {
        let recorded = RecordedEvent(
            stream: "a \"b\"",
            version: 3,
            position: 17,
            id: EventID(high: 5, low: 6),
            type: "t\n",
            data: Array("{\"n\" : 1.0}".utf8),
            metadata: Array("[ ]".utf8),
            created: Timestamp(microseconds: 1)
        )
        var line: [UInt8] = []
        recorded.appendLine(to: &line)
        let expected =
            #"{"stream":"a \"b\"","version":3,"position":17,"id":"00000000-0000-0005-0000-000000000006","type":"t\n","#
            + #""data":{"n" : 1.0},"metadata":[ ],"created":"1970-01-01T00:00:00.000001Z"}"# + "\n"
        #expect(String(decoding: line, as: UTF8.self) == expected)
        let event = try event(String(expected.dropLast()))
        #expect(event == NewEvent(id: recorded.id, type: "t\n", data: recorded.data, metadata: recorded.metadata))
    }

    @Test("A line end inside data that came another way does not break the line, and no metadata is no member")
    func lineEnds() {
        let recorded = RecordedEvent(
            stream: "s",
            version: 0,
            position: 0,
            id: fresh,
            type: "t",
            data: Array("[1,\n2]".utf8),
            metadata: nil,
            created: Timestamp(microseconds: 0)
        )
        var line: [UInt8] = []
        recorded.appendLine(to: &line)
        let text = String(decoding: line, as: UTF8.self)
        #expect(text.contains("\"data\":[1, 2],\"created\""))
        #expect(text.filter { $0 == "\n" }.count == 1)
    }

    @Test(
        "What is not an event is refused, and the line named",
        arguments: [
            ("{\"type\":\"t\"}", "there is no \"data\""), ("{\"data\":1}", "there is no \"type\""),
            ("{\"type\":1,\"data\":1}", "\"type\" is not a string"),
            ("{\"type\":null,\"data\":1}", "\"type\" is not a string"),
            ("{\"type\":\"\",\"data\":1}", "\"type\" is empty"),
            ("{\"type\":\"t\",\"data\":1,\"id\":7}", "\"id\" is not a string"),
            ("{\"type\":\"t\",\"data\":1,\"metdata\":2}", "unknown member \"metdata\""),
            ("{\"type\":\"t\",\"data\":1,\"data\":2}", "the member \"data\" is there twice at byte 22"),
            ("[1]", "expected a JSON object, found '[' at byte 1"),
            ("{\"type\":\"t\",\"data\":}", "expected a JSON value, found '}' at byte 20"),
            ("{\"type\":\"\\ud83c\",\"data\":1}", "half of a surrogate pair in a string at byte 10"),
            ("nonsense", "expected a JSON object, found 'n' at byte 1"),
        ]
    )
    func refused(_ text: String, _ what: String) {
        let error = #expect(throws: NDJSONError.self) { try event(text, line: 7) }
        #expect(error?.description == "line 7: \(what)")
    }
}

@Suite("Imported lines")
struct ImportLineTests {
    private func read(_ text: String, _ keys: ImportLine.Keys = .init()) throws(NDJSONError) -> ImportLine.Event {
        try ImportLine(store: "orders", keys: keys).event(of: NumberedLine(number: 4, bytes: Array(text.utf8))) {
            fresh
        }
    }

    @Test("An object with data is taken apart")
    func withData() throws {
        let line = try read("{\"stream\":\"s\",\"type\":\"t\",\"id\":\"x\",\"data\":1.0,\"metadata\":[ ]}")
        #expect(line.stream == "s")
        #expect(line.event.id == EventID(derivedFrom: "x", stream: "s", store: "orders"))
        #expect(line.event.data == Array("1.0".utf8))
        #expect(line.event.metadata == Array("[ ]".utf8))
        #expect(line.ignored.isEmpty)
    }

    @Test("An object without data is the data, as it stands")
    func whole() throws {
        let object = "{\"author\": \"ann\", \"kind\":\"commit\" ,\"sha\":\"abc\",\"n\":1.0, \"metadata\":1}"
        let line = try read("  \(object) ", .init(stream: "author", type: "kind", id: "sha"))
        #expect(line.stream == "ann")
        #expect(line.event.type == "commit")
        #expect(line.event.id == EventID(derivedFrom: "abc", stream: "ann", store: "orders"))
        #expect(line.event.data == Array(object.utf8))
        #expect(line.event.metadata == nil)
        #expect(line.ignored.isEmpty)
    }

    @Test("Members beside data are named, those a store adds are not")
    func ignored() throws {
        let text =
            "{\"stream\":\"s\",\"type\":\"t\",\"data\":1,\"more\":2,\"version\":1,\"position\":2,\"created\":\"c\"}"
        #expect(try read(text).ignored == ["more"])
        #expect(try read(text, .init(stream: "stream", type: "type", id: "other")).ignored == ["more"])
        #expect(try read(text, .init(stream: "created")).ignored == ["stream", "more"])
    }

    @Test(
        "A line that lacks what the keys name is refused",
        arguments: [
            ("{\"type\":\"t\"}", "there is no \"stream\""), ("{\"stream\":\"s\"}", "there is no \"type\""),
            ("{\"stream\":\"\",\"type\":\"t\"}", "\"stream\" is empty"),
            ("{\"stream\":5,\"type\":\"t\"}", "\"stream\" is not a string"),
            ("{\"stream\":\"s\",\"type\":\"t\",\"id\":{}}", "\"id\" is not a string"),
            ("", "the JSON text ends too early at byte 1"),
        ]
    )
    func refused(_ text: String, _ what: String) {
        let error = #expect(throws: NDJSONError.self) { try read(text) }
        #expect(error == NDJSONError(line: 4, what))
    }
}
