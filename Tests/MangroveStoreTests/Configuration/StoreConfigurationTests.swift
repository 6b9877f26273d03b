import MangroveStore
import MangroveTesting
import Testing

@Suite("A store's configuration")
struct StoreConfigurationTests {
    private func read(_ text: String) throws(ConfigurationError) -> StoreConfiguration {
        try StoreConfiguration(json: Array(text.utf8), named: "f")
    }

    private func mistakes(_ text: String) -> [String] {
        do {
            _ = try read(text)
            return []
        } catch {
            return error.mistakes.map(\.description)
        }
    }

    @Test("Nothing said is nothing overridden, and what is in force are the defaults")
    func empty() throws {
        #expect(try read("{}") == StoreConfiguration())
        let resolved = StoreConfiguration().resolved()
        #expect(resolved.settings == StoreSettings())
        #expect(resolved.autoStart)
        #expect(resolved.priority == .normal)
        #expect(resolved.limits == StoreLimits())
        #expect(resolved.retention == StoreRetention())
        #expect(resolved.values.allSatisfy { $0.source == .standard })
    }

    @Test("A configuration comes back from its JSON as it was, whatever it says", arguments: Seeds(200))
    func roundTrip(_ seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var configuration = StoreConfiguration()
        for field in ConfigurationField.all where Bool.random(using: &random) {
            let value: ConfigurationValue =
                switch field.kind {
                case .number(let range): .number(Int.random(in: range, using: &random))
                case .flag: .flag(Bool.random(using: &random))
                case .choice(let words): .text(words.randomElement(using: &random) ?? "")
                case .text: .text(["a\"b", "ü\n", "/x y/z", "plain"].randomElement(using: &random) ?? "")
                case .texts: .texts(["one", "two\\", "drei"].shuffled(using: &random))
                }
            field.set(&configuration, value)
        }
        try configuration.check()
        let text = configuration.json
        #expect(try StoreConfiguration(json: text) == configuration)
        #expect(try StoreConfiguration(json: text).json == text)
        // Above nothing it is what is in force, and below itself it adds nothing.
        #expect(StoreConfiguration().filled(from: configuration) == configuration)
        #expect(configuration.filled(from: configuration) == configuration)
        let resolved = configuration.resolved(from: .variable("X"))
        for field in ConfigurationField.all {
            guard let value = field.value(configuration) else { continue }
            #expect(field.effective(resolved) == value, "\(field.path)")
            #expect(resolved.sources[field.path] == .variable("X"))
        }
    }

    @Test("All mistakes are told at once, each with its place, its name and what would be right")
    func allMistakes() {
        let text = """
            {
              "segmentBytes": 12,
              "partitons": 4,
              "limits": {"conections": 3, "diskBytes": -1},
              "autoStart": "yes", "autoStart": true,
              "tags": ["a", 7],
              "priority": "urgent",
              "retention": 5
            }
            """
        #expect(
            mistakes(text) == [
                #"f:5:23: autoStart: is there twice"#,
                #"f:2:19: segmentBytes: must be a whole number from 4096 to 1073741824, not 12"#,
                #"f:3:3: partitons: there is no such setting; did you mean "partitions"?"#,
                #"f:4:14: limits.conections: there is no such setting; did you mean "connections"?"#,
                #"f:4:44: limits.diskBytes: must be a whole number from 0 to 1152921504606846976, not -1"#,
                #"f:5:16: autoStart: must be true or false, not "yes""#,
                #"f:6:11: tags: must be a list of at most 64 texts of 1 to 64 bytes each, not a list"#,
                #"f:7:15: priority: must be one of "low", "normal", "high", not "urgent""#,
                #"f:8:16: retention: must be an object, not 5"#,
            ]
        )
    }

    @Test(
        "Text that is no configuration is refused with its place",
        arguments: [
            ("", "f:1:1: this is not JSON: the JSON text ends too early"),
            ("[]", "f:1:1: must be an object, not a list"),
            ("{\n \"partitions\": 4,}", "f:2:18: this is not JSON: expected a member name, found '}'"),
            (
                "{\"partitions\": 4.5}",
                "f:1:16: partitions: must be a whole number from 1 to 1024, not a number that is not whole"
            ),
            (
                "{\"limits.connections\": 4}",
                "f:1:2: limits.connections: there is no such setting; the guide on configuration lists them"
            ),
            ("{\"directory\": \"\"}", "f:1:15: directory: must be a text of 1 to 4096 bytes, not \"\""),
            ("{\"directory\": \"a\\u0000b\"}", "f:1:15: directory: must be a text of 1 to 4096 bytes, not "),
        ]
    )
    func noConfiguration(_ text: String, _ message: String) {
        let mistakes = mistakes(text)
        #expect(mistakes.count == 1)
        #expect(mistakes.first?.hasPrefix(message) == true, "\(mistakes)")
    }

    @Test("Text cut off or flipped anywhere never traps, and is either refused or a configuration")
    func hostileText() throws {
        let text = Array(#"{"partitions":2,"limits":{"connections":50},"tags":["a","b"],"priority":"low"}"#.utf8)
        for end in text.indices {
            #expect(throws: ConfigurationError.self) { try StoreConfiguration(json: Array(text[..<end])) }
        }
        for index in text.indices {
            for bit in 0..<8 {
                var flipped = text
                flipped[index] ^= 1 << UInt8(bit)
                if let read = try? StoreConfiguration(json: flipped) { try read.check() }
            }
        }
    }

    @Test("A later layer counts more than an earlier, value by value, and each value knows its own")
    func layers() {
        var node = StoreConfiguration()
        (node.partitions, node.segmentBytes, node.limits.connections) = (2, 8_192, 10)
        var template = StoreConfiguration()
        (template.segmentBytes, template.priority) = (16_384, .low)
        var store = StoreConfiguration()
        (store.priority, store.limits.connections, store.limits.eventsPerSecond) = (.high, 0, 7)
        let resolved = ResolvedStoreConfiguration([
            ConfigurationLayer(node, from: .variable("N"), sources: ["partitions": .file("f", line: 1, column: 2)]),
            ConfigurationLayer(template, from: .program),
            ConfigurationLayer(store, from: .record(version: 3)),
        ])
        #expect(resolved.settings.partitions == 2)
        #expect(resolved.sources["partitions"] == .file("f", line: 1, column: 2))
        #expect(resolved.settings.segmentBytes == 16_384)
        #expect(resolved.sources["segmentBytes"] == .program)
        #expect(resolved.priority == .high)
        // 0 takes a limit away that a layer below has set.
        #expect(resolved.limits.connections == nil)
        #expect(resolved.sources["limits.connections"] == .record(version: 3))
        #expect(resolved.limits.eventsPerSecond == 7)
        #expect(resolved.settings.appendRate == RateLimit(perSecond: 7))
        #expect(resolved.sources["limits.diskBytes"] == nil)
    }

    @Test("Values that a program puts in are checked as those of a file are")
    func checked() {
        var configuration = StoreConfiguration()
        (configuration.partitions, configuration.tags, configuration.writerIdle) = (0, [""], .zero)
        let error = #expect(throws: ConfigurationError.self) { try configuration.check(at: "orders") }
        #expect(error?.mistakes.map(\.path) == ["orders.partitions", "orders.writerIdleMilliseconds", "orders.tags"])
    }

    @Test("The environment's names follow from those in a file")
    func variables() {
        #expect(ConfigurationField.named("segmentBytes")?.variable == "MANGROVE_SEGMENT_BYTES")
        #expect(ConfigurationField.named("limits.eventsPerSecond")?.variable == "MANGROVE_LIMITS_EVENTS_PER_SECOND")
        #expect(Set(ConfigurationField.all.map(\.variable)).count == ConfigurationField.all.count)
    }
}
