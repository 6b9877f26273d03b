import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program's streams")
struct StreamTests {
    private func makePipe() -> (reader: Int32, writer: Int32) {
        var ends: [Int32] = [-1, -1]
        _ = pipe(&ends)
        return (ends[0], ends[1])
    }

    @Test("What is written arrives, and a reader that has gone is told apart from other failures")
    func writing() throws {
        System.ignoreBrokenPipes()
        let ends = makePipe()
        let output = Output(DescriptorSink(ends.writer, name: "standard output"))
        try output.write("one\n")
        try output.line(JSONLine().with("two", 2))
        try output.flush()
        var bytes = [UInt8](repeating: 0, count: 100)
        let count = read(ends.reader, &bytes, 100)
        #expect(String(decoding: bytes[..<max(0, count)], as: UTF8.self) == "one\n{\"two\":2}\n")
        close(ends.reader)
        try output.write("three")
        let error = #expect(throws: StreamError.self) { try output.flush() }
        #expect(error?.isBrokenPipe == true)
        close(ends.writer)
        try output.write("four")
        let other = #expect(throws: StreamError.self) { try output.flush() }
        #expect(other?.isBrokenPipe == false)
        #expect(other?.description == "standard output: bad file descriptor")
    }

    @Test("Text is written out when enough of it has collected")
    func collecting() throws {
        let sink = KeepingSink()
        let output = Output(sink)
        for _ in 0..<1000 { try output.write(String(repeating: "x", count: 100)) }
        #expect(sink.writes.count == 1)
        try output.flush()
        try output.flush()
        #expect(sink.writes.count == 2)
        #expect(sink.text.utf8.count == 100_000)
    }

    @Test("A file is read to its end; a directory and a file that is not there are named")
    func reading() throws {
        let source = try DescriptorSource(#filePath)
        var bytes: [UInt8] = []
        while true {
            let piece = try source.read()
            if piece.isEmpty { break }
            bytes += piece
        }
        #expect(source.size == bytes.count)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix("import Testing\n"))
        let missing = #expect(throws: StreamError.self) { try DescriptorSource("/none/at/all") }
        #expect(missing?.description == "/none/at/all: no such file or directory")
        let directory = try DescriptorSource("/")
        #expect(directory.size == nil)
        let error = #expect(throws: StreamError.self) { try directory.read() }
        #expect(error?.description == "/: is a directory")
    }
}
