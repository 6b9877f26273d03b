import Mangrove
import MangroveStore
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: serving")
struct ServeTests {
    private static let event = "{\"type\":\"t\",\"data\":1}\n"

    private static func lines(_ count: Int) -> String {
        (0..<count).map { "{\"stream\":\"s\",\"type\":\"t\",\"data\":\($0)}\n" }.joined()
    }

    @Test("A directory has one owner: a second node is refused, and told who it is")
    func oneOwner() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        let second = try await site.grove("serve")
        #expect(second.code == 1)
        #expect(
            second.errors == "grove: the data directory \(site.data) is in use by process \(node.processID)\n"
        )
        #expect(second.output.isEmpty)
        #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)

        // A verb that has opened the directory itself is an owner too.
        let importer = try site.start("import", "x", "--batch=1", "--acks")
        try await importer.write("{\"stream\":\"s\",\"type\":\"t\",\"data\":1}\n")
        #expect(await importer.line() == "{\"lines\":[1,1],\"position\":1}")
        for words in [["serve"], ["read", "x", "--all"]] {
            let other = try await Program.run(Site.program, site.onData(words))
            #expect(other.code == 1 && other.errors.hasSuffix("is in use by process \(importer.processID)\n"))
        }
        importer.closeInput()
        #expect(await importer.wait() == 0)
    }

    @Test("A killed owner leaves nothing to clean up")
    func killedOwner() async throws {
        let site = Site()
        for round in 0..<3 {
            let node = try await site.serve("--store", "x")
            #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
            node.signal(SIGKILL)
            #expect(await node.wait() == 128 + SIGKILL)
            #expect(try site.exists("grove.sock"))
            // In process, beside the socket that was left: nobody serves there.
            #expect(try await site.grove("read", "x", "--all").lines.count == round + 1)
        }
    }

    @Test("Of a node that hangs, a verb with a limit says that the outcome is open, and no more")
    func hangingNode() async throws {
        let site = Site()
        let node = try await site.serve("--store", "x")
        let words = site.onData(["import", "x", "--batch=1", "--acks"])
        let importer = try RunningProgram(Site.program, words, environment: ["MANGROVE_ANSWER_WITHIN": "1"])
        try await importer.write("{\"stream\":\"s\",\"type\":\"t\",\"data\":1}\n")
        #expect(await importer.line() == "{\"lines\":[1,1],\"position\":0}")
        node.signal(SIGSTOP)
        try await importer.write("{\"stream\":\"s\",\"type\":\"t\",\"data\":2}\n")
        let outcome = try await importer.outcome()
        #expect(outcome.code == 1)
        #expect(outcome.errors.contains("line 2: "))
        #expect(outcome.errors.contains("there was no answer within 1.0 seconds"), "\(outcome.errors)")
        node.signal(SIGCONT)
        #expect(try await site.grove("streams", "x").code == 0)
        let bad = try await site.grove("streams", "x", environment: ["MANGROVE_ANSWER_WITHIN": "0"])
        #expect(bad.code == 2 && bad.errors.contains("$MANGROVE_ANSWER_WITHIN takes 1 to 86400 seconds, not '0'"))
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
    }

    @Test("SIGTERM and SIGINT stop the node in order, under load", arguments: [SIGTERM, SIGINT])
    func stops(_ number: Int32) async throws {
        let site = Site()
        let node = try await site.serve("--store", "x", "--store", "y")
        let words = site.onData(["import", "x", "--batch=1", "--acks"])
        let trigger = RunningProgram.Trigger(lines: 20) { _ in node.signal(number) }
        let importer = try RunningProgram(Site.program, words, input: Self.lines(2_000), trigger: trigger)
        let stopped = try await node.outcome()
        #expect(stopped.code == 0)
        #expect(stopped.lines.last == "stopped")
        #expect(stopped.lines.count == 2)
        #expect(try !site.exists("grove.sock"))

        let outcome = try await importer.outcome()
        #expect(outcome.code == 1)
        #expect(outcome.errors.hasPrefix("grove: line "))
        #expect(outcome.errors.split(separator: "\n").count == 1)
        let found = try await site.grove("read", "x", "--all").lines.count
        #expect(outcome.lines.count...outcome.lines.count + 1 ~= found)
        #expect(try await site.grove("verify").code == 0)
        #expect(try await site.grove("stores").lines.count == 2)
    }

    @Test("A path longer than a socket's address can be is no obstacle")
    func longPath() async throws {
        let site = Site(data: String(repeating: "long-", count: 40))
        #expect(site.data.utf8.count > 108)
        let node = try await site.serve("--store", "x")
        #expect(try site.exists("grove.sock"))
        #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
        // It was the node that answered: in this program the directory could not have been opened.
        #expect(try await site.grove("tree").output.contains("socket"))
        let metrics = try await site.grove("metrics").output
        #expect(metrics.contains("\nmangrove_store_events_appended_total{store=\"x\"} 1\n"))
        #expect(metrics.contains("\nmangrove_supervisors_gave_up_total 0\n"))
        node.signal(SIGTERM)
        #expect(await node.wait() == 0)
        #expect(try !site.exists("grove.sock"))
        #expect(try await site.grove("read", "x", "s").lines.count == 1)
    }

    @Test("The socket is its owner's alone")
    func permissions() async throws {
        let site = Site()
        let node = try await site.serve()
        var status = stat()
        #expect(stat(site.data + "/grove.sock", &status) == 0)
        #expect(status.st_mode & 0o777 == 0o600)
        _ = node
    }

    @Test("A configuration is what stores are run with")
    func configuration() async throws {
        let site = Site()
        let file = try site.file("config", "{\"segmentBytes\": 4096, \"partitions\": 2}")
        let node = try await site.serve("--store", "x", "--config", file)
        let values = try await site.grove("stores", "config", "x").output
        #expect(values.contains("\"segmentBytes\":\"4096\"") && values.contains("\"partitions\":\"2\""))
        #expect(try await site.grove("import", "x", "--batch=10", input: Self.lines(500)).code == 0)
        #expect(try site.log(of: "x").count > 3)
        node.signal(SIGKILL)
        await node.wait()
        #expect(try await site.grove("read", "x", "--all").lines.count == 500)
        #expect(try await site.grove("verify").code == 0)
    }

    @Test("Processes crash on request only where that is allowed, and come back")
    func crash() async throws {
        let site = Site()
        let strict = try await site.serve("--store", "x")
        let refused = try await site.grove("crash", "node/stores/x/core/storage/engine")
        #expect(refused.code == 1 && refused.output.isEmpty)
        #expect(refused.errors.hasPrefix("grove: ") && refused.errors.contains("--allow-faults"))
        strict.signal(SIGTERM)
        await strict.wait()

        let node = try await site.serve("--allow-faults")
        #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
        let path = "node/stores/x/core/notification/leader/worker"
        let before = try #require(try await worker(path, site))
        let crashed = try await site.grove("crash", path)
        #expect(crashed.output == "{\"path\":\"\(path)\",\"done\":\"crashed\"}\n" && crashed.code == 0)
        var after = before
        for _ in 0..<1_000 where after.process == before.process || !after.running {
            after = try await worker(path, site) ?? before
        }
        #expect(after.running && after.process != before.process && after.restarts == before.restarts + 1)
        #expect(try await site.grove("tree").output.contains("1 restart"))
        #expect(try await site.grove("crash", "node/stores/x/core/storage", "--kill").output.contains("\"killed\""))
        #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
        for target in ["name:x/engine", "node/stores/*/storage/eng*"] {
            #expect(
                try await site.grove("crash", target, "--kill").lines == [
                    "{\"path\":\"\(target)\",\"done\":\"killed\"}"
                ]
            )
            #expect(try await site.grove("append", "x", "s", input: Self.event).code == 0)
        }
        for target in ["name:x/nobody", "node/*/nobody"] {
            #expect(try await site.grove("crash", target).errors == "grove: there is no process at '\(target)'\n")
        }
        let nobody = try await site.grove("crash", "node/nobody")
        #expect(nobody.code == 1 && nobody.errors == "grove: there is no process at 'node/nobody'\n")
        node.signal(SIGTERM)
        let log = try await node.outcome()
        #expect(log.code == 0 && log.errors.contains("event=supervisor.child.restarting"))
    }

    /// A process of the tree that `grove tree --json` shows.
    private func worker(
        _ path: String,
        _ site: Site
    ) async throws -> (running: Bool, process: Int, restarts: Int)? {
        let text = try await site.grove("tree", "--json").output
        try JSONText.check(Array(text.utf8))
        guard let start = text.firstRange(of: "\"path\":\"\(path)\",") else { return nil }
        let node = text[start.upperBound...].prefix { $0 != "}" }
        let process = node.firstMatch(of: /"process":(\d+)/).flatMap { Int($0.output.1) }
        let restarts = node.firstMatch(of: /"restarts":(\d+)/).flatMap { Int($0.output.1) }
        guard let process, let restarts else { return nil }
        return (node.contains("\"state\":\"running\""), process, restarts)
    }

    @Test("Damage in the middle of one store's log refuses that store, with file and offset, and no other")
    func damage() async throws {
        let site = Site()
        var node = try await site.serve("--store", "x", "--store", "y")
        for store in ["x", "y"] {
            #expect(try await site.grove("import", store, "--batch=5", input: Self.lines(50)).code == 0)
        }
        // Killed, so that there is no checkpoint behind which the damage could hide.
        node.signal(SIGKILL)
        await node.wait()
        let segment = try site.damage("x", at: 500)

        for way in [Way.throughNode, .inProcess] {
            if way == .throughNode { node = try await site.serve() }
            let calls = [
                ["read", "x", "s"], ["read", "x", "--all"], ["append", "x", "s"], ["import", "x"], ["streams", "x"],
            ]
            for words in calls {
                let outcome = try await Program.run(Site.program, site.onData(words), input: Self.lines(1))
                #expect(outcome.code == 5, "\(way) \(words)")
                #expect(outcome.output.isEmpty)
                #expect(outcome.errors.hasPrefix("grove: "))
                #expect(outcome.errors.contains("store 'x' is damaged: \(segment) at offset "))
            }
            let verified = try await site.grove("verify")
            #expect(verified.code == 5)
            #expect(verified.lines.count == 2 && verified.lines[0].contains(segment))
            #expect(verified.lines[1].hasSuffix("\"problems\":[]}"))
            #expect(try await site.grove("verify", "y").code == 0)
            #expect(try await site.grove("read", "y", "--all").lines.count == (way == .throughNode ? 50 : 51))
            #expect(try await site.grove("append", "y", "s", input: Self.event).code == 0)
            let listed = try await site.grove("stores").lines
            #expect(listed.count == 2)
            if way == .throughNode {
                #expect(listed[0].contains("\"status\":\"damaged\"") && listed[0].contains(segment))
                #expect(listed[1].contains("\"status\":\"running\""))
                node.signal(SIGTERM)
                #expect(await node.wait() == 0)
            }
        }
    }

    @Test("Damage that a checkpoint keeps from being seen at the start is seen when it is read")
    func hiddenDamage() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        #expect(try await site.grove("import", "x", "--batch=5", input: Self.lines(50)).code == 0)
        let segment = try site.damage("x", at: 500)
        let node = try await site.serve()
        let outcome = try await site.grove("read", "x", "--all")
        #expect(outcome.code == 5)
        #expect(outcome.errors.contains("store 'x' is damaged: \(segment) at offset "))
        #expect(try await site.grove("verify", "x").code == 5)
        _ = node
    }
}
