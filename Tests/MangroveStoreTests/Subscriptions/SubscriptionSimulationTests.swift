import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct SubscriptionSimulationTests {
    private static let places = [
        "core/storage/engine", "core/notification/leader/worker", "core/notification/leader/tracker",
        "core/notification/subscriptions-tracker", "core/persistence/subscriptions/writer",
        "core/persistence/subscriptions/reader", "pub-sub", "SUBSCRIPTION", "SUBSCRIPTION", "CONSUMER", "CONSUMER",
        "POOL",
    ]

    @Test(
        "Whatever crashes, every event reaches a consumer in the order of its key, and none comes again once its answer has returned",
        arguments: Seeds(80)
    )
    func everythingCrashes(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        let witness = ConsumerWitness()
        let filtered = ConsumerWitness()
        var random = SeededGenerator(seed: seed &+ 77)
        for life in 0..<3 {
            let isLast = life == 2
            let crashes = (0..<3).map { _ in (Self.places[Int(random.next() % 12)], random.next() % 2 == 0) }
            let moment = Int(random.next() % 40)
            try Simulation(seed: seed &* 8 &+ UInt64(life), disk: disk.mount()).run { simulation in
                let runtime = simulation.runtime
                let node = try await Node.open(.faulty, in: runtime)
                let gateway = node.gateway
                do { try await gateway.createStore("east") } catch StoreError.storeExists {}
                let even = SubscriptionConfiguration(.pattern(EventPattern(stream: "client-1")))
                for (name, configuration) in [("work", SubscriptionConfiguration()), ("one", even)] {
                    do {
                        try await gateway.createSubscription(name, of: "east", configuration)
                    } catch StoreError.subscriptionExists {}
                }
                let load = StoreLoad(gateway, runtime)
                load.start("east", clients: 3, generation: life)
                witness.goOn()
                filtered.goOn()
                for _ in 0..<3 { witness.consume("work", of: "east", gateway, in: runtime) }
                filtered.consume("one", of: "east", gateway, in: runtime)
                let received = Lock<[Int]>([])
                let subscription = try gateway.subscribe(to: "east", .all)
                let following = runtime.spawn {
                    do {
                        for try await event in subscription { received.withLock { $0.append(event.position) } }
                    } catch { witness.blame("a subscriber: \(error)") }
                }
                for (place, kill) in crashes {
                    try await runtime.sleep(for: .milliseconds(10))
                    if let path = Self.path(of: place, in: runtime) { try? await gateway.crash(path, kill: kill) }
                    if let info = try? await gateway.subscriptions(of: "east").first(where: { $0.name == "work" }) {
                        witness.saw(checkpoint: info.checkpoint) { _ in true }
                    }
                }
                try await runtime.sleep(for: .milliseconds(moment))
                // A life that is not the last one is cut off here, with everything under way.
                guard isLast else { return }
                try await load.stop()
                witness.stop()
                filtered.stop()
                try await runtime.sleep(for: .seconds(1))
                try await witness.drain("work", of: "east", gateway)
                try await filtered.drain("one", of: "east", gateway)
                let all = try await gateway.readAll(from: "east", start: 0, count: 100_000)
                #expect(witness.missing(of: all.map(\.position)) == [], "seed \(seed)")
                let ones = all.filter { $0.stream == "client-1" }.map(\.position)
                #expect(filtered.missing(of: ones) == [], "seed \(seed)")
                for info in try await gateway.subscriptions(of: "east") where info.name != "all-events" {
                    #expect(info.lag == 0, "seed \(seed): \(info)")
                }
                #expect(received.withLock { $0 } == Array(0..<all.count), "seed \(seed): a gap or a duplicate")
                following.cancel()
                await node.close()
            }
            disk.crash(random.next() % 3 == 0 ? .dropAll : .random)
        }
        #expect(witness.problems == [], "seed \(seed)")
        #expect(filtered.problems == [], "seed \(seed)")
        #expect(witness.settledCount > 30, "seed \(seed)")
    }

    /// Where a process is to be found now, if it is there.
    private static func path(of place: String, in runtime: Runtime) -> String? {
        let all = runtime.tree().node(at: "node/stores/east")?.subtree ?? []
        return switch place {
        case "SUBSCRIPTION": all.first { $0.id == "subscription" }?.path
        case "CONSUMER": all.last { $0.id == "consumer" }?.path
        case "POOL": all.first { $0.id == "work" && $0.kind == .supervisor }?.path
        default: "node/stores/east/" + place
        }
    }
}
