import Mangrove
import MangroveStore
import Testing

@Suite("The program: configuration")
struct ConfigTests {
    @Test("config show prints every value that serve would take, with where each is from, and no secret")
    func show() async throws {
        let site = Site()
        let file = try site.file(
            "grove.json",
            """
            {"partitions": 3, "requestLimit": 7,
             "stores": [{"id": "orders", "limits": {"connections": 5}}]}
            """
        )
        let environment = [
            "MANGROVE_PARTITIONS": "2", "MANGROVE_STORE_TIMEOUTS": "orders:77", "MANGROVE_UNHEARD_OF": "x",
        ]
        let lines = try await site.grove("config", "show", "--config", file, environment: environment).lines
        func row(_ name: String) -> [Substring] {
            (lines.first { $0.hasPrefix(name + "  ") } ?? "").split(separator: " ")
        }
        #expect(row("dataDirectory") == ["dataDirectory", site.data[...], "--data"])
        #expect(row("requestLimit") == ["requestLimit", "7", "\(file):1:35"])
        #expect(row("partitions") == ["partitions", "2", "$MANGROVE_PARTITIONS"])
        #expect(row("checkpointEvents") == ["checkpointEvents", "50000", "default"])
        #expect(row("orders: limits.connections") == ["orders:", "limits.connections", "5", "\(file):2:56"])
        #expect(
            row("orders: retryLimitMilliseconds")
                == ["orders:", "retryLimitMilliseconds", "77", "$MANGROVE_STORE_TIMEOUTS"]
        )
        #expect(lines.last == "$MANGROVE_UNHEARD_OF means nothing here")
        // Nothing was opened.
        #expect(try !site.exists(""))

        let json = try await site.grove("config", "show", "--json", "--config=\(file)", environment: environment).lines
        #expect(
            json.contains(
                #"{"setting":"partitions","value":2,"source":"$MANGROVE_PARTITIONS"}"#
            )
        )
        #expect(
            json.contains(
                #"{"store":"orders","setting":"retryLimitMilliseconds","value":77,"source":"$MANGROVE_STORE_TIMEOUTS"}"#
            )
        )
        #expect(try await site.grove("stores", "create", "x").code == 0)
        let token = try await site.grove("token", "create").lines.first ?? ""
        #expect(token.hasPrefix("grove1."))
        let shown = try await site.grove("config", "show", environment: ["MANGROVE_TOKEN": token])
        #expect(shown.code == 0 && !shown.output.contains(token) && !shown.output.contains("grove1"))
        #expect(shown.lines.contains { $0.split(separator: " ") == ["token", "(not", "shown)", "$MANGROVE_TOKEN"] })
    }

    @Test("What is wrong with a configuration is told as a whole, before anything is opened")
    func mistakes() async throws {
        let site = Site()
        let file = try site.file("bad.json", "{\"partitons\": 2, \"segmentBytes\": 1}")
        let environment = ["MANGROVE_REQUEST_LIMIT": "-1"]
        let expected = [
            "grove: \(file):1:2: partitons: there is no such setting; did you mean \"partitions\"?",
            "grove: \(file):1:34: segmentBytes: must be a whole number from 4096 to 1073741824, not 1",
            "grove: $MANGROVE_REQUEST_LIMIT: requestLimit: must be a whole number from 0 to 1000000000, not \"-1\"",
            "",
        ]
        let outcome = try await site.grove("serve", "--config", file, environment: environment)
        #expect(outcome.code == 2 && outcome.output.isEmpty)
        #expect(outcome.errors == expected.joined(separator: "\n"))
        #expect(try !site.exists(""))
        let checked = try await Program.run(Site.program, ["config", "check", file])
        #expect(checked.code == 2)
        #expect(checked.errors == expected[..<2].joined(separator: "\n") + "\n")
        let fine = try site.file("fine.json", "{\"stores\": [{\"id\": \"orders\"}]}")
        let good = try await Program.run(Site.program, ["config", "check", fine])
        #expect(good.code == 0 && good.lines == ["{\"file\":\"\(fine)\",\"stores\":[\"orders\"]}"])
    }

    @Test("A node takes the file in its directory, the environment over it, and makes the stores that are named")
    func serve() async throws {
        let site = Site()
        #expect(try await site.grove("stores", "create", "old").code == 0)
        _ = try site.file(
            "data/grove.json",
            #"{"defaultStore": "main", "gatewayWorkers": 2, "partitions": 2, "stores": [{"id": "orders"}]}"#
        )
        let words = site.onData(["serve", "--store", "extra"])
        let node = try RunningProgram(
            Site.program,
            words,
            environment: ["MANGROVE_PARTITIONS": "3", "MANGROVE_ADDITIONAL_STORES": "more"]
        )
        #expect(await node.line()?.hasSuffix(": extra, main, more, old, orders") == true)
        let values = try await site.grove("stores", "config", "orders").output
        #expect(values.contains("\"partitions\":\"3\"") && values.contains("\"gatewayWorkers\":\"2\""))
        // What is on record of a store counts, and is shown as such.
        #expect(try await site.grove("config", "put", "orders", "--setting", "priority=high").code == 0)
        let shown = try await site.grove("config", "show").lines
        #expect(
            shown.contains { $0.split(separator: " ") == ["orders:", "priority", "high", "record,", "version", "2"] }
        )
    }
}
