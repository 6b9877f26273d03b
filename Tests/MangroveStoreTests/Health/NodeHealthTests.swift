import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct NodeHealthTests {
    @Test("A node says what is wrong with it, with each store and with what follows it, and when that is over")
    func node() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let runtime = simulation.runtime
            var node = try await Node.open(.simulated, in: runtime)
            for store in ["bad", "good"] { try await node.gateway.createStore(store) }
            #expect(try await node.gateway.health().status == .healthy)
            await node.close()
            try disk.corrupt("/data/bad/manifest", at: 3)
            node = try await Node.open(.simulated, in: runtime)
            let gateway = node.gateway
            try await gateway.createSubscription("mails", of: "good", SubscriptionConfiguration(.all))
            _ = try await gateway.append(to: "good", stream: "a", expecting: .any, happenings(0..<3))
            var health = try await gateway.health()
            func status(_ label: String) -> HealthStatus? { health.components.first { $0.label == label }?.status }
            #expect(status("store bad") == .unhealthy && status("store good") == .healthy)
            #expect(health.components.first { $0.label == "store bad" }?.reason.contains("/data/bad/manifest") == true)
            #expect(status("subscription good/mails") == .healthy)
            // Its consumer sets an event aside.
            let consumer = try await gateway.consume("mails", of: "good", window: 4)
            var deliveries = consumer.makeAsyncIterator()
            try await deliveries.next()?.nack(.park("bad"))
            health = try await gateway.health()
            #expect(status("subscription good/mails") == .degraded)
            let metrics = try await gateway.metrics()
            #expect(metrics.contains("\nmangrove_health{kind=\"subscription\",store=\"good\",name=\"mails\"} 1\n"))
            #expect(metrics.contains("\nmangrove_health{kind=\"store\",store=\"bad\",name=\"\"} 2\n"))
            #expect(metrics.contains("\n# TYPE mangrove_health gauge\n"))
            #expect(metrics.contains("\nmangrove_store_streams{store=\"good\"} 1\n"))
            // The disk fills up.
            disk.capacity = disk.usedSpace + 1_000
            try await runtime.sleep(for: .seconds(30))
            health = try await gateway.health()
            #expect(status("store good") == .degraded)
            let lost = simulation.logs.events(named: "store.health.lost")
            #expect(lost.count == 3)
            disk.capacity = nil
            try await runtime.sleep(for: .seconds(30))
            #expect(simulation.logs.events(named: "store.health.regained").count == 1)
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test("Of a store that does not answer that is what is said, of the others how they are, within five seconds")
    func hungStore() throws {
        try Simulation(seed: 2).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            for store in ["bad", "good"] {
                try await gateway.createStore(store)
                try await gateway.createSubscription("mails", of: store, SubscriptionConfiguration())
            }
            #expect(try await gateway.health().status == .healthy)
            let reader = try #require(
                simulation.runtime.tree().nodes.map(\.path).first {
                    $0.contains("/bad/") && $0.hasSuffix("/subscriptions/reader")
                }
            )
            simulation.faults.inject(.hang, at: .anyTurn, of: .path(reader))
            let before = simulation.clock.now()
            let health = try await gateway.health()
            #expect(before.duration(to: simulation.clock.now()) <= .seconds(6))
            let bad = try #require(health.components.first { $0.label == "store bad" })
            #expect(bad.status == .unhealthy && bad.reason.contains("it has not answered for 5 s"))
            #expect(health.components.first { $0.label == "store good" }?.status == .healthy)
            // Its question was withdrawn, and it answers the next one.
            #expect(try await gateway.health().status == .healthy)
            await node.close()
            #expect(simulation.runtime.processCount == 0)
        }
    }

    @Test("Looking at a node starts no store, and goes on across crashes of what it looks at", arguments: Seeds(20))
    func lazy(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            var settings = NodeSettings.simulated
            settings.allowsFaults = true
            settings.startsStores = false
            var node = try await Node.open(settings, in: simulation.runtime)
            for store in ["a", "b"] { try await node.gateway.createStore(store) }
            await node.close()
            node = try await Node.open(settings, in: simulation.runtime)
            let gateway = node.gateway
            #expect(try await gateway.health().status == .healthy)
            #expect(try await gateway.stores().map(\.status) == [.stopped, .stopped])
            _ = try await gateway.append(to: "a", stream: "s", expecting: .any, happenings(0..<1))
            for target in ["node/health-monitor", "node/stores/a/core/storage/engine", "node/store-manager"] {
                try await gateway.crash(target, kill: seed % 2 == 0)
                var last: NodeHealth?
                for _ in 0..<100 {
                    try await simulation.runtime.sleep(for: .milliseconds(100))
                    last = try? await gateway.health()
                    if last?.status == .healthy { break }
                }
                #expect(last?.status == .healthy)
            }
            await node.close()
        }
    }
}
