import Mangrove
import MangroveStore
import Testing

@testable import grove

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: verbs")
struct CommandLineTests {
    /// Texts of `data` that any re-encoding would change.
    private static let values = [
        "123456789012345678901234567890", "1.0", "-0.0", "1E+2", "1e400", "{\"b\":1,\"a\":2,\"é\":3}",
        "\"\\u00e9\\/\\ud83d\\ude00\"",
        "\"é😀\"", "{ \"a\" :\t[ 1 , 2 ] }", "[]", "null", "\"\"",
    ]

    private func lines(_ outcome: Program.Outcome) throws -> [(line: [UInt8], object: JSONObject)] {
        try outcome.lines.map { (Array($0.utf8), try JSONText.object(Array($0.utf8))) }
    }

    private func member(_ name: String, _ line: (line: [UInt8], object: JSONObject)) -> String? {
        line.object[name].map { String(decoding: line.line[$0.value], as: UTF8.self) }
    }

    @Test("Every verb does its work, through a node and in process", arguments: Way.allCases)
    func everyVerb(_ way: Way) async throws {
        let site = Site()
        if way == .inProcess { #expect(try await site.grove("stores", "create", "first").code == 0) }
        let node = try await way.node(site)
        let created = try await site.grove("stores", "create", "orders")
        #expect(
            created
                == .init(
                    code: 0,
                    output: "{\"id\":\"orders\",\"status\":\"running\",\"events\":0,\"streams\":0}\n",
                    errors: ""
                )
        )
        let event = "{\"type\":\"placed\",\"data\":{\"n\":1},\"metadata\":[ 1.0 ],\"id\":\"one\"}\n"
        let appended = try await site.grove(
            "append",
            "orders",
            "a",
            "--expect",
            "none",
            input: event + event.replacing("one", with: "two")
        )
        #expect(appended == .init(code: 0, output: "{\"stream\":\"a\",\"version\":1,\"position\":1}\n", errors: ""))
        let text = "{\"stream\":\"b\",\"type\":\"t\",\"data\":3}\n{\"stream\":\"a\",\"type\":\"t\",\"data\":4}\n"
        #expect(try await site.grove("import", "orders", input: text).output == "{\"events\":2,\"position\":3}\n")
        let file = try site.file("events.ndjson", text)
        #expect(try await site.grove("import", "orders", "--acks", file).output == "{\"lines\":[1,2],\"position\":5}\n")

        let all = try lines(try await site.grove("read", "orders", "--all"))
        #expect(all.map { member("position", $0) } == (0..<6).map(String.init))
        #expect(all.map { member("stream", $0) } == ["a", "a", "b", "a", "b", "a"].map { "\"\($0)\"" })
        #expect(all.map { member("version", $0) } == ["0", "1", "0", "2", "1", "3"])
        #expect(member("metadata", all[0]) == "[ 1.0 ]" && member("metadata", all[2]) == nil)
        for line in all {
            let created = try #require(member("created", line))
            #expect(created.wholeMatch(of: /"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"/) != nil)
        }
        let backward = try lines(try await site.grove("read", "orders", "a", "--backward", "--count=2"))
        #expect(backward.map { member("version", $0) } == ["3", "2"])
        #expect(try lines(try await site.grove("read", "orders", "--all", "--from", "4")).count == 2)
        #expect(try await site.grove("read", "orders", "nowhere") == .init(code: 0, output: "", errors: ""))
        let streams = "{\"stream\":\"a\",\"version\":3}\n{\"stream\":\"b\",\"version\":1}\n"
        #expect(try await site.grove("streams", "orders").output == streams)

        let verified = try await site.grove("verify")
        #expect(verified.code == 0)
        #expect(
            verified.lines.last?.hasPrefix(
                "{\"store\":\"orders\",\"records\":3,\"events\":6,\"streams\":2,\"facts\":0,\"bytes\":"
            )
                == true
        )
        let tree = try await site.grove("tree", "--json").output
        try JSONText.check(Array(tree.utf8))
        #expect(tree.contains("\"path\":\"node/store-manager\""))
        #expect(try await site.grove("tree").output.hasPrefix("node "))
        #expect(try await site.grove("tree", "--mermaid").output.hasPrefix("flowchart "))
        if let node {
            node.signal(SIGTERM)
            #expect(await node.wait() == 0)
        }
    }

    @Test("Stores are created, listed, looked at and removed, and are there after a restart", arguments: Way.allCases)
    func stores(_ way: Way) async throws {
        let site = Site()
        var node = try await way.node(site)
        for id in ["b", "a", "c.1-X_"] { #expect(try await site.grove("stores", "create", id).code == 0) }
        let event = "{\"type\":\"t\",\"data\":1}\n"
        #expect(try await site.grove("append", "a", "s", input: event).code == 0)
        let removed = try await site.grove("stores", "remove", "b")
        #expect(removed.output.hasPrefix("{\"id\":\"b\",\"status\":\"removed\",\"kept\":\"b@"))
        #expect(try await site.grove("append", "b", "s", input: event).code == 4)
        #expect(try !site.exists("b"))
        if let running = node {
            running.signal(SIGKILL)
            await running.wait()
            node = try await site.serve()
        }
        let listed = try lines(try await site.grove("stores"))
        #expect(listed.map { member("id", $0) } == ["\"a\"", "\"c.1-X_\""])
        #expect(try await site.grove("stores", "list").lines.count == 2)
        let status = try lines(try await site.grove("stores", "status", "a"))
        #expect(status.map { member("status", $0) } == ["\"running\""])
        let configuration = try lines(try await site.grove("stores", "config", "a"))
        #expect(member("partitions", configuration[0]) == "\"2\"")
        #expect(try lines(try await site.grove("read", "a", "--all")).count == 1)
        #expect(try await site.grove("stores", "create", "a").errors == "grove: store 'a' is already there\n")
    }

    @Test("Data and metadata come back byte for byte", arguments: Way.allCases)
    func bytes(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let node = try await way.node(site)
        let input = Self.values.map { "{\"type\":\"t\", \"metadata\":\($0),\"data\": \($0) }\r\n" }.joined()
        #expect(try await site.grove("append", "x", "appended", input: input).code == 0)
        let lined = Self.values.map { "{\"stream\":\"im\\u0070orted\",\"type\":\"t\",\"data\":\($0)}\n" }.joined()
        #expect(try await site.grove("import", "x", input: lined).code == 0)
        let appended = try lines(try await site.grove("read", "x", "appended"))
        #expect(appended.map { member("data", $0) } == Self.values)
        #expect(appended.map { member("metadata", $0) } == Self.values)
        let imported = try await site.grove("read", "x", "imported")
        #expect(try lines(imported).map { member("data", $0) } == Self.values)
        // What was read can be appended as it is.
        #expect(try await site.grove("append", "x", "copy", input: imported.output).code == 0)
        #expect(try lines(try await site.grove("read", "x", "copy")).map { member("data", $0) } == Self.values)
        // Without a member "data" the whole line is the data.
        let whole = "{\"stream\":\"whole\", \"type\":\"t\",\"n\":1.50}"
        #expect(try await site.grove("import", "x", input: whole + "\n").code == 0)
        #expect(try lines(try await site.grove("read", "x", "whole")).map { member("data", $0) } == [whole])
        _ = node
    }

    @Test("An id is a UUID, any text, or made", arguments: Way.allCases)
    func ids(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let node = try await way.node(site)
        let uuid = "0190163D-8694-739B-AEA5-966C26F8AD91"
        let known = "{\"type\":\"t\",\"data\":1,\"id\":\"\(uuid)\"}\n{\"type\":\"t\",\"data\":2,\"id\":\"any text\"}\n"
        let first = try await site.grove("append", "x", "s", input: known)
        #expect(first.output == "{\"stream\":\"s\",\"version\":1,\"position\":1}\n")
        #expect(try await site.grove("append", "x", "s", input: known) == first)
        let made = "{\"type\":\"t\",\"data\":3}\n"
        for _ in 0..<2 { #expect(try await site.grove("append", "x", "s", input: made).code == 0) }
        let ids = try lines(try await site.grove("read", "x", "s")).compactMap { member("id", $0) }
        let derived = EventID(derivedFrom: "any text", stream: "s", store: "x")
        #expect(ids.prefix(2) == ["\"\(uuid.lowercased())\"", "\"\(derived)\""])
        #expect(ids.count == 4 && Set(ids).count == 4)
        let conflict = try await site.grove(
            "append",
            "x",
            "s",
            input: known.replacing("\"data\":2", with: "\"data\":5")
        )
        #expect(conflict.code == 1)
        #expect(conflict.errors.hasPrefix("grove: event \(derived) is already in stream 's' at version 1"))
        _ = node
    }

    @Test("Whoever stops reading ends the program quietly")
    func brokenPipe() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let lines = (0..<5_000).map {
            "{\"stream\":\"s\",\"type\":\"t\",\"data\":\"\($0) is long enough to fill a pipe\"}\n"
        }
        #expect(try await site.grove("import", "x", "--batch=5000", input: lines.joined()).code == 0)
        let script = "{ \"$0\" read x --all --data \"$1\"; echo \"code $?\" >&2; } | head -n 2"
        let outcome = try await Program.run("/bin/sh", ["-c", script, Site.program, site.data])
        #expect(outcome.lines.count == 2)
        #expect(outcome.errors == "code 0\n")
    }

    @Test("The data directory is the environment's where the command line has none, and else ./grove-data")
    func whichDirectory() async throws {
        let site = Site()
        let place = try site.directory("place")
        let create = ["stores", "create", "x"]
        let named = try await Program.run(Site.program, create, environment: ["MANGROVE_DATA_DIR": site.data])
        #expect(named.code == 0)
        #expect(try site.exists("x/manifest"))
        #expect(try await Program.run(Site.program, create, directory: place).code == 0)
        #expect(try POSIXDisk().kind(of: place + "/grove-data/x/manifest") == .file)
    }

    @Test("Every verb explains itself", arguments: Verb.allCases)
    func help(_ verb: Verb) async throws {
        let outcome = try await Program.run(Site.program, [verb.rawValue, "--help"])
        #expect(outcome == .init(code: 0, output: Help.text(for: verb), errors: ""))
    }
}
