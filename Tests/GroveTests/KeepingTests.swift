import MangroveStore
import Testing

@testable import grove

@Suite struct KeepingTests {
    @Test("truncate, delete and compact say what they did")
    func streams() async throws {
        let bench = Bench()
        let events = (0..<4).map { NewEvent(id: EventID(high: 0, low: $0), type: "t", data: Array("1".utf8)) }
        _ = try await bench.gateway.append(to: "orders", stream: "a", expecting: .any, events)
        #expect(await bench.run("truncate", "orders", "a", "--before", "3") == .done)
        #expect(bench.gateway.events().map(\.version) == [3])
        #expect(await bench.run("truncate", "orders", "a", "--before", "9") == .failure)
        #expect(await bench.run("delete", "orders", "a") == .done)
        #expect(await bench.run("delete", "orders", "a", "--tombstone") == .done)
        #expect(await bench.run("compact", "orders") == .done)
        #expect(await bench.run("compact", "none") == .noSuchStore)
        #expect(
            bench.lines == [
                "{\"stream\":\"a\",\"first\":0}", "{\"stream\":\"a\",\"status\":\"deleted\"}",
                "{\"stream\":\"a\",\"status\":\"ended\"}",
                "{\"store\":\"orders\",\"segments\":2,\"before\":1000,\"after\":300,\"events\":7,\"facts\":1}",
            ]
        )
    }

    @Test("erase forgets a stream's key when that is said twice, where there is one")
    func erase() async throws {
        let bench = Bench()
        #expect(await bench.run("erase", "orders", "person-1", "--forget-key") == .done)
        #expect(bench.lines == ["{\"stream\":\"person-1\",\"status\":\"erased\"}"])
        #expect(await bench.run("erase", "orders", "a", "--forget-key") == .failure)
        #expect(bench.complaint == "grove: this node encrypts no streams\n")
    }

    @Test("snapshots lists, reads the newest or an older one, and removes")
    func snapshots() async throws {
        let bench = Bench()
        for version in [1, 5] {
            let id = SnapshotID(source: "sum", stream: "a", version: version)
            let snapshot = Snapshot(id, data: Array("{\n\"n\":\(version)}".utf8), metadata: Array("[]".utf8))
            try await bench.gateway.recordSnapshot(snapshot, in: "orders", keeping: nil)
        }
        #expect(await bench.run("snapshots", "orders") == .done)
        #expect(await bench.run("snapshots", "orders", "list", "--source", "x") == .done)
        #expect(await bench.run("snapshots", "orders", "read", "sum", "a") == .done)
        #expect(await bench.run("snapshots", "orders", "read", "sum", "a", "4") == .done)
        #expect(await bench.run("snapshots", "orders", "delete", "sum", "a", "1") == .done)
        #expect(await bench.run("snapshots", "orders", "read", "sum", "a", "4") == .failure)
        let created = "\"created\":\"1970-01-01T00:00:00.000000Z\"}"
        #expect(
            bench.lines == [
                "{\"source\":\"sum\",\"stream\":\"a\",\"version\":1}",
                "{\"source\":\"sum\",\"stream\":\"a\",\"version\":5}",
                "{\"source\":\"sum\",\"stream\":\"a\",\"version\":5,\"data\":{ \"n\":5},\"metadata\":[]," + created,
                "{\"source\":\"sum\",\"stream\":\"a\",\"version\":1,\"data\":{ \"n\":1},\"metadata\":[]," + created,
                "{\"source\":\"sum\",\"stream\":\"a\",\"version\":1,\"status\":\"deleted\"}",
            ]
        )
    }

    @Test(
        "What cannot be meant is refused with what is wrong",
        arguments: [
            (["truncate", "s", "a"], "truncate needs --before N"),
            (["erase", "s", "a"], "erase cannot be undone: say --forget-key as well"),
            (["truncate", "s", "a", "--before", "x"], "--before must be a whole number, 0 or more, not 'x'"),
            (["snapshots", "s", "reed"], "unknown word after the store 'reed'; did you mean 'read'?"),
            (["snapshots", "s", "read", "x"], "STREAM is missing"),
            (["snapshots", "s", "delete", "x", "y"], "snapshots delete needs a VERSION"),
            (["snapshots", "s", "read", "x", "y", "z"], "VERSION must be a whole number, 0 or more, not 'z'"),
            (["snapshots", "s", "list", "x"], "snapshots list takes --source and --stream"),
            (
                ["snapshots", "s", "read", "x", "y", "--source", "z"],
                "snapshots read takes SOURCE and STREAM without options"
            ),
        ]
    )
    func usage(_ words: [String], _ message: String) {
        #expect(throws: UsageError(message)) { try Command(words, environment: { _ in nil }) }
    }
}
