import MangroveStore
import Testing

@testable import grove

@Suite("grove import")
struct ImportTests {
    private func line(_ stream: String, _ number: Int) -> String {
        "{\"stream\":\"\(stream)\",\"type\":\"t\",\"id\":\"\(number)\",\"data\":\(number)}\n"
    }

    private func text(_ count: Int) -> String {
        (1...count).map { line($0 % 3 == 0 ? "b" : "a", $0) }.joined()
    }

    @Test("Events go to the streams they name, in the order of the lines", arguments: [true, false])
    func order(_ isFile: Bool) async {
        let bench = Bench()
        bench.files["-"] = TextSource([text(10)], isFile: isFile)
        #expect(await bench.run("import", "orders", "--batch", "4") == .done)
        #expect(bench.gateway.events().map { String(decoding: $0.data, as: UTF8.self) } == (1...10).map(String.init))
        #expect(bench.gateway.events().map(\.stream).joined() == "aabaabaaba")
        #expect(bench.gateway.appends.map { $0.map(\.events.count).reduce(0, +) } == [4, 4, 2])
        #expect(bench.gateway.appends[0].map(\.stream) == ["a", "b", "a"])
        #expect(bench.lines == ["{\"events\":10,\"position\":9}"])
        #expect(bench.complaint.isEmpty)
    }

    @Test("Every durable batch is reported at once, by its lines", arguments: [true, false])
    func acks(_ isFile: Bool) async {
        let bench = Bench()
        bench.files["events.ndjson"] = TextSource(["\n" + text(3), "\n\n" + line("c", 9)], isFile: isFile)
        #expect(await bench.run("import", "orders", "--batch=2", "--acks", "events.ndjson") == .done)
        #expect(
            bench.output.writes == [
                "{\"lines\":[2,3],\"position\":1}\n", "{\"lines\":[4,7],\"position\":3}\n",
            ]
        )
    }

    @Test("A sender that waits for the acknowledgement of its line gets it before its next line is asked for")
    func lockStep() async {
        let bench = Bench()
        bench.files["-"] = TextSource([line("a", 1), line("a", 2), line("a", 3)], isFile: false) { read in
            #expect(bench.output.writes.count == read)
        }
        #expect(await bench.run("import", "orders", "--batch", "1", "--acks") == .done)
        #expect(bench.lines.count == 3)
    }

    @Test("A bad line keeps its batch out and earlier ones in, and is named", arguments: [true, false])
    func badLine(_ isFile: Bool) async {
        let bench = Bench()
        bench.files["f"] = TextSource([text(5) + "{\"stream\":}\n" + text(3)], isFile: isFile)
        #expect(await bench.run("import", "orders", "--batch", "2", "--acks", "f") == .failure)
        #expect(bench.gateway.events().count == 4)
        #expect(bench.lines.last == "{\"lines\":[3,4],\"position\":3}")
        #expect(bench.complaint == "grove: f: line 6: expected a JSON value, found '}' at byte 11\n")
    }

    @Test("Running an import again adds only what is not there")
    func again() async {
        let bench = Bench()
        #expect(await bench.run("import", "orders", input: text(5)) == .done)
        #expect(await bench.run("import", "orders", input: text(8)) == .done)
        #expect(bench.gateway.events().count == 8)
        #expect(bench.lines.last == "{\"events\":8,\"position\":7}")
    }

    @Test("Any members can be the keys, and an object without data is taken whole")
    func keys() async {
        let bench = Bench()
        let object = "{\"author\": \"ann\",\"kind\":\"commit\",\"sha\":\"f00\", \"n\":1.0}"
        let code = await bench.run(
            "import",
            "orders",
            "--stream-key=author",
            "--type-key",
            "kind",
            "--id-key",
            "sha",
            "-",
            input: object + "\r\n"
        )
        #expect(code == .done)
        let event = bench.gateway.events().first
        #expect(event?.stream == "ann")
        #expect(event?.type == "commit")
        #expect(event.map { String(decoding: $0.data, as: UTF8.self) } == object)
        #expect(event?.id == EventID(derivedFrom: "f00", stream: "ann", store: "orders"))
    }

    @Test("What is left out of the events is said once")
    func leftOut() async {
        let bench = Bench()
        let line = "{\"stream\":\"a\",\"type\":\"t\",\"data\":1,\"extra\":2,\"position\":4}\n"
        #expect(await bench.run("import", "orders", input: line + line) == .done)
        #expect(bench.complaint == "grove: note: left out, for not standing in 'data': 'extra'\n")
    }

    @Test("A store that is not there is said before anything is read")
    func noStore() async {
        let bench = Bench()
        let source = TextSource([text(1)], isFile: false)
        bench.files["-"] = source
        #expect(await bench.run("import", "nowhere") == .noSuchStore)
        #expect(bench.complaint == "grove: no store 'nowhere'\n")
        #expect(source.reads == 0)
    }

    @Test("A batch that fails is named by its lines, with the code of its error")
    func failing() async {
        let bench = Bench()
        bench.gateway.fail(after: 1, .outcomeUnknown(store: "orders", why: "the disk refused"))
        #expect(await bench.run("import", "orders", "--batch", "2", "--acks", input: text(6)) == .failure)
        #expect(
            bench.complaint
                == "grove: lines 3 to 4: store 'orders' failed while appending; the events may or may not be there: the disk refused\n"
        )
        #expect(bench.lines == ["{\"lines\":[1,2],\"position\":1}"])
        let damaged = Bench()
        damaged.gateway.fail(after: 0, .damaged(store: "orders", file: "0.log", offset: 3, what: "checksum"))
        #expect(await damaged.run("import", "orders", input: text(1)) == .damaged)
    }

    @Test("When nobody reads the acknowledgements, the import stops and says where")
    func brokenPipe() async {
        let bench = Bench()
        bench.output.breaksAfter = 1
        #expect(await bench.run("import", "orders", "--batch", "1", "--acks", input: text(5)) == .failure)
        #expect(bench.complaint == "grove: standard output: broken pipe; stopped after line 2, which is durable\n")
        #expect(bench.gateway.events().count == 2)
    }

    @Test("Long lines make small batches")
    func largeLines() async {
        let bench = Bench()
        let large = "{\"stream\":\"a\",\"type\":\"t\",\"data\":\"" + String(repeating: "x", count: 3 << 20) + "\"}\n"
        #expect(await bench.run("import", "orders", input: large + large + large) == .done)
        #expect(bench.gateway.appends.map { $0.flatMap(\.events).count } == [2, 1])
    }

    @Test("Nothing to import is done at once", arguments: ["", "\n\n"])
    func nothing(_ text: String) async {
        let bench = Bench()
        #expect(await bench.run("import", "orders", input: text) == .done)
        #expect(bench.lines == ["{\"events\":0,\"position\":null}"])
        #expect(bench.gateway.appends.isEmpty)
    }

    @Test("Progress is drawn on a terminal, and taken away at the end")
    func progress() async {
        let bench = Bench()
        bench.errorTraits = TerminalTraits(isTerminal: true, width: 60, colour: false)
        bench.files["-"] = TextSource([text(4)], isFile: true)
        #expect(await bench.run("import", "orders", "--batch", "2") == .done)
        #expect(bench.complaint.contains("100 %  4 events"))
        #expect(bench.complaint.hasSuffix("\r\u{1B}[K"))
    }

    @Test("A file that is not there is named")
    func noFile() async {
        let bench = Bench()
        #expect(await bench.run("import", "orders", "missing.ndjson") == .failure)
        #expect(bench.complaint == "grove: missing.ndjson: no such file or directory\n")
    }
}
