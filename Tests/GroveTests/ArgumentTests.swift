import MangroveStore
import Testing

@testable import grove

@Suite("Command lines")
struct ArgumentTests {
    private static let refused: [([String], String)] = [
        (["imprt"], "unknown verb 'imprt'; did you mean 'import'?"),
        (["raed"], "unknown verb 'raed'; did you mean 'read'?"),
        (["ver"], "unknown verb 'ver'; did you mean 'verify'?"),
        (["xyzzy"], "unknown verb 'xyzzy'; see 'grove --help'"),
        (["Stores"], "unknown verb 'Stores'; did you mean 'stores'?"), ([""], "unknown verb ''; see 'grove --help'"),
        (["--hepl"], "unknown option '--hepl'; did you mean '--help'?"),
        (["-x"], "unknown option '-x'; see 'grove --help'"),
        (["help", "raed"], "unknown verb 'raed'; did you mean 'read'?"),
        (["help", "read", "x"], "unexpected argument 'x'; see 'grove help --help'"),
        (["read", "s", "x", "--form", "3"], "unknown option '--form'; did you mean '--from'?"),
        (["read", "s", "x", "-n", "3"], "unknown option '-n'; see 'grove read --help'"),
        (["read", "s", "x", "--from"], "--from needs a value"),
        (["read", "s", "x", "--from", "--all"], "--from needs a value"),
        (["read", "s", "x", "--from", "-3"], "--from must be a whole number, 0 or more, not '-3'"),
        (["read", "s", "x", "--from=1.5"], "--from must be a whole number, 0 or more, not '1.5'"),
        (["read", "s", "x", "--from="], "--from must be a whole number, 0 or more, not ''"),
        (["read", "s", "x", "--count", "0"], "--count must be a whole number, 1 or more, not '0'"),
        (
            ["read", "s", "x", "--count", "99999999999999999999"],
            "--count must be a whole number, 1 or more, not '99999999999999999999'"
        ),
        (["read", "s", "x", "--count=1", "--count=2"], "--count is given twice"),
        (["read", "s", "x", "--backward=yes"], "--backward takes no value"),
        (["read", "s"], "read needs STREAM or --all"),
        (["read", "s", "x", "--all"], "read takes either STREAM or --all, not both"),
        (["read", "s", "x", "--tag", "red"], "--tag goes with --all"),
        (["read", "s", "x", "y"], "unexpected argument 'y'; see 'grove read --help'"),
        (["read", "", "x"], "STORE must not be empty"),
        (["read", "s", ""], "STREAM must not be empty"),
        (["streams"], "too few arguments; usage: grove streams STORE [--data DIR]"),
        (["streams", "s", "--data"], "--data needs a value"),
        (["streams", "s", "--data="], "--data must not be empty"),
        (["import", "s", "--batch", "0"], "--batch must be a whole number, 1 or more, not '0'"),
        (["import", "s", "--batch", "many"], "--batch must be a whole number, 1 or more, not 'many'"),
        (["import", "s", "--stream-key="], "--stream-key must not be empty"),
        (["import", "s", "--stream-kye=x"], "unknown option '--stream-kye'; did you mean '--stream-key'?"),
        (["import", "s", ""], "FILE must not be empty"),
        (["import", "s", "f", "g"], "unexpected argument 'g'; see 'grove import --help'"),
        (["append", "s", "x", "--expect", "soon"], "--expect must be a version, none, any or exists, not 'soon'"),
        (["append", "s", "x", "--expect", "-2"], "--expect must be a version, none, any or exists, not '-2'"),
        (
            ["append", "s"],
            "too few arguments; usage: grove append STORE STREAM [--expect N|none|any|exists] [--data DIR] [FILE|-]"
        ),
        (["stores", "lst"], "unknown word after 'stores' 'lst'; did you mean 'list'?"),
        (["stores", "creat", "x"], "unknown word after 'stores' 'creat'; did you mean 'create'?"),
        (
            ["stores", "xyzzy"],
            "unknown word after 'stores' 'xyzzy'; it can be list, create, remove, show, status, config, set, kept, revive, erase"
        ),
        (["stores", "create"], "stores create needs the ID of a store"),
        (["stores", "remove", ""], "ID must not be empty"),
        (["stores", "list", "x"], "stores list takes no ID"), (["stores", "kept", "x"], "stores kept takes no ID"),
        (["stores", "list", "--erase"], "stores list takes no --erase"),
        (["stores", "remove", "x", "--setting", "a=b"], "stores remove takes no --setting"),
        (["stores", "create", "x", "--unset", "partitions"], "stores create takes no --unset"),
        (["stores", "create", "x", "--setting", "partitions"], "--setting must be NAME=VALUE, not 'partitions'"),
        (
            ["stores", "create", "x", "--setting", "partition=1"],
            "unknown setting 'partition'; did you mean 'partitions'?"
        ),
        (
            ["stores", "set", "x", "--setting", "partitions=0"],
            "--setting partitions must be a whole number from 1 to 1024, not '0'"
        ),
        (["stores", "set", "x"], "stores set needs --setting, --unset or --template"),
        (["tree", "--json", "--mermaid"], "tree takes one of --json, --mermaid and --html"),
        (["tree", "--jsno"], "unknown option '--jsno'; did you mean '--json'?"),
        (["crash"], "too few arguments; usage: grove crash PATH [--kill] [--data DIR]"),
        (["verify", "a", "b"], "unexpected argument 'b'; see 'grove verify --help'"),
        (["serve", "x"], "unexpected argument 'x'; see 'grove serve --help'"),
        (["serve", "--store="], "--store must not be empty"),
        (["serve", "--allow-fault"], "unknown option '--allow-fault'; did you mean '--allow-faults'?"),
        (["demo", "--events"], "--events needs a value"),
        (["demo", "--data", "x"], "unknown option '--data'; see 'grove demo --help'"),
    ]

    @Test("What is not understood is said in one line, with what was probably meant", arguments: refused)
    func refuses(_ words: [String], _ message: String) async {
        let error = #expect(throws: UsageError.self) { try Command(words, environment: { _ in nil }) }
        #expect(error?.message == message)
        #expect(Failure(describing: UsageError(message)).code == .usage)
    }

    @Test("Usage errors exit with 2 and say one line on standard error only")
    func usage() async {
        let bench = Bench()
        #expect(await bench.run("raed") == .usage)
        #expect(bench.complaint == "grove: unknown verb 'raed'; did you mean 'read'?\n")
        #expect(bench.output.text.isEmpty)
    }

    private func command(_ words: String...) throws -> Command {
        try Command(words, environment: { _ in nil })
    }

    @Test("Options may stand anywhere, joined or apart, and end at two hyphens")
    func options() throws {
        let first = try command("read", "--from", "3", "s", "--count=2", "x", "--backward")
        #expect(try command("read", "--backward", "--count", "2", "--from=3", "--", "s", "x") == first)
        guard case .read(let options) = try command("read", "--", "s", "--all") else { throw UsageError("not read") }
        #expect(options.stream == "--all")
    }

    @Test("Defaults are those of the help texts")
    func defaults() throws {
        guard case .importEvents(let options) = try command("import", "s") else { throw UsageError("not import") }
        #expect(options.keys == .init(stream: "stream", type: "type", id: "id"))
        #expect(options.batch == 500)
        #expect(options.file == "-")
        #expect(!options.acks)
        guard case .append(let append) = try command("append", "s", "x", "-") else { throw UsageError("not append") }
        #expect(append.expected == .any)
        #expect(append.file == "-")
    }

    @Test("serve and demo are handed what was asked for")
    func programs() async throws {
        let words = ["serve", "--store", "a", "--store=b", "--config", "f", "--allow-faults", "--data", "d"]
        guard case .serve(let options) = try Command(words, environment: { _ in nil }) else {
            throw UsageError("not serve")
        }
        #expect(options.stores == ["a", "b"])
        #expect(options.configuration == "f")
        #expect(options.values.map(\.path) == ["dataDirectory", "allowFaults"])
        #expect(options.values.map(\.value) == [.text("d"), .flag(true)])
        #expect(options.dataDirectory == "d")
        let bench = Bench()
        #expect(await bench.run("serve") == .done)
        #expect(await bench.run("demo", "--events", "f") == .done)
        #expect(bench.lines.count == 2)
        #expect(bench.lines.last == "demo f")
    }

    @Test("Every verb explains itself, options and all", arguments: Verb.allCases)
    func help(_ verb: Verb) async {
        let bench = Bench()
        #expect(await bench.run(verb.rawValue, "--help") == .done)
        #expect(await bench.run("help", verb.rawValue) == .done)
        #expect(await bench.run(verb.rawValue, "--nonsense", "x", "y", "z", "-h") == .done)
        let text = Help.text(for: verb)
        #expect(bench.output.text == text + text + text)
        #expect(text.hasPrefix("grove \(verb.rawValue): "))
        #expect(text.contains("usage: grove \(verb.rawValue)"))
        for option in verb.specification.options { #expect(text.contains("\n  \(option.name)")) }
        #expect(!text.split(separator: "\n").contains { $0.count > 110 })
    }

    @Test("grove alone, --help and help list every verb; --version prints one")
    func overview() async {
        let bench = Bench()
        #expect(await bench.run("--help") == .done)
        #expect(await bench.run("help") == .done)
        #expect(await bench.run("-h") == .done)
        #expect(await bench.run() == .done)
        #expect(bench.output.text == String(repeating: Help.text(for: nil), count: 4))
        for verb in Verb.allCases { #expect(bench.output.text.contains("\n  \(verb.rawValue) ")) }
        let version = Bench()
        #expect(await version.run("--version") == .done)
        #expect(version.output.text == "grove \(groveVersion)\n")
    }

    @Test(
        "Slips are counted as letters too much, missing, wrong and swapped",
        arguments: [
            ("", "", 0), ("read", "read", 0), ("raed", "read", 1), ("red", "read", 1), ("reads", "read", 1),
            ("rxad", "read", 1),
            ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("ca", "abc", 3),
        ]
    )
    func distance(_ first: String, _ second: String, _ expected: Int) {
        #expect(Spelling.distance(first, second) == expected)
    }
}
