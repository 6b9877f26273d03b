import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("grove subscribe, subscriptions, ack, park and replay")
struct SubscribeTests {
    private static func lines(_ range: Range<Int>, stream: String = "s") -> String {
        range.map { "{\"stream\":\"\(stream)\",\"type\":\"t\($0 % 2)\",\"id\":\"\($0)\",\"data\":{\"n\":\($0)}}\n" }
            .joined()
    }

    /// The numbers of the events that were printed.
    private static func numbers(_ lines: [String]) -> [Int] {
        lines.compactMap { $0.firstMatch(of: /"data":\{"n":(\d+)\}/).flatMap { Int($0.output.1) } }
    }

    @Test("subscribe prints what is there and then what comes, until it is interrupted", arguments: [SIGINT, SIGTERM])
    func transient(_ number: Int32) async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        #expect(try await site.grove("import", "x", input: Self.lines(0..<1_500)).code == 0)
        let follower = try site.start("subscribe", "x")
        var seen: [String] = []
        while seen.count < 1_500, let line = await follower.line() { seen.append(line) }
        #expect(try await site.grove("import", "x", input: Self.lines(1_500..<1_510)).code == 0)
        while seen.count < 1_510, let line = await follower.line() { seen.append(line) }
        #expect(Self.numbers(seen) == Array(0..<1_510))
        follower.signal(number)
        #expect(await follower.wait() == 0)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("subscribe selects what it is told to, from where it is told to", arguments: Way.allCases)
    func selection(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        #expect(
            try await site.grove("import", "x", input: Self.lines(0..<10) + Self.lines(10..<12, stream: "u")).code == 0
        )
        let node = try await way.node(site)
        let cases: [(words: [String], numbers: [Int])] = [
            (["--count=3"], [0, 1, 2]), (["--from=9", "--count=2"], [9, 10]), (["u", "--count=2"], [10, 11]),
            (["--type=t1", "--count=3", "--from=4"], [5, 7, 9]), (["--json={\"n\":7}", "--count=1"], [7]),
            (["u", "--type-prefix=t1", "--count=1"], [11]), (["--stream-prefix=u", "--from=start", "--count=1"], [10]),
        ]
        for (words, numbers) in cases {
            let outcome = try await Program.run(Site.program, site.onData(["subscribe", "x"] + words))
            #expect(outcome.code == 0, "\(words): \(outcome.errors)")
            #expect(Self.numbers(outcome.lines) == numbers, "\(words)")
        }
        for words in [["--from=no"], ["--json={"], ["--no-ack"], ["--name=a", "--type=t"]] {
            let outcome = try await Program.run(Site.program, site.onData(["subscribe", "x"] + words))
            #expect(outcome.code == 2, "\(words)")
        }
        #expect(try await site.grove("subscribe", "nowhere").code == 4)
        node?.signal(SIGTERM)
        await node?.wait()
    }

    @Test("A durable subscription goes on after its last acknowledged event, whoever was interrupted or killed")
    func durable() async throws {
        let site = Site()
        var node = try await site.serve("--store", "x")
        let made = try await site.grove("subscriptions", "x", "create", "bill", "--type=t0")
        #expect(made.code == 0)
        #expect(made.output.contains("\"name\":\"bill\",\"follows\":\"type t0\",\"checkpoint\":0,"))
        #expect(try await site.grove("import", "x", input: Self.lines(0..<20)).code == 0)

        let first = try site.start("subscribe", "x", "--name=bill")
        var seen: [String] = []
        while seen.count < 10, let line = await first.line() { seen.append(line) }
        #expect(Self.numbers(seen) == Array(stride(from: 0, to: 20, by: 2)))
        // What it printed last may not be acknowledged yet: the interruption waits for that.
        first.signal(SIGINT)
        #expect(await first.wait() == 0)
        var listed = try await site.grove("subscriptions", "x").output
        #expect(listed.contains("\"name\":\"bill\",\"follows\":\"type t0\",\"checkpoint\":20,\"lag\":0,"))

        node.signal(SIGKILL)
        await node.wait()
        node = try await site.serve()
        #expect(try await site.grove("import", "x", input: Self.lines(20..<30)).code == 0)
        let second = try await site.grove("subscribe", "x", "--name=bill", "--count=3")
        #expect(Self.numbers(second.lines) == [20, 22, 24])

        // A consumer that is killed with events in its hands.
        let third = try site.start("subscribe", "x", "--name=bill", "--no-ack")
        let held = await third.line() ?? ""
        #expect(Self.numbers([held]) == [26])
        third.signal(SIGKILL)
        await third.wait()
        let fourth = try await site.grove("subscribe", "x", "--name=bill", "--count=2")
        #expect(Self.numbers(fourth.lines) == [26, 28])
        listed = try await site.grove("subscriptions", "x").output
        #expect(listed.contains("\"name\":\"bill\",\"follows\":\"type t0\",\"checkpoint\":30,\"lag\":0,"))
        #expect(listed.contains("\"name\":\"all-events\""))
        #expect(
            try await site.grove("metrics").output.contains("subscription_lag{store=\"x\",subscription=\"bill\"} 0\n")
        )
        #expect(try await site.grove("subscriptions", "x", "delete", "bill").code == 0)
        let gone = try await site.grove("subscribe", "x", "--name=bill")
        #expect(gone.code == 1 && gone.errors == "grove: store 'x' has no subscription 'bill'\n")
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("Events can be acknowledged, parked and replayed from outside")
    func answers() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        #expect(try await site.grove("import", "x", input: Self.lines(0..<4)).code == 0)
        let holder = try site.start("subscribe", "x", "--name=all-events", "--no-ack")
        var seen: [String] = []
        while seen.count < 4, let line = await holder.line() { seen.append(line) }
        #expect(Self.numbers(seen) == [0, 1, 2, 3])
        #expect(try await site.grove("ack", "x", "all-events", "0", "2").lines.count == 2)
        let parked = try await site.grove("park", "x", "all-events", "1", "--reason=odd")
        #expect(parked.output == "{\"place\":1,\"done\":\"parked\"}\n")
        let list = try await site.grove("park", "x", "all-events")
        #expect(list.output.hasPrefix("{\"place\":1,\"reason\":\"odd\",\"failures\":0,\"event\":{\"stream\":\"s\","))
        #expect(Self.numbers(list.lines) == [1])
        let again = try await site.grove("ack", "x", "all-events", "0")
        #expect(again.code == 1 && again.errors.contains("any more"))
        let replayed = try await site.grove("replay", "x", "all-events")
        #expect(replayed.output == "{\"replayed\":1}\n")
        #expect(Self.numbers([await holder.line() ?? ""]) == [1])
        #expect(try await site.grove("ack", "x", "all-events", "1", "3").code == 0)
        let listed = try await site.grove("subscriptions", "x").output
        #expect(listed.contains("\"checkpoint\":4,\"lag\":0,\"underWay\":0,\"parked\":0,\"consumers\":1"))
        holder.signal(SIGINT)
        #expect(await holder.wait() == 0)
        #expect(
            try await site.grove("subscriptions", "x", "reset", "all-events", "--from=3").output.contains("\"lag\":1")
        )
        #expect(try await site.grove("subscribe", "x", "--name=all-events", "--count=1").lines.count == 1)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("A node that stops ends its subscribers, and one that is restarted serves them again")
    func nodeStops() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        let follower = try site.start("subscribe", "x")
        #expect(try await site.grove("import", "x", input: Self.lines(0..<1)).code == 0)
        #expect(Self.numbers([await follower.line() ?? ""]) == [0])
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
        let outcome = try await follower.outcome()
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("grove: "))
    }

    @Test("An aggregate made on the command line follows the store, through restarts", arguments: Way.allCases)
    func projections(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let node = try await way.node(site)
        let words = ["totals", "--sum=total=n", "--last=last=n", "--count=events", "--type=t1", "--partition-by=none"]
        let made = try await Program.run(Site.program, site.onData(["projections", "x", "create"] + words))
        #expect(made.code == 0, "\(made.errors)")
        #expect(try await site.grove("import", "x", input: Self.lines(0..<10)).code == 0)
        // Where nobody serves, it is brought up to date while the verb runs.
        var shown = ""
        for _ in 0..<200 where !shown.contains("\"events\":5") {
            shown = try await site.grove("projections", "x", "show", "totals").output
        }
        #expect(shown == "{\"key\":\"\",\"state\":{\"events\":5,\"last\":9,\"total\":25}}\n")
        #expect(try await site.grove("projections", "x", "show", "totals", "").output == shown)
        let listed = try await site.grove("projections", "x").output
        #expect(listed == "{\"name\":\"totals\",\"checkpoint\":10,\"lag\":0,\"states\":1}\n")
        #expect(try await site.grove("projections", "x", "rebuild", "totals").code == 0)
        #expect(try await site.grove("projections", "x", "delete", "totals").code == 0)
        #expect(try await site.grove("projections", "x").output.isEmpty)
        #expect(try await site.grove("projections", "x", "show", "totals").code == 1)
        for bad in [["create", "t"], ["create", "t", "--sum=x"], ["show"], ["what"], ["list", "t"]] {
            let outcome = try await Program.run(Site.program, site.onData(["projections", "x"] + bad))
            #expect(outcome.code == 2, "\(bad)")
        }
        node?.signal(SIGTERM)
        await node?.wait()
    }
}
