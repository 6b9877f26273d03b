import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct SubscriptionLifeTests {
    /// Runs `body` on a node with a store `east` of `count` events in stream `a`.
    private func withStore(
        seed: UInt64 = 1,
        events count: Int = 10,
        _ body: @escaping @Sendable (Node, Simulation) async throws -> Void
    ) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            try await node.gateway.createStore("east")
            if count > 0 {
                _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<count))
            }
            try await body(node, simulation)
            await node.close()
        }
    }

    private static func info(_ node: Node, _ name: String) async throws -> SubscriptionInfo? {
        try await node.gateway.subscriptions(of: "east").first { $0.name == name }
    }

    @Test("Every store has a subscription on all events, which nobody needs to make and nobody can delete")
    func preset() throws {
        try withStore { node, _ in
            let all = try await node.gateway.subscriptions(of: "east")
            #expect(all.map(\.name) == ["all-events"])
            #expect(all.first?.source == .all)
            #expect(all.first?.lag == 10)
            let consumer = try await node.gateway.consume("all-events", of: "east")
            var count = 0
            for try await delivery in consumer {
                try await delivery.ack()
                count += 1
                if count == 10 { break }
            }
            #expect(try await Self.info(node, "all-events")?.lag == 0)
            await #expect(throws: StoreError.self) {
                try await node.gateway.deleteSubscription("all-events", of: "east")
            }
            await #expect(throws: StoreError.subscriptionExists(store: "east", subscription: "all-events")) {
                try await node.gateway.createSubscription("all-events", of: "east", SubscriptionConfiguration())
            }
        }
    }

    @Test("Subscriptions are made, changed and removed, and say what is wrong with what they are asked")
    func management() throws {
        try withStore { node, _ in
            let gateway = node.gateway
            for name in ["", "a b", "a/b", String(repeating: "x", count: 201), "a\n"] {
                await #expect(throws: StoreError.self) {
                    try await gateway.createSubscription(name, of: "east", SubscriptionConfiguration())
                }
            }
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "billing")) {
                _ = try await gateway.consume("billing", of: "east")
            }
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "billing")) {
                try await gateway.deleteSubscription("billing", of: "east")
            }
            await #expect(throws: StoreError.noSuchStore("west")) { _ = try await gateway.subscriptions(of: "west") }
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration(.all))
            await #expect(throws: StoreError.subscriptionExists(store: "east", subscription: "billing")) {
                try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration(.all))
            }
            await #expect(throws: StoreError.self) {
                try await gateway.updateSubscription("billing", of: "east", SubscriptionConfiguration(.stream("a")))
            }
            let consumer = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            let narrower = SubscriptionConfiguration(.pattern(EventPattern(data: try JSONPattern("{\"n\":5}"))))
            try await gateway.updateSubscription("billing", of: "east", narrower)
            var iterator = consumer
            // The consumer goes on by itself with what is followed now.
            try await node.gateway.runtime.sleep(for: .seconds(1))
            var seen: [Int] = []
            while let delivery = try await iterator.next() {
                seen.append(delivery.event.position)
                do { try await delivery.ack() } catch StoreError.deliveryLost { continue }
                if delivery.event.position == 5 { break }
            }
            #expect(seen.last == 5)
            try await gateway.deleteSubscription("billing", of: "east")
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "billing")) {
                _ = try await iterator.next()
            }
            // One of the same name begins anew.
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration(start: .at(8)))
            #expect(try await Self.info(node, "billing")?.checkpoint == 8)
        }
    }

    @Test("Nobody joins a subscription that has been removed, however soon after", arguments: 0..<50 as Range<UInt64>)
    func joinAfterRemoval(seed: UInt64) throws {
        try withStore(seed: seed) { node, _ in
            try await node.gateway.createSubscription("work", of: "east", SubscriptionConfiguration())
            let consumer = try await node.gateway.consume("work", of: "east")
            try await node.gateway.deleteSubscription("work", of: "east")
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "work")) {
                _ = try await node.gateway.consume("work", of: "east")
            }
            withExtendedLifetime(consumer) {}
        }
    }

    @Test("A window that makes no sense is refused")
    func window() throws {
        try withStore { node, _ in
            for window in [0, -1, 1_025, Int.max] {
                await #expect(throws: StoreError.self) {
                    _ = try await node.gateway.consume("all-events", of: "east", window: window)
                }
            }
        }
    }

    @Test(
        "What was set aside or acknowledged the moment a node is stopped is so after its restart",
        arguments: Seeds(60)
    )
    func stoppedInTheMiddle(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        let settled = Lock<Set<Int>>([])
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<200))
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration(partitionBy: .none))
            simulation.runtime.spawn {
                guard let consumer = try? await gateway.consume("billing", of: "east") else { return }
                do {
                    for try await delivery in consumer {
                        // Not waited for: they are on their way when the node stops.
                        simulation.runtime.spawn {
                            do {
                                try await delivery.nack(.park("p"))
                                settled.withLock { _ = $0.insert(delivery.event.position) }
                            } catch {}
                        }
                    }
                } catch {}
            }
            try await simulation.runtime.sleep(for: .microseconds(Int(seed) * 50))
            await node.close()
        }
        disk.crash(.dropAll)
        try Simulation(seed: seed + 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let parked = Set(try await node.gateway.parkedEvents(of: "billing", in: "east").map(\.place))
            #expect(parked.isSuperset(of: settled.withLock { $0 }), "seed \(seed)")
            var left: Set<Int> = []
            for try await element in try await node.gateway.consume("billing", of: "east").elements {
                guard case .delivery(let delivery) = element else { break }
                left.insert(delivery.event.position)
                try await delivery.ack()
            }
            #expect(parked.union(left) == Set(0..<200), "seed \(seed): an event is lost")
            #expect(parked.isDisjoint(with: left), "seed \(seed)")
            await node.close()
        }
    }

    @Test("A parked event is kept with its reason, and comes again when it is replayed")
    func parkAndReplay() throws {
        try withStore { node, _ in
            let gateway = node.gateway
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration())
            var iterator = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            for place in 0..<10 {
                let delivery = try #require(try await iterator.next())
                #expect(delivery.event.position == place)
                if place % 4 == 0 { try await delivery.nack(.park("no \(place)")) } else { try await delivery.ack() }
            }
            let parked = try await gateway.parkedEvents(of: "billing", in: "east")
            #expect(parked.map(\.place) == [0, 4, 8])
            #expect(parked.map(\.reason) == ["no 0", "no 4", "no 8"])
            #expect(parked.map { $0.event?.version } == [0, 4, 8])
            #expect(try await Self.info(node, "billing")?.parked == 3)
            // They outlive whoever runs the subscription.
            try await gateway.crash("node/stores/east/core/storage/engine", kill: true)
            #expect(try await gateway.replayParked(of: "billing", in: "east", [4]) == 1)
            let again = try #require(try await iterator.next())
            #expect(again.event.position == 4)
            try await again.ack()
            #expect(try await gateway.replayParked(of: "billing", in: "east", nil) == 2)
            for place in [0, 8] {
                let delivery = try #require(try await iterator.next())
                #expect(delivery.event.position == place)
                try await delivery.ack()
            }
            let info = try await Self.info(node, "billing")
            #expect(info?.parked == 0)
            #expect(info?.checkpoint == 10)
            #expect(try await gateway.replayParked(of: "billing", in: "east", nil) == 0)
        }
    }

    @Test("An event that a consumer stops at stops the subscription, across restarts, until it is resumed")
    func stop() throws {
        try withStore { node, simulation in
            let gateway = node.gateway
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration())
            var iterator = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            try await iterator.next()?.ack()
            try await iterator.next()?.nack(.stop("the printer is on fire"))
            let error = StoreError.subscriptionStopped(
                store: "east",
                subscription: "billing",
                why: "the printer is on fire"
            )
            await #expect(throws: error) { _ = try await iterator.next() }
            try await gateway.crash("node/stores/east/core/storage/engine", kill: false)
            try await simulation.runtime.sleep(for: .seconds(1))
            await #expect(throws: error) { _ = try await gateway.consume("billing", of: "east") }
            #expect(try await Self.info(node, "billing")?.stopped == "the printer is on fire")
            try await gateway.resumeSubscription("billing", of: "east")
            var second = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            #expect(try await second.next()?.event.position == 1)
        }
    }

    @Test("A reset goes back or forward, and answers for what was delivered before it do not count")
    func reset() throws {
        try withStore { node, _ in
            let gateway = node.gateway
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration())
            var iterator = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            for _ in 0..<5 { try await iterator.next()?.ack() }
            let held = try #require(try await iterator.next())
            try await gateway.resetCheckpoint(of: "billing", in: "east", to: .at(2))
            await #expect(throws: StoreError.deliveryLost(store: "east", subscription: "billing")) {
                try await held.ack()
            }
            #expect(try await iterator.next()?.event.position == 2)
            try await gateway.resetCheckpoint(of: "billing", in: "east", to: .end)
            #expect(try await Self.info(node, "billing")?.lag == 0)
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(10..<11))
            #expect(try await iterator.next()?.event.position == 10)
        }
    }

    @Test("Somebody else can answer for an event, and whoever has it learns that with the next answer")
    func settleFromOutside() throws {
        try withStore { node, _ in
            let gateway = node.gateway
            var iterator = try await gateway.consume("all-events", of: "east", window: 2).makeAsyncIterator()
            let first = try #require(try await iterator.next())
            try await gateway.settle(0, of: "all-events", in: "east", .park("by hand"))
            await #expect(throws: StoreError.deliveryLost(store: "east", subscription: "all-events")) {
                try await first.ack()
            }
            await #expect(throws: StoreError.self) {
                try await gateway.settle(7, of: "all-events", in: "east", .ack)
            }
            #expect(try await gateway.parkedEvents(of: "all-events", in: "east").map(\.place) == [0])
        }
    }

    @Test("A consumer is told when it has everything, and a subscriber too")
    func caughtUp() throws {
        try withStore(events: 3) { node, _ in
            let gateway = node.gateway
            var told: [String] = []
            for try await element in try await gateway.consume("all-events", of: "east").elements {
                switch element {
                case .delivery(let delivery): told.append("\(delivery.event.position)")
                case .caughtUp: told.append("caught up")
                case .fellBehind: told.append("fell behind")
                }
                if told.count == 4 { break }
            }
            #expect(told == ["0", "1", "2", "caught up"])
            told = []
            var elements = try gateway.subscribe(to: "east", .all, from: .at(1)).elements.makeAsyncIterator()
            for _ in 0..<3 { told.append(try await elements.next().map { "\($0)".prefix(5).description } ?? "") }
            #expect(told == ["event", "event", "caugh"])
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(3..<1_600))
            #expect(try await elements.next() == .fellBehind)
            for _ in 3..<1_600 { _ = try await elements.next() }
            #expect(try await elements.next() == .caughtUp)
        }
    }

    @Test("Emitters start when leadership is gained, end when it is lost, and everything goes on when it comes back")
    func leadership() throws {
        try withStore { node, simulation in
            let (runtime, gateway) = (simulation.runtime, node.gateway)
            let tracker = runtime.address(StoreName(store: "east").name(.leaderTracker), of: LeaderTracker.self)
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration())
            try await runtime.sleep(for: .milliseconds(100))
            func pools() -> Int {
                let emitters = runtime.tree().node(at: "node/stores/east/core/notification/emitters")
                return emitters?.subtree.count { $0.id == "subscription" || $0.id == "$all" } ?? -1
            }
            #expect(pools() == 1)
            var consumer = try await gateway.consume("billing", of: "east").makeAsyncIterator()
            try await consumer.next()?.ack()
            var subscriber = try gateway.subscribe(to: "east", .all).makeAsyncIterator()
            #expect(try await subscriber.next()?.position == 0)
            #expect(pools() == 2)
            try await tracker.call { $0.note(leading: false) }
            try await runtime.sleep(for: .milliseconds(100))
            #expect(pools() == 0)
            await #expect(throws: StoreError.unavailable(store: "east", why: "another node leads it")) {
                _ = try await gateway.consume("billing", of: "east")
            }
            try await tracker.call { $0.note(leading: true) }
            try await runtime.sleep(for: .milliseconds(100))
            #expect(pools() == 1)
            for place in 1..<10 {
                let delivery = try #require(try await consumer.next())
                // What was handed out before is not this incarnation's to answer for, and comes again.
                do { try await delivery.ack() } catch StoreError.deliveryLost { continue }
                #expect(delivery.event.position <= place)
                #expect(try await subscriber.next()?.position == place)
            }
        }
    }

    @Test("The health check starts what is missing, stops what is orphaned, and removes what was left behind")
    func health() throws {
        try withStore { node, simulation in
            let (runtime, gateway) = (simulation.runtime, node.gateway)
            let names = StoreName(store: "east")
            for name in ["one", "two"] {
                try await gateway.createSubscription(name, of: "east", SubscriptionConfiguration())
            }
            try await runtime.sleep(for: .milliseconds(100))
            #expect(try await gateway.checkSubscriptions(of: "east").isSound)
            // One ends behind everybody's back, one is forgotten while it runs, one has left something behind.
            let leader = runtime.address(names.name(.leaderWorker), of: LeaderWorker.self)
            try await leader.call { try await $0.stopPool(of: "one") }
            let engine = runtime.address(names.name(.engine), of: Store.self)
            try await engine.record([
                FactChange(.subscriptions, FactKey("two"), nil), FactChange(.checkpoints, FactKey("three"), [1]),
            ])
            let found = try await gateway.checkSubscriptions(of: "east")
            #expect(found.missing == ["one"])
            #expect(found.orphaned == ["two"])
            #expect(found.stale == ["three"])
            #expect(try await gateway.checkSubscriptions(of: "east").isSound)
        }
    }

    @Test("What subscriptions do is in the node's metrics")
    func metrics() throws {
        try withStore { node, _ in
            let gateway = node.gateway
            var iterator = try await gateway.consume("all-events", of: "east").makeAsyncIterator()
            for answer in [Nack.park("x"), .skip, .retry(after: .seconds(60))] {
                try await iterator.next()?.nack(answer)
            }
            let text = try await gateway.metrics()
            let labels = "{store=\"east\",subscription=\"all-events\"}"
            for line in [
                "subscription_delivered_total\(labels) 10", "subscription_acked_total\(labels) 0",
                "subscription_retried_total\(labels) 1", "subscription_skipped_total\(labels) 1",
                "subscription_parked\(labels) 1", "subscription_consumers\(labels) 1", "subscription_lag\(labels) 8",
            ] {
                #expect(
                    text.contains("mangrove_\(line)\n"),
                    "\(line) in \(text.split(separator: "\n").filter { $0.contains("subscription_") })"
                )
            }
        }
    }
}
