import Foundation
import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("What a node's telemetry says of its stores") struct StoreTelemetryTests {
    @Test("The guide has every event and metric of MangroveStore as it is declared, in order, and no other")
    func guide() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Guides/telemetry.md"), encoding: .utf8)
        func rows(_ heading: String) -> [String] {
            let after = text.components(separatedBy: "\n## \(heading)\n").dropFirst().first ?? ""
            let section = after.components(separatedBy: "\n## ").first ?? ""
            return section.split(separator: "\n").map(String.init).filter { $0.hasPrefix("| `") }
        }
        let events = StoreEvents.all.map { kind in
            let fields = kind.fields.map { "`\($0.name)` \($0.type)" }.joined(separator: ", ")
            return "| `\(kind.name)` | \(kind.level) | \(fields) | \(kind.when) |"
        }
        let metrics = StoreMetrics.all.map { kind in
            let labels = kind.labels.map { "`\($0)`" }.joined(separator: ", ")
            return "| `\(kind.name)` | \(kind.form.rawValue) | \(labels) | \(kind.help) |"
        }
        #expect(rows("Events of MangroveStore") == events)
        #expect(rows("Metrics of MangroveStore") == metrics)
        #expect(events.count > 8 && metrics.count > 5)
        #expect(StoreEvents.all.allSatisfy { $0.component == .store && $0.name.hasPrefix("store.") })
    }

    @Test("Appends are counted by store when they are durable: events, batches, bytes, flushes and their times")
    func counted() throws {
        try Simulation(seed: 3).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(NodeSettings(dataDirectory: "/data", owner: "test"), in: runtime)
            for store in ["a", "b"] { try await node.gateway.createStore(store) }
            func value(_ name: String, _ store: String) async throws -> Double? {
                let line = try await node.gateway.metrics().split(separator: "\n").first {
                    $0.hasPrefix("mangrove_store_\(name){store=\"\(store)\"} ")
                }
                return line?.split(separator: " ").last.flatMap { Double($0) }
            }
            let event = NewEvent(id: EventID(high: 1, low: 2), type: "t", data: Array("1".utf8), metadata: nil)
            let other = NewEvent(id: EventID(high: 1, low: 3), type: "t", data: Array("2".utf8), metadata: nil)
            _ = try await node.gateway.append(to: "a", stream: "s", expecting: .any, [event, other])
            let third = NewEvent(id: EventID(high: 1, low: 4), type: "t", data: Array("3".utf8), metadata: nil)
            _ = try await node.gateway.append(to: "a", stream: "s", expecting: .any, [third])
            #expect(try await value("events_appended_total", "a") == 3)
            #expect(try await value("batches_total", "a") == 2)
            #expect(try await value("flushes_total", "a") == 2)
            #expect(try await value("flush_seconds_count", "a") == 2)
            #expect(try await value("events", "a") == 3)
            #expect(try await value("bytes_total", "a") ?? 0 > 100)
            #expect(try await value("events_appended_total", "b") == 0)
            // What is there already is not appended again, and a restart of the engine forgets nothing.
            _ = try await node.gateway.append(to: "a", stream: "s", expecting: .any, [third])
            let engine = runtime.tree().nodes.first { $0.path.contains("/a/") && $0.path.hasSuffix("engine") }
            #expect(runtime.crash(at: engine?.path ?? "", with: CancellationError()))
            try await runtime.sleep(for: .seconds(1))
            #expect(try await value("events_appended_total", "a") == 3)
            let text = try await node.gateway.metrics()
            #expect(text.contains("\nmangrove_stores_running 2\n"))
            #expect(text.contains("\nmangrove_processes "))
            try await node.gateway.removeStore("a")
            #expect(try await value("events_appended_total", "a") == nil)
            await node.close()
        }
    }

    @Test("A flush falls into the first bucket that is large enough")
    func buckets() {
        let counters = StoreCounters()
        func count(_ time: Duration) -> [UInt64] {
            counters.flushed(FlushOutcome(durable: 1, records: []), in: time)
            return counters.now.flushCounts
        }
        #expect(count(.microseconds(100)).firstIndex(of: 1) == 0)
        #expect(count(.microseconds(101))[..<3] == [1, 1, 0])
        #expect(count(.seconds(11)).last == 1)
        #expect(counters.now.flushTimes.count == 3)
        #expect(counters.now.flushTimes.sum > 11 && counters.now.flushTimes.sum < 11.001)
    }
}
