import MangroveStore
import Testing

@testable import grove

@Suite("The verbs")
struct VerbTests {
    private func filled(_ count: Int) async -> Bench {
        let bench = Bench()
        for number in 0..<count {
            let stream = number.isMultiple(of: 2) ? "even" : "odd"
            let event = NewEvent(id: EventID(high: 0, low: UInt64(number)), type: "t", data: Array("\(number)".utf8))
            _ = try? await bench.gateway.append(to: "orders", stream: stream, expecting: .any, [event])
        }
        return bench
    }

    private func data(_ lines: [String]) -> [String] {
        lines.map {
            $0.split(separator: ",").first { $0.hasPrefix("\"data\":") }.map { String($0.dropFirst(7)) } ?? "?"
        }
    }

    @Test("append appends one batch and prints where it is")
    func append() async {
        let bench = Bench()
        let input = "{\"type\":\"t\",\"data\":1.0}\n\n{\"type\":\"u\",\"data\":{ },\"metadata\":[ ],\"id\":\"x\"}"
        #expect(await bench.run("append", "orders", "s", "--expect", "none", input: input) == .done)
        #expect(bench.lines == ["{\"stream\":\"s\",\"version\":1,\"position\":1}"])
        #expect(bench.gateway.appends.count == 1)
        #expect(bench.gateway.events().map { String(decoding: $0.data, as: UTF8.self) } == ["1.0", "{ }"])
        #expect(bench.gateway.events()[1].id == EventID(derivedFrom: "x", stream: "s", store: "orders"))
    }

    @Test(
        "append refuses a stream that is not as expected",
        arguments: [
            ("none", "odd", "is at version 1, expected no stream"),
            ("exists", "x", "does not exist, expected an existing stream"),
            ("0", "odd", "is at version 1, expected version 0"),
            ("3", "x", "does not exist, expected version 3"),
            ("-1", "odd", "is at version 1, expected no stream"),
        ]
    )
    func wrongVersion(_ expected: String, _ stream: String, _ why: String) async {
        let bench = await filled(4)
        let input = "{\"type\":\"t\",\"data\":1}"
        #expect(
            await bench.run("append", "orders", stream, "--expect=\(expected)", input: input) == .wrongExpectedVersion
        )
        #expect(bench.complaint == "grove: wrong expected version: stream '\(stream)' \(why)\n")
        #expect(bench.output.text.isEmpty)
    }

    @Test("append accepts a stream that is as expected", arguments: ["1", "exists", "any"])
    func rightVersion(_ expected: String) async {
        let bench = await filled(4)
        #expect(
            await bench.run("append", "orders", "odd", "--expect", expected, input: "{\"type\":\"t\",\"data\":1}")
                == .done
        )
        #expect(bench.lines == ["{\"stream\":\"odd\",\"version\":2,\"position\":4}"])
    }

    @Test("append refuses bad input as a whole, by its line")
    func appendBadInput() async {
        let bench = Bench()
        let input = "{\"type\":\"t\",\"data\":1}\n{\"type\":\"t\",\"dat\":1}\n"
        #expect(await bench.run("append", "orders", "s", input: input) == .failure)
        #expect(bench.complaint == "grove: standard input: line 2: there is no \"data\"\n")
        #expect(bench.gateway.events().isEmpty)
    }

    @Test("append refuses more than one append may have")
    func appendTooMuch() async {
        let bench = Bench()
        let line = "{\"type\":\"t\",\"data\":\"" + String(repeating: "x", count: 7 << 20) + "\"}\n"
        #expect(await bench.run("append", "orders", "s", input: String(repeating: line, count: 5)) == .failure)
        #expect(bench.complaint.hasPrefix("grove: standard input: line 5: more than 33554432 bytes in one append"))
        #expect(bench.gateway.events().isEmpty)
    }

    @Test("read prints what append took, and append takes what read prints")
    func copy() async {
        let bench = await filled(6)
        #expect(await bench.run("read", "orders", "odd") == .done)
        #expect(
            bench.lines.first
                == "{\"stream\":\"odd\",\"version\":0,\"position\":1,\"id\":\"00000000-0000-0000-0000-000000000001\","
                + "\"type\":\"t\",\"data\":1,\"created\":\"1970-01-01T00:00:00.000001Z\"}"
        )
        #expect(await bench.run("append", "orders", "copy", input: bench.output.text) == .done)
        #expect(bench.gateway.events().filter { $0.stream == "copy" }.map(\.id.low) == [1, 3, 5])
    }

    @Test(
        "read reads from, up to and in the direction it is told",
        arguments: [
            ([], 0..<1500), (["--from", "1400"], 1400..<1500), (["--from=10", "--count=3"], 10..<13),
            (["--count", "1"], 0..<1),
            (["--from", "1500"], 0..<0), (["--count", "1400"], 0..<1400),
        ] as [([String], Range<Int>)]
    )
    func readForward(_ words: [String], _ expected: Range<Int>) async {
        let bench = Bench()
        let events = (0..<1500).map {
            NewEvent(id: EventID(high: 0, low: UInt64($0)), type: "t", data: Array("\($0)".utf8))
        }
        let parts = [StreamBatch(stream: "s", events: Array(events[..<1500]))]
        _ = try? await bench.gateway.append(to: "orders", parts)
        let all = words.isEmpty ? ["--all"] : ["s"]
        #expect(await run(bench, ["read", "orders"] + all + words) == .done)
        #expect(data(bench.lines) == expected.map(String.init))
        #expect(bench.gateway.largestRead <= 1000)
    }

    private func run(_ bench: Bench, _ words: [String]) async -> ExitCode {
        switch words.count {
        case 3: await bench.run(words[0], words[1], words[2])
        case 4: await bench.run(words[0], words[1], words[2], words[3])
        case 5: await bench.run(words[0], words[1], words[2], words[3], words[4])
        default: await bench.run(words[0], words[1])
        }
    }

    @Test("read goes backward from the end, or from where it is told, to the beginning")
    func readBackward() async {
        let bench = await filled(300)
        #expect(await bench.run("read", "orders", "even", "--backward") == .done)
        #expect(data(bench.lines) == stride(from: 298, through: 0, by: -2).map(String.init))
        let second = await filled(10)
        #expect(await second.run("read", "orders", "even", "--backward", "--from", "3", "--count", "2") == .done)
        #expect(data(second.lines) == ["6", "4"])
    }

    @Test("read --all goes backward too, and takes only what is selected")
    func readSelected() async {
        let bench = await filled(300)
        #expect(await bench.run("read", "orders", "--all", "--backward", "--count", "70") == .done)
        #expect(data(bench.lines) == (230..<300).reversed().map(String.init))
        let second = await filled(10)
        #expect(await second.run("read", "orders", "--all", "--stream-prefix", "e", "--from=3") == .done)
        #expect(data(second.lines) == ["4", "6", "8"])
        let third = await filled(10)
        let words = ["--stream-prefix=o", "--type=t", "--type=u"]
        #expect(await third.run("read", "orders", "--all", "--backward", words[0], words[1], words[2]) == .done)
        #expect(data(third.lines) == ["9", "7", "5", "3", "1"])
        let fourth = await filled(10)
        #expect(await fourth.run("read", "orders", "--all", "--tag", "red") == .done)
        #expect(fourth.lines.isEmpty)
    }

    @Test("A stream that is not there has no events, and a store that is not there is an error")
    func readNothing() async {
        let bench = Bench()
        #expect(await bench.run("read", "orders", "none") == .done)
        #expect(bench.output.text.isEmpty)
        #expect(await bench.run("read", "nowhere", "--all") == .noSuchStore)
        #expect(bench.complaint == "grove: no store 'nowhere'\n")
    }

    @Test("When nobody reads the events any more, that is the end and no failure")
    func brokenPipe() async {
        let bench = await filled(300)
        bench.output.breaksAfter = 1
        #expect(await bench.run("read", "orders", "--all") == .done)
        #expect(bench.complaint.isEmpty)
        #expect(bench.output.writes.count == 1)
    }

    @Test("streams lists streams with their versions")
    func streams() async {
        let bench = await filled(3)
        #expect(await bench.run("streams", "orders") == .done)
        #expect(bench.lines == ["{\"stream\":\"even\",\"version\":1}", "{\"stream\":\"odd\",\"version\":0}"])
    }

    @Test("stores lists, creates, shows and removes")
    func stores() async {
        let bench = await filled(2)
        #expect(await bench.run("stores") == .done)
        #expect(await bench.run("stores", "create", "b \"c\"") == .done)
        #expect(await bench.run("stores", "status", "orders") == .done)
        #expect(await bench.run("stores", "config", "orders") == .done)
        #expect(await bench.run("stores", "remove", "b \"c\"") == .done)
        #expect(await bench.run("stores", "list") == .done)
        #expect(
            bench.lines == [
                "{\"id\":\"orders\",\"status\":\"running\",\"events\":2}",
                "{\"id\":\"b \\\"c\\\"\",\"status\":\"running\",\"events\":0}",
                "{\"id\":\"orders\",\"status\":\"running\",\"events\":2}",
                "{\"durability\":\"flushed\",\"segment-bytes\":\"1024\"}",
                "{\"id\":\"b \\\"c\\\"\",\"status\":\"removed\","
                    + "\"kept\":\"b \\\"c\\\"@0123456789abcdef0123456789abcdef\"}",
                "{\"id\":\"orders\",\"status\":\"running\",\"events\":2}",
            ]
        )
    }

    @Test("stores configures, shows, keeps, revives and erases")
    func manageStores() async {
        let bench = await filled(2)
        let limit = "limits.diskBytes=1000000"
        #expect(await bench.run("stores", "create", "b", "--setting", "partitions=3", "--setting", limit) == .done)
        #expect(
            await bench.run("stores", "set", "b", "--setting", "partitions=4", "--unset", "limits.diskBytes") == .done
        )
        #expect(await bench.run("stores", "set", "b", "--template", "small") == .done)
        #expect(await bench.run("stores", "show", "b") == .done)
        #expect(await bench.run("stores", "remove", "b") == .done)
        #expect(await bench.run("stores", "kept") == .done)
        #expect(await bench.run("stores", "revive", "b") == .done)
        #expect(await bench.run("stores", "remove", "b") == .done)
        #expect(await bench.run("stores", "erase", "b") == .done)
        #expect(await bench.run("stores", "remove", "orders", "--erase") == .done)
        let kept = "b@0123456789abcdef0123456789abcdef"
        #expect(
            bench.lines == [
                "{\"id\":\"b\",\"status\":\"running\",\"events\":0}",
                "{\"id\":\"b\",\"restarted\":true,\"own\":{\"partitions\":4}}",
                "{\"id\":\"b\",\"restarted\":false,\"own\":{\"partitions\":4,\"template\":\"small\"}}",
                "{\"id\":\"b\",\"status\":\"running\",\"events\":0,\"priority\":\"normal\",\"autoStart\":true,"
                    + "\"limits\":{},\"own\":{\"partitions\":4,\"template\":\"small\"},"
                    + "\"inForce\":{\"durability\":\"flushed\",\"segment-bytes\":\"1024\"}}",
                "{\"id\":\"b\",\"status\":\"removed\",\"kept\":\"\(kept)\"}",
                "{\"kept\":\"\(kept)\",\"id\":\"b\"}",
                "{\"id\":\"b\",\"status\":\"running\",\"events\":0}",
                "{\"id\":\"b\",\"status\":\"removed\",\"kept\":\"\(kept)\"}",
                "{\"kept\":\"b\",\"status\":\"erased\"}",
                "{\"id\":\"orders\",\"status\":\"erased\"}",
            ]
        )
    }

    @Test("Errors of the stores have their codes and one line each")
    func storeErrors() async {
        let bench = Bench()
        #expect(await bench.run("stores", "create", "orders") == .failure)
        #expect(await bench.run("stores", "remove", "x") == .noSuchStore)
        #expect(await bench.run("stores", "status", "x\ny") == .noSuchStore)
        #expect(await bench.run("stores", "config", "x") == .noSuchStore)
        #expect(await bench.run("stores", "create", "a/b") == .failure)
        #expect(await bench.run("streams", "x") == .noSuchStore)
        #expect(await bench.run("append", "x", "s", input: "") == .noSuchStore)
        bench.gateway.damage("orders", "checksum")
        #expect(await bench.run("read", "orders", "--all") == .damaged)
        #expect(
            bench.complaint.split(separator: "\n") == [
                "grove: store 'orders' is already there", "grove: no store 'x'",
                "grove: no store 'x\\ny'",
                "grove: no store 'x'", "grove: a store id has no '/'", "grove: no store 'x'",
                "grove: no store 'x'", "grove: store 'orders' is damaged: 0.log at offset 7: checksum",
            ]
        )
    }

    @Test(
        "tree prints the tree in the format asked for",
        arguments: [("", "text"), ("--json", "json"), ("--mermaid", "mermaid")]
    )
    func tree(_ option: String, _ format: String) async {
        let bench = Bench()
        let code = option.isEmpty ? await bench.run("tree") : await bench.run("tree", option)
        #expect(code == .done)
        #expect(bench.output.text == "tree as \(format)\n")
    }

    @Test("verify checks all stores, whatever is wrong with one of them")
    func verify() async {
        let bench = Bench(stores: ["a", "b", "c"])
        #expect(await bench.run("verify") == .done)
        #expect(bench.lines.count == 3)
        bench.gateway.damage("b", "checksum")
        #expect(await bench.run("verify") == .damaged)
        #expect(bench.lines.count == 6)
        #expect(bench.lines[4].hasSuffix("\"problems\":[\"0.log at offset 7: checksum\"]}"))
        #expect(bench.complaint == "grove: damaged: 'b'; what is wrong stands in \"problems\"\n")
        #expect(await bench.run("verify", "c") == .done)
        #expect(
            bench.lines.last
                == "{\"store\":\"c\",\"records\":1,\"events\":0,\"streams\":0,\"facts\":0,\"bytes\":100,\"problems\":[]}"
        )
        #expect(await bench.run("verify", "x") == .noSuchStore)
    }
}
