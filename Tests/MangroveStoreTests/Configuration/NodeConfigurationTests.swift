import MangroveStore
import MangroveTesting
import Testing

@Suite("A node's configuration")
struct NodeConfigurationTests {
    private static let path = "/etc/grove/grove.json"

    private func load(
        _ file: String? = nil,
        _ variables: [String: String] = [:],
        options: [ConfigurationInputs.Option] = [],
        stores: [String] = []
    ) throws(ConfigurationError) -> NodeConfiguration {
        try NodeConfiguration(
            ConfigurationInputs(
                file: file.map { .init(path: Self.path, text: Array($0.utf8)) },
                variables: variables,
                options: options,
                stores: stores.map { ($0, "--store") },
                workingDirectory: "/home/me"
            )
        )
    }

    private func mistakes(_ file: String?, _ variables: [String: String] = [:]) -> [String] {
        do throws(ConfigurationError) {
            _ = try load(file, variables)
            return []
        } catch {
            return error.mistakes.map(\.description)
        }
    }

    @Test("With nothing given, everything is as it is by default, and says so")
    func nothing() throws {
        let configuration = try load()
        #expect(configuration.dataDirectory == "./grove-data")
        #expect(configuration.defaultStore == nil && configuration.requestLimit == nil && configuration.stores.isEmpty)
        #expect(!configuration.allowsFaults && !configuration.requiresTokens && configuration.revokedTokens.isEmpty)
        #expect(configuration.nodeValues.allSatisfy { $0.source == .standard })
        #expect(configuration.storeDefaults == ResolvedStoreConfiguration())
    }

    @Test("The command line counts more than the environment, that more than the file, that more than the defaults")
    func precedence() throws {
        let file = #"{"requestLimit": 1, "allowFaults": true, "partitions": 2, "segmentBytes": 8192}"#
        let configuration = try load(
            file,
            ["MANGROVE_REQUEST_LIMIT": "2", "MANGROVE_PARTITIONS": "3", "MANGROVE_ALLOW_FAULTS": "false"],
            options: [.init("--request-limit", "requestLimit", .number(3))]
        )
        #expect(configuration.requestLimit == RateLimit(perSecond: 3))
        #expect(!configuration.allowsFaults)
        #expect(configuration.storeDefaults.settings.partitions == 3)
        #expect(configuration.storeDefaults.settings.segmentBytes == 8_192)
        #expect(configuration.storeDefaults.settings.gatewayWorkers == StoreSettings().gatewayWorkers)
        let sources = Dictionary(uniqueKeysWithValues: configuration.nodeValues.map { ($0.path, $0.source) })
        #expect(sources["requestLimit"] == .option("--request-limit"))
        #expect(sources["allowFaults"] == .variable("MANGROVE_ALLOW_FAULTS"))
        let values = Dictionary(
            uniqueKeysWithValues: configuration.storeDefaults.values.map { ($0.path, "\($0.value) \($0.source)") }
        )
        #expect(values["partitions"] == "3 $MANGROVE_PARTITIONS")
        #expect(values["segmentBytes"] == "8192 /etc/grove/grove.json:1:75")
        #expect(values["gatewayWorkers"] == "\(StoreSettings().gatewayWorkers) default")
    }

    @Test("A fault we do not have: an environment variable never overrides what is said for one store")
    func environmentAndStores() throws {
        let file = """
            {
              "partitions": 2,
              "retryLimitMilliseconds": 100,
              "templates": {"small": {"partitions": 3, "gatewayWorkers": 1}},
              "stores": [
                {"id": "plain"},
                {"id": "templated", "template": "small"},
                {"id": "own", "template": "small", "partitions": 4, "retryLimitMilliseconds": 200}
              ]
            }
            """
        let configuration = try load(
            file,
            [
                "MANGROVE_PARTITIONS": "9", "MANGROVE_RETRY_LIMIT_MILLISECONDS": "900",
                "MANGROVE_STORE_TIMEOUTS": "own:1000, elsewhere:5",
            ]
        )
        // For all stores the environment counts more than the top of the file; less than a template or the store's own.
        let plain = try configuration.resolved("plain")
        #expect(plain.settings.partitions == 9)
        #expect(plain.settings.retryLimit == .milliseconds(900))
        let templated = try configuration.resolved("templated")
        #expect(templated.settings.partitions == 3)
        #expect(templated.settings.gatewayWorkers == 1)
        #expect(templated.settings.retryLimit == .milliseconds(900))
        let own = try configuration.resolved("own")
        #expect(own.settings.partitions == 4)
        #expect(own.sources["partitions"] == .file(Self.path, line: 8, column: 54))
        // What it says for the one store counts more than what the file says for that store.
        #expect(own.settings.retryLimit == .seconds(1))
        #expect(own.sources["retryLimitMilliseconds"] == .variable("MANGROVE_STORE_TIMEOUTS"))
        // A record takes the place of the file's entry, and nothing else's.
        var record = StoreConfiguration()
        record.segmentBytes = 4_096
        let recorded = try configuration.resolved("own", record: ConfigurationLayer(record, from: .record(version: 7)))
        #expect(recorded.settings.segmentBytes == 4_096)
        #expect(recorded.sources["segmentBytes"] == .record(version: 7))
        #expect(recorded.settings.partitions == 9)
        #expect(recorded.settings.retryLimit == .seconds(1))
        #expect(try configuration.resolved("elsewhere").settings.retryLimit == .milliseconds(5))
    }

    @Test("Stores come from lists in the file, from the environment's strings and from the command line")
    func manyStores() throws {
        let file = """
            {
              "defaultStore": "main",
              "stores": [{"id": "orders", "directory": "disk2/orders", "tags": ["eu"]}],
              "additionalStores": [{"id": "billing", "autoStart": false}]
            }
            """
        let configuration = try load(
            file,
            [
                "MANGROVE_ADDITIONAL_STORES": "events:/data/events, snapshots:here/snapshots,plain,billing:/b",
                "MANGROVE_STORE_TIMEOUTS": "events:15000,snapshots:5000",
                "MANGROVE_STORE_DESCRIPTION": "the main one", "MANGROVE_STORE_TAGS": " a, b ,,c ",
            ],
            stores: ["orders", "extra"]
        )
        #expect(
            configuration.stores.map(\.id) == ["orders", "billing", "events", "snapshots", "plain", "extra", "main"]
        )
        // Relative to the file in the file, to where the program runs elsewhere.
        #expect(try configuration.resolved("orders").directory == "/etc/grove/disk2/orders")
        #expect(try configuration.resolved("snapshots").directory == "/home/me/here/snapshots")
        #expect(try configuration.resolved("events").directory == "/data/events")
        #expect(try configuration.resolved("events").settings.retryLimit == .seconds(15))
        #expect(try configuration.resolved("plain").directory == nil)
        let billing = try configuration.resolved("billing")
        #expect(!billing.autoStart && billing.directory == "/b")
        let main = try configuration.resolved("main")
        #expect(main.description == "the main one" && main.tags == ["a", "b", "c"])
    }

    @Test("Everything wrong anywhere is told at once, each with where it was said")
    func allMistakes() {
        let file = """
            {
              "dataDirectry": "x",
              "requestLimit": "many",
              "directory": "/x",
              "template": "huge",
              "templates": {"small": {"template": "x", "partitions": 0}},
              "stores": [
                {"id": "a", "template": "smal"},
                {"id": "a"},
                {"partitions": 5},
                {"id": "b/c"},
                {"id": "d", "directory": "../grove"},
                {"id": "e", "directory": "/etc/grove/f"},
                {"id": "f", "directory": "/etc/grove/f/g", "colour": 1},
                7
              ],
              "revokedTokens": ["x"]
            }
            """
        let found = mistakes(
            file,
            [
                "MANGROVE_DATA_DIR": "/etc/grove/data", "MANGROVE_PARTITION": "3", "MANGROVE_LIMITS_CONNECTIONS": "few",
                "MANGROVE_ADDITIONAL_STORES": "x:,y,y", "MANGROVE_STORE_TIMEOUTS": "a:soon,b,a:1,a:2",
                "MANGROVE_STORE_TAGS": "t", "MANGROVE_SERVICE_HOST": "10.0.0.1", "OTHER_PARTITIONS": "1",
            ]
        )
        let p = Self.path
        let expected = [
            "\(p):2:3: dataDirectry: there is no such setting; did you mean \"dataDirectory\"?",
            "\(p):3:19: requestLimit: must be a whole number from 0 to 1000000000, not \"many\"",
            "\(p):4:3: directory: belongs to one store; say it in 'stores'",
            "\(p):5:15: template: there is no template \"huge\"; there are small",
            "\(p):6:27: templates.small.template: a template cannot say this",
            "\(p):6:58: templates.small.partitions: must be a whole number from 1 to 1024, not 0",
            "\(p):8:29: a.template: there is no template \"smal\"; did you mean \"small\"?",
            "\(p):9:5: stores[1].id: store 'a' is there already, at \(p):8:5",
            "\(p):10:5: stores[2]: has no 'id'",
            "\(p):11:5: stores[3].id: a store's name consists of letters, digits, '-', '_' and '.'",
            "\(p):12:30: d.directory: /etc/grove holds the node's data directory",
            "\(p):14:30: f.directory: /etc/grove/f/g overlaps that of store 'e', /etc/grove/f",
            "\(p):14:48: stores[6].colour: there is no such setting; the guide on configuration lists them",
            "\(p):15:5: stores[7]: must be an object, not 7",
            "\(p):17:20: revokedTokens: must be ids of tokens; \"x\" is none",
            "\(p):17:20: revokedTokens: means something with requireTokens only",
            "$MANGROVE_LIMITS_CONNECTIONS: limits.connections: must be a whole number from 0 to 1000000, not \"few\"",
            "$MANGROVE_ADDITIONAL_STORES: x: must be ID or ID:DIRECTORY, not \"x:\"",
            "$MANGROVE_ADDITIONAL_STORES: y: store 'y' is named twice",
            "$MANGROVE_PARTITION: there is no such variable; did you mean $MANGROVE_PARTITIONS?",
            "$MANGROVE_STORE_TAGS: tags: there is no default store to say this of; see $MANGROVE_STORE_ID",
            "$MANGROVE_STORE_TIMEOUTS: a.retryLimitMilliseconds: must be a whole number from 0 to 3600000, not \"soon\"",
            "$MANGROVE_STORE_TIMEOUTS: must be ID:MILLISECONDS, not \"b\"",
            "$MANGROVE_STORE_TIMEOUTS: a: store 'a' is named twice",
            "$MANGROVE_STORE_TIMEOUTS: a: store 'a' is named twice",
        ]
        #expect(found.count == expected.count, "\(found.joined(separator: "\n"))")
        for (found, expected) in zip(found, expected) { #expect(found.hasPrefix(expected), "\(found)") }
    }

    @Test("Variables of other programs are left alone, and said to mean nothing here")
    func otherVariables() throws {
        let configuration = try load(
            nil,
            ["MANGROVE_SERVICE_HOST": "x", "MANGROVE_TOKEN": "secret", "MANGROVE_PARTITIONS": "", "PATH": "/bin"]
        )
        #expect(configuration.unusedVariables == ["MANGROVE_SERVICE_HOST"])
        #expect(configuration.storeDefaults.settings.partitions == StoreSettings().partitions)
    }

    @Test("A bit flipped or a byte missing anywhere in the file is a mistake with its place or another configuration")
    func damagedFile() {
        let text = Array(#"{"partitions":2,"defaultStore":"m","stores":[{"id":"a","limits":{"connections":5}}]}"#.utf8)
        for end in 0..<text.count {
            #expect(!mistakes(String(decoding: text[..<end], as: UTF8.self)).isEmpty)
        }
        for index in text.indices {
            for bit in 0..<8 {
                var flipped = text
                flipped[index] ^= 1 << UInt8(bit)
                let inputs = ConfigurationInputs(file: .init(path: "f", text: flipped))
                do throws(ConfigurationError) {
                    let configuration = try NodeConfiguration(inputs)
                    for store in configuration.stores { _ = try configuration.resolved(store.id) }
                } catch {
                    let isPlaced = error.mistakes.allSatisfy {
                        if case .file("f", 1, 1...86) = $0.source { true } else { false }
                    }
                    #expect(isPlaced, "\(error)")
                }
            }
        }
    }
}
