import MangroveStore
import MangroveTesting
import Testing

@Suite("Two configurations, compared")
struct ConfigurationValidatorTests {
    private func node(_ name: String, _ text: String) throws -> ConfigurationValidator.Node {
        let file = ConfigurationInputs.File(path: "/\(name).json", text: Array(text.utf8))
        return try ConfigurationValidator.Node(name, try NodeConfiguration(ConfigurationInputs(file: file)))
    }

    private func compare(_ first: String, _ second: String) throws -> [ConfigurationFinding] {
        ConfigurationValidator.compare(try node("A", first), try node("B", second))
    }

    @Test("Different store ids: each node is alone with its own store, leads it, and nothing is shared")
    func differentStores() throws {
        let findings = try compare(#"{"stores": [{"id": "store_a"}]}"#, #"{"stores": [{"id": "store_b"}]}"#)
        #expect(findings.map(\.kind) == [.noCommonStore])
        #expect(findings.first?.severity == .error)
        #expect(findings.first?.first == "store_a" && findings.first?.second == "store_b")
        #expect(
            findings.first?.description
                == "error: A and B have no store in common: each is alone with its own, leads it by itself, and nothing goes "
                + "from one to the other"
        )
    }

    @Test("Partial overlap: what both have is shared, the rest is on one node only, and asking the other for it fails")
    func partialOverlap() throws {
        let more = #"{"stores": [{"id": "primary"}, {"id": "events"}, {"id": "snapshots"}]}"#
        let fewer = #"{"stores": [{"id": "primary"}, {"id": "events"}]}"#
        // Seen from either side: a store too many is as telling as one too few.
        for (findings, there, missing) in [(try compare(more, fewer), "A", "B"), (try compare(fewer, more), "B", "A")] {
            #expect(findings.map(\.kind) == [.storeOnOneNode])
            #expect(findings.first?.store == "snapshots" && findings.first?.severity == .warning)
            #expect(
                findings.first?.text
                    == "store 'snapshots' is on \(there) only: it is alone there, without a copy, and whoever asks \(missing) "
                    + "for it is told that there is no such store"
            )
        }
    }

    @Test("Different data directories are correct and to be expected")
    func differentDirectories() throws {
        let findings = try compare(
            #"{"dataDirectory": "a", "stores": [{"id": "primary", "directory": "/data/node_a"}]}"#,
            #"{"dataDirectory": "b", "stores": [{"id": "primary", "directory": "/data/node_b"}]}"#
        )
        #expect(findings.map(\.kind) == [.directory])
        #expect(findings.first?.severity == .note)
        #expect(findings.first?.text.contains("correct and to be expected") == true)
    }

    @Test("Different timeouts: the nodes work together, and behave differently under load")
    func differentTimeouts() throws {
        let findings = try compare(
            #"{"stores": [{"id": "primary", "retryLimitMilliseconds": 5000}]}"#,
            #"{"retryLimitMilliseconds": 15000, "stores": [{"id": "primary"}]}"#
        )
        #expect(findings.map(\.kind) == [.timeout])
        let finding = try #require(findings.first)
        #expect(finding.severity == .warning && finding.path == "retryLimitMilliseconds")
        #expect(finding.first == "5000" && finding.second == "15000")
        #expect(finding.text.contains("(5000 on A, 15000 on B)") && finding.text.contains("under load"))
    }

    @Test("Everything else that differs is found too, the gravest first; nodes that agree have no findings")
    func others() throws {
        let first = """
            {"requireTokens": true, "requestLimit": 5, "partitions": 3,
             "stores": [{"id": "x", "limits": {"diskBytes": 9}, "retention": {"maxCount": 3}, "tags": ["a"]}]}
            """
        let second = #"{"stores": [{"id": "x", "maximumAppendEvents": 7}, {"id": "y"}]}"#
        let findings = try compare(first, second)
        #expect(
            findings.map { "\($0.severity) \($0.kind) \($0.store ?? "-") \($0.path ?? "-")" } == [
                "warning storeOnOneNode y -", "warning limit x maximumAppendEvents", "warning limit x limits.diskBytes",
                "warning retention x retention.maxCount", "warning access - requireTokens",
                "note setting x partitions", "note setting x tags", "note setting - requestLimit",
            ]
        )
        #expect(try compare(first, first) == [])
        #expect(try compare("{}", "{}") == [])
    }

    @Test("Whatever differs is found from both sides alike", arguments: Seeds(100))
    func bothSides(_ seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        func make(_ name: String) -> ConfigurationValidator.Node {
            var stores: [String: ResolvedStoreConfiguration] = [:]
            for id in ["a", "b", "c"] where Bool.random(using: &random) {
                var configuration = StoreConfiguration()
                if Bool.random(using: &random) { configuration.partitions = 7 }
                if Bool.random(using: &random) { configuration.retryLimit = .seconds(1) }
                if Bool.random(using: &random) { configuration.directory = "/\(name)/\(id)" }
                stores[id] = configuration.resolved()
            }
            return ConfigurationValidator.Node(name, stores: stores)
        }
        let (a, b) = (make("A"), make("B"))
        let (there, back) = (ConfigurationValidator.compare(a, b), ConfigurationValidator.compare(b, a))
        func summary(_ findings: [ConfigurationFinding]) -> [String] {
            findings.map { "\($0.severity) \($0.kind) \($0.store ?? "") \($0.path ?? "")" }
        }
        #expect(summary(there) == summary(back))
        #expect((there == []) == (a.stores.mapValues(\.plain) == b.stores.mapValues(\.plain)))
    }
}

extension ResolvedStoreConfiguration {
    /// The values, wherever they come from.
    fileprivate var plain: [String] { values.map { "\($0.path)=\($0.value)" } }
}
