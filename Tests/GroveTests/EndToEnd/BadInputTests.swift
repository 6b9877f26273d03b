import Mangrove
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The program: what it refuses")
struct BadInputTests {
    /// A command line, what it reads, its exit code, and what its one line on standard error has in it.
    struct Case: Sendable, CustomTestStringConvertible {
        var words: [String]
        var input = ""
        var code: Int32
        var says: String

        init(_ words: String..., input: String = "", code: Int32, says: String) {
            (self.words, self.input, self.code, self.says) = (words, input, code, says)
        }

        var testDescription: String { words.joined(separator: " ") }
    }

    private static let good = "{\"stream\":\"s\",\"type\":\"t\",\"data\":1}\n"

    static let cases = [
        Case("raed", "x", code: 2, says: "unknown verb 'raed'; did you mean 'read'?"),
        Case("append", "x", "s", "--expcet", "3", code: 2, says: "did you mean '--expect'?"),
        Case(
            "append",
            "x",
            "s",
            "--expect",
            "3",
            input: "{\"type\":\"t\",\"data\":1}",
            code: 3,
            says: "is at version 0, expected version 3"
        ),
        Case(
            "append",
            "x",
            "s",
            "--expect",
            "none",
            input: "{\"type\":\"t\",\"data\":1}",
            code: 3,
            says: "expected no stream"
        ),
        Case(
            "append",
            "x",
            "new",
            "--expect",
            "exists",
            input: "{\"type\":\"t\",\"data\":1}",
            code: 3,
            says: "an existing stream"
        ),
        Case("append", "none", "s", input: "{\"type\":\"t\",\"data\":1}", code: 4, says: "no store 'none'"),
        Case(
            "append",
            "x",
            "s",
            input: "{\"type\":\"t\",\"data\":1}\n{\"type\":\"t\"}\n",
            code: 1,
            says: "standard input: line 2: there is no \"data\""
        ),
        Case(
            "append",
            "x",
            "s",
            input: "{\"type\":\"t\",\"data\":1,\"metdata\":2}\n",
            code: 1,
            says: "line 1: unknown member \"metdata\""
        ),
        Case("append", "x", "s", input: "\n[1]\n", code: 1, says: "line 2: expected a JSON object"),
        Case("append", "x", "s", "/none/at/all", code: 1, says: "/none/at/all: no such file or directory"),
        Case("append", "x", "s", "/", code: 1, says: "/: is a directory"),
        Case("import", "none", input: good, code: 4, says: "no store 'none'"),
        Case("import", "x", input: good + good + "{\"stream\":\"s\",\n", code: 1, says: "standard input: line 3: "),
        Case(
            "import",
            "x",
            input: good + "{\"stream\":3,\"type\":\"t\"}\n",
            code: 1,
            says: "line 2: \"stream\" is not a string"
        ),
        Case("import", "x", "--type-key", "kind", input: good, code: 1, says: "line 1: there is no \"kind\""),
        Case("import", "x", input: good + "{\"stream\":\"s\",\"type\":\"\u{1}\"}\n", code: 1, says: "line 2: "),
        Case("import", "x", "--batch", "0", code: 2, says: "--batch must be a whole number, 1 or more, not '0'"),
        Case("import", "x", "/none/at/all", code: 1, says: "/none/at/all: no such file or directory"),
        Case("read", "none", "s", code: 4, says: "no store 'none'"),
        Case("read", "none", "--all", code: 4, says: "no store 'none'"),
        Case("read", "../x", "--all", code: 4, says: "no store '../x'"),
        Case("read", "x", "s", "--count", "0", code: 2, says: "--count must be a whole number, 1 or more, not '0'"),
        Case("read", "x", code: 2, says: "read needs STREAM or --all"),
        Case("streams", "none", code: 4, says: "no store 'none'"),
        Case("streams", code: 2, says: "too few arguments"),
        Case("stores", "craete", "y", code: 2, says: "did you mean 'create'?"),
        Case("stores", "create", "a/b", code: 1, says: "a store's name consists of"),
        Case("stores", "create", "..", code: 1, says: "a store's name must not start with '.'"),
        Case("stores", "create", "x", code: 1, says: "store 'x' is already there"),
        Case("stores", "remove", "none", code: 4, says: "no store 'none'"),
        Case("stores", "status", "none", code: 4, says: "no store 'none'"),
        Case("stores", "config", "none", code: 4, says: "no store 'none'"),
        Case("tree", "--json", "--mermaid", code: 2, says: "takes one of --json, --mermaid and --html"),
        Case("crash", code: 2, says: "too few arguments"),
        Case("verify", "none", code: 4, says: "no store 'none'"),
        Case("verify", "x", "y", code: 2, says: "unexpected argument 'y'"),
        Case("serve", "x", code: 2, says: "unexpected argument 'x'"),
        Case("serve", "--config", "/none/at/all", code: 1, says: "/none/at/all: no such file or directory"),
        Case("serve", "--config", "/dev/null", code: 2, says: "/dev/null:1:1: this is not JSON"),
    ]

    @Test("Bad input is answered with one line and its own exit code, and changes nothing", arguments: Way.allCases)
    func refuses(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        #expect(try await site.grove("import", "x", input: Self.good).code == 0)
        let node = try await way.node(site)
        let before = try site.log(of: "x")
        for bad in Self.cases {
            let outcome = try await Program.run(Site.program, site.onData(bad.words), input: bad.input)
            let context = Comment(rawValue: "\(bad.testDescription): \(outcome)")
            #expect(outcome.code == bad.code, context)
            #expect(outcome.output.isEmpty, context)
            #expect(outcome.errors.hasPrefix("grove: ") && outcome.errors.contains(bad.says), context)
            #expect(outcome.errors.split(separator: "\n", omittingEmptySubsequences: false).count == 2, context)
        }
        #expect(try site.log(of: "x") == before)
        #expect(try await site.grove("stores").lines.count == 1)
        if way == .inProcess {
            #expect(try await site.grove("crash", "node").errors.contains("no node is serving '\(site.data)'"))
            let bad = try await site.grove("serve", "--store", "a/b")
            #expect(
                bad
                    == .init(
                        code: 2,
                        output: "",
                        errors: "grove: --store: a store's name consists of letters, digits, '-', '_' and '.'\n"
                    )
            )
        }
        _ = node
    }

    @Test("Without a data directory nothing is made, except to create a store")
    func noDirectory() async throws {
        let site = Site()
        let verbs = [
            ["append", "x", "s"], ["import", "x"], ["read", "x", "--all"], ["streams", "x"], ["stores"], ["tree"],
            ["crash", "node"], ["verify"],
        ]
        for words in verbs {
            let outcome = try await Program.run(Site.program, site.onData(words), input: "")
            #expect(
                outcome == .init(code: 1, output: "", errors: "grove: there is no data directory at '\(site.data)'\n")
            )
        }
        #expect(try POSIXDisk().kind(of: site.data) == nil)
        let file = try site.file("plain", "")
        for words in [["stores", "create", "x"], ["serve"]] {
            let outcome = try await Program.run(Site.program, words + ["--data", file])
            #expect(outcome.code == 1 && outcome.errors.hasPrefix("grove: ") && outcome.errors.contains(file))
        }
    }

    @Test("A bad line keeps its own batch out, names itself, and leaves the batches before it", arguments: Way.allCases)
    func badLine(_ way: Way) async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let node = try await way.node(site)
        let input =
            String(repeating: Self.good, count: 5) + "{\"stream\":\"s\",\"type\":\"t\",\"data\":01}\n" + Self.good
        let file = try site.file("bad.ndjson", input)
        let outcome = try await site.grove("import", "x", "--batch", "2", "--acks", file)
        #expect(outcome.code == 1)
        #expect(outcome.lines == ["{\"lines\":[1,2],\"position\":1}", "{\"lines\":[3,4],\"position\":3}"])
        #expect(outcome.errors.hasPrefix("grove: \(file): line 6: "))
        #expect(try await site.grove("read", "x", "--all").lines.count == 4)
        _ = node
    }
}
