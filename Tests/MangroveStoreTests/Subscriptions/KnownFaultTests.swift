import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// Faults that event stores have had with their subscriptions, each shown absent here.
@Suite("Faults of subscriptions that this store does not have")
struct KnownFaultTests {
    private func withStore(
        _ body: @escaping @Sendable (Node, Simulation) async throws -> Void
    ) throws {
        for seed in Seeds(10) {
            try Simulation(seed: seed).run { simulation in
                let node = try await Node.open(.faulty, in: simulation.runtime)
                try await node.gateway.createStore("east")
                try await body(node, simulation)
                await node.close()
            }
        }
    }

    private static func append(_ range: Range<Int>, to stream: String = "a", _ node: Node) async throws {
        _ = try await node.gateway.append(to: "east", stream: stream, expecting: .any, happenings(range))
    }

    /// Takes and acknowledges `count` events.
    private static func take(_ count: Int, _ name: String, _ node: Node) async throws -> [Int] {
        var places: [Int] = []
        guard count > 0 else { return places }
        for try await delivery in try await node.gateway.consume(name, of: "east") {
            places.append(delivery.event.position)
            try await delivery.ack()
            if places.count == count { break }
        }
        return places
    }

    @Test("A subscription of any kind catches up from its start, and an ack moves its checkpoint and no other's")
    func noCatchUp() throws {
        let sources: [SubscriptionSource] = [
            .all, .stream("a"), .type("happened"), .typePrefix("hap"), .payload(try JSONPattern("{}")),
            .pattern(EventPattern(stream: "a")),
        ]
        try withStore { node, _ in
            try await Self.append(0..<10, node)
            for (index, source) in sources.enumerated() {
                let configuration = SubscriptionConfiguration(source, start: .at(4))
                try await node.gateway.createSubscription("s\(index)", of: "east", configuration)
            }
            for index in sources.indices {
                let before = try await node.gateway.subscriptions(of: "east")
                #expect(try await Self.take(3, "s\(index)", node) == [4, 5, 6])
                let after = try await node.gateway.subscriptions(of: "east")
                for (old, new) in zip(before, after) {
                    #expect(new.checkpoint == (new.name == "s\(index)" ? 7 : old.checkpoint), "\(new.name)")
                }
            }
        }
    }

    @Test(
        "What is appended while nobody leads, listens or has room is delivered later, in order, to any number of consumers"
    )
    func droppedAndUnordered() throws {
        try withStore { node, simulation in
            let runtime = simulation.runtime
            let tracker = runtime.address(StoreName(store: "east").name(.leaderTracker), of: LeaderTracker.self)
            try await node.gateway.createSubscription("s", of: "east", SubscriptionConfiguration())
            try await Self.append(0..<5, node)
            try await tracker.call { $0.note(leading: false) }
            try await Self.append(5..<10, node)
            try await tracker.call { $0.note(leading: true) }
            let seen = Lock<[String: [Int]]>([:])
            let failures = Lock<[String]>([])
            for number in 0..<4 {
                runtime.spawn {
                    do {
                        for try await delivery in try await node.gateway.consume("s", of: "east", window: 2) {
                            seen.withLock { $0[delivery.event.stream, default: []].append(delivery.event.version) }
                            try await runtime.sleep(for: .milliseconds(number))
                            try await delivery.ack()
                        }
                    } catch { failures.withLock { $0.append("\(error)") } }
                }
            }
            for round in 0..<10 {
                for stream in ["a", "b", "c"] {
                    let first = 10 + round * 3
                    try await Self.append(first..<first + 3, to: stream, node)
                }
            }
            try await runtime.sleep(for: .seconds(5))
            #expect(failures.withLock { $0 } == [])
            #expect(seen.withLock { $0 } == ["a": Array(0..<40), "b": Array(0..<30), "c": Array(0..<30)])
        }
    }

    @Test("A subscription that fails, stops, or is killed again and again holds up no other one, and no append")
    func oneFailsAll() throws {
        try withStore { node, simulation in
            let runtime = simulation.runtime
            for name in ["bad", "stopped", "slow", "good"] {
                try await node.gateway.createSubscription(name, of: "east", SubscriptionConfiguration())
            }
            try await Self.append(0..<5, node)
            var stopped = try await node.gateway.consume("stopped", of: "east").makeAsyncIterator()
            try await stopped.next()?.nack(.stop("never again"))
            // It takes its window and says nothing.
            var slow = try await node.gateway.consume("slow", of: "east", window: 1).makeAsyncIterator()
            let held = try await slow.next()
            for round in 0..<6 {
                let bad = runtime.tree().node(at: "node/stores/east")?.subtree.first {
                    $0.path.hasSuffix("/bad/subscription")
                }
                if let bad { try? await node.gateway.crash(bad.path, kill: round % 2 == 0) }
                let begin = runtime.clock.now()
                try await Self.append(5 + round..<6 + round, node)
                let first = round == 0 ? 0 : 5 + round
                #expect(try await Self.take(6 + round - first, "good", node).last == 5 + round)
                #expect(begin.duration(to: runtime.clock.now()) < .milliseconds(100))
            }
            #expect(held?.event.position == 0)
            // And the bad one is there again for whoever wants it.
            #expect(try await Self.take(11, "bad", node) == Array(0..<11))
        }
    }

    @Test("A dead consumer costs its subscription nothing: no restart, no loop, and its events go to the next one")
    func deadSubscriber() throws {
        try withStore { node, simulation in
            let runtime = simulation.runtime
            try await Self.append(0..<3, node)
            for _ in 0..<20 {
                var dying = try await node.gateway.consume("all-events", of: "east").makeAsyncIterator()
                #expect(try await dying.next()?.event.position == 0)
            }
            try await runtime.sleep(for: .seconds(1))
            let pool = try #require(
                runtime.tree().node(at: "node/stores/east")?.subtree.first { $0.id == "all-events" }
            )
            #expect(pool.subtree.allSatisfy { $0.restarts == 0 })
            #expect(pool.subtree.count { $0.id == "consumer" } == 0)
            #expect(try await Self.take(3, "all-events", node) == [0, 1, 2])
        }
    }

    @Test("A subscription made the moment its store is there runs, and one that is deleted does not")
    func triggersMissing() throws {
        for seed in Seeds(10) {
            try Simulation(seed: seed).run { simulation in
                let node = try await Node.open(.faulty, in: simulation.runtime)
                try await node.gateway.createStore("east")
                func runs() -> Bool {
                    let all = simulation.runtime.tree().node(at: "node/stores/east")?.subtree
                    return all?.contains { $0.path.hasSuffix("/s/subscription") } ?? false
                }
                try await node.gateway.createSubscription("s", of: "east", SubscriptionConfiguration())
                try await simulation.runtime.sleep(for: .milliseconds(50))
                #expect(runs())
                try await node.gateway.deleteSubscription("s", of: "east")
                try await simulation.runtime.sleep(for: .milliseconds(50))
                #expect(!runs())
                // Also when nobody was there to hear it.
                try await node.gateway.createSubscription("s", of: "east", SubscriptionConfiguration())
                try await simulation.runtime.sleep(for: .milliseconds(50))
                let path = "node/stores/east/core/notification/subscriptions-tracker"
                try await node.gateway.crash(path, kill: true)
                try await node.gateway.deleteSubscription("s", of: "east")
                try await simulation.runtime.sleep(for: .seconds(120))
                #expect(!runs())
                await node.close()
            }
        }
    }

    @Test("The health check leaves what is sound alone, however often it looks")
    func healthStopsEverything() throws {
        try withStore { node, simulation in
            for number in 0..<5 {
                try await node.gateway.createSubscription("s\(number)", of: "east", SubscriptionConfiguration())
            }
            try await simulation.runtime.sleep(for: .milliseconds(50))
            func pools() -> [ProcessID?] {
                let all =
                    simulation.runtime.tree().node(at: "node/stores/east/core/notification/emitters")?.subtree ?? []
                return all.filter { $0.id == "subscription" }.map(\.process)
            }
            let before = pools()
            #expect(before.count == 5)
            try await simulation.runtime.sleep(for: .seconds(600))
            #expect(pools() == before)
            #expect(try await node.gateway.checkSubscriptions(of: "east").isSound)
        }
    }

    @Test("Subscriptions are told apart by their whole names, however many and however alike they are")
    func collidingKeys() throws {
        try Simulation(seed: 3).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            try await Self.append(0..<1, node)
            var names = (0..<300).map { "s\($0)" }
            names += ["a", "A", "a:b", "a.b", "a-b", "ab", "a*", "$a", "*a-b"]
            for (index, name) in names.enumerated() {
                let configuration = SubscriptionConfiguration(start: .at(index))
                try await node.gateway.createSubscription(name, of: "east", configuration)
            }
            let found = try await node.gateway.subscriptions(of: "east").filter { $0.name != "all-events" }
            #expect(found.count == names.count)
            for info in found { #expect(info.checkpoint == names.firstIndex(of: info.name), "\(info.name)") }
            // Two ways to write á, which Swift takes for one: neither is a name.
            for name in ["\u{e1}", "a\u{301}"] {
                await #expect(throws: StoreError.self) {
                    try await node.gateway.createSubscription(name, of: "east", SubscriptionConfiguration())
                }
            }
            await node.close()
        }
    }
}
