import Testing

@testable import MangroveStore

@Suite("Lines of input")
struct LineSplitterTests {
    /// The lines of `text`, given in chunks of `size` bytes.
    private func lines(_ text: String, chunk size: Int = 3, limit: Int = 100) throws -> [String] {
        let bytes = Array(text.utf8)
        var splitter = LineSplitter(limit: limit)
        var lines: [String] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            splitter.append(Array(bytes[start..<min(start + size, bytes.count)]))
            while let line = try splitter.next() {
                lines.append("\(line.number):\(String(decoding: line.bytes, as: UTF8.self))")
            }
        }
        splitter.finish()
        while let line = try splitter.next() {
            lines.append("\(line.number):\(String(decoding: line.bytes, as: UTF8.self))")
        }
        return lines
    }

    @Test("Lines come out the same however the input is cut", arguments: 1...12)
    func chunks(_ size: Int) throws {
        #expect(try lines("one\ntwo\r\n\n  \t\n five\r\nsix", chunk: size) == ["1:one", "2:two", "5: five", "6:six"])
        #expect(try lines("\u{FEFF}one\n\u{FEFF}two\n", chunk: size) == ["1:one", "2:\u{FEFF}two"])
        #expect(try lines("a\rb\n\r\nc", chunk: size) == ["1:a\rb", "3:c"])
    }

    @Test(
        "Nothing, and nothing but blank lines, is no lines",
        arguments: ["", "\n", "\r\n\r\n", "  ", "\u{FEFF}", "\u{FEFF}\n"]
    )
    func blank(_ text: String) throws {
        #expect(try lines(text).isEmpty)
    }

    @Test("A line may be as long as the limit, its end not counted")
    func limit() throws {
        let full = String(repeating: "x", count: 10)
        #expect(try lines("\(full)\n\(full)\r\n\(full)", limit: 10).count == 3)
    }

    @Test("A longer line is refused by its number", arguments: ["\n", "\r\n", ""], 1...4)
    func tooLong(_ end: String, _ size: Int) {
        let error = #expect(throws: NDJSONError.self) {
            try lines("ok\n" + String(repeating: "x", count: 11) + end, chunk: size, limit: 10)
        }
        #expect(error == NDJSONError(line: 2, "longer than 10 bytes"))
    }

    @Test("A line without an end is refused before all of it has come")
    func endless() throws {
        var splitter = LineSplitter(limit: 10)
        splitter.append([UInt8](repeating: 0x78, count: 12))
        #expect(throws: NDJSONError.self) { try splitter.next() }
    }
}
