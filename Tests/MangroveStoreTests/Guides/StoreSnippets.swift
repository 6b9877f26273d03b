import Mangrove
import MangroveStore
import MangroveTesting
import Testing

/// The code of the guide to stores, compiled and run.
@Suite struct StoreSnippets {
    private func print(_ items: Any...) {}

    private static func event(_ type: String, _ number: UInt64) -> NewEvent {
        NewEvent(id: EventID(high: 2, low: number), type: type, data: Array("{}".utf8), tags: ["customer-7"])
    }

    @Test("What the guide to stores shows works")
    func stores() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let (second, counted) = (Self.event("order-placed", 1), Self.event("order-counted", 2))
            let node = try await Node.open(NodeSettings(dataDirectory: "grove-data", owner: "me"), in: runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")

            let placed = NewEvent(
                id: EventID(high: 1, low: 1),
                type: "order-placed",
                data: Array("{\"customer\": 7, \"total\": 12.50}".utf8),
                tags: ["customer-7"]
            )
            let result = try await gateway.append(to: "orders", stream: "order-1", expecting: .noStream, [placed])
            #expect(result.version == 0)

            let seen = try await gateway.readAll(from: "orders", start: 0, count: 100, filter: .tags("customer-7"))
            _ = try await gateway.append(
                to: "orders",
                [
                    StreamBatch(stream: "order-2", expecting: .noStream, events: [second]),
                    StreamBatch(stream: "customer-7", events: [counted]),
                ],
                if: [.noneMatching(.tags("customer-7"), after: seen.next - 1)]
            )
            await #expect(throws: StoreError.self) {
                try await gateway.append(
                    to: "orders",
                    [StreamBatch(stream: "order-3", events: [Self.event("order-placed", 3)])],
                    if: [.noneMatching(.tags("customer-7"), after: seen.next - 1)]
                )
            }

            for try await event in gateway.events(of: "order-1", in: "orders") {
                print(event.version, event.type)
            }
            for try await event in gateway.allEvents(in: "orders", filter: .types("order-placed")) {
                print(event.position)
            }

            let id = SnapshotID(source: "order-totals", stream: "order-1", version: 0)
            let snapshot = Snapshot(id, data: Array("{\"total\": 12.50}".utf8))
            try await gateway.recordSnapshot(snapshot, in: "orders", keeping: 3)
            let latest = try await gateway.latestSnapshot(
                source: "order-totals",
                stream: "order-1",
                upTo: nil,
                in: "orders"
            )
            #expect(latest?.id == id)

            try await gateway.truncate("order-1", in: "orders", before: 1)
            try await gateway.setStreamSettings(
                StreamSettings(maxCount: 1_000, maxAge: .seconds(30 * 86_400)),
                of: "order-1",
                in: "orders"
            )
            try await gateway.deleteStream("order-1", in: "orders", tombstone: false)
            try await gateway.deleteStream("order-1", in: "orders", tombstone: true)
            _ = try await gateway.compact("orders")
            await node.close()
        }
    }

    @Test("What the guide to stores shows of many stores works")
    func manyStores() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway

            var tenant = StoreConfiguration()
            tenant.autoStart = false
            tenant.limits.diskBytes = 1 << 30
            tenant.retention.maxAge = .seconds(365 * 86_400)
            try await gateway.createStore("tenant-7", tenant)

            tenant.limits.eventsPerSecond = 200
            let restarted = try await gateway.configureStore("tenant-7", tenant)
            #expect(!restarted)

            let removed = try await gateway.removeStore("tenant-7", erasing: false)
            if let kept = removed.kept { try await gateway.reviveStore(kept.name) }
            #expect(try await gateway.stores().map(\.id) == ["tenant-7"])
            await node.close()
        }
    }
}
