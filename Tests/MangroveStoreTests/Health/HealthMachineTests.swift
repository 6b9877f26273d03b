import Testing

@testable import MangroveStore

@Suite struct HealthMachineTests {
    private func at(_ seconds: Int) -> Timestamp { Timestamp(microseconds: Int64(seconds) * 1_000_000) }

    private func facts(_ status: StoreInfo.Status = .running, problem: String? = nil) -> HealthFacts {
        HealthFacts(stores: [.init(info: StoreInfo(id: "orders", status: status, problem: problem))])
    }

    private func check(_ health: NodeHealth, _ kind: ComponentHealth.Kind, _ name: String) -> HealthCheck? {
        health.components.first { $0.kind == kind }?.checks.first { $0.name == name }
    }

    @Test(
        "A store is as healthy as its state says",
        arguments: [
            (StoreInfo.Status.running, nil, HealthStatus.healthy), (.starting, nil, .degraded),
            (.stopping, nil, .degraded),
            (.stopped, nil, .healthy), (.stopped, "no disk", .unhealthy), (.damaged, "bad byte", .unhealthy),
        ]
    )
    func states(_ status: StoreInfo.Status, _ problem: String?, _ expected: HealthStatus) {
        var machine = HealthMachine()
        let health = machine.observe(facts(status, problem: problem), at: at(1))
        #expect(health.status == expected)
        #expect(
            check(health, .store, "engine")?.reason
                == (expected == .unhealthy ? problem : check(health, .store, "engine")?.reason)
        )
        #expect((expected == .healthy) == health.components.allSatisfy { $0.reason.isEmpty })
    }

    @Test("A check says since when it is as it is, whatever its reason says meanwhile")
    func since() {
        var machine = HealthMachine()
        func look(_ free: Int, _ second: Int) -> HealthCheck? {
            var facts = facts()
            facts.stores[0].freeBytes = free
            facts.stores[0].lowBytes = 100
            return check(machine.observe(facts, at: at(second)), .store, "disk")
        }
        #expect(look(100, 1) == HealthCheck(name: "disk", status: .healthy, since: at(1)))
        #expect(look(99, 2)?.since == at(2))
        #expect(
            look(50, 3)
                == HealthCheck(name: "disk", status: .degraded, reason: "50 bytes are free on its disk", since: at(2))
        )
        #expect(look(0, 4)?.status == .unhealthy)
        #expect(look(0, 5)?.since == at(4))
        #expect(look(200, 6) == HealthCheck(name: "disk", status: .healthy, since: at(6)))
    }

    @Test("Flushes count since the last look: what was slow before does not make a store degraded for ever")
    func flushes() {
        var machine = HealthMachine()
        var counts = [UInt64](repeating: 0, count: StoreCounters.flushBounds.count + 1)
        func look(_ second: Int) -> HealthCheck? {
            var facts = facts()
            facts.stores[0].flushes = counts
            return check(machine.observe(facts, at: at(second)), .store, "flush")
        }
        counts[0] = 1_000
        #expect(look(1)?.status == .healthy)
        // Longer than a second: one in the last bucket but one, one in the last.
        counts[counts.count - 2] += 1
        counts[counts.count - 1] += 1
        #expect(
            look(2)
                == HealthCheck(
                    name: "flush",
                    status: .degraded,
                    reason: "2 of 2 flushes took longer than 1.0 s",
                    since: at(2)
                )
        )
        #expect(look(3)?.status == .healthy)
        counts[0] += 100
        counts[counts.count - 1] += 4
        #expect(look(4)?.status == .healthy)
        counts[0] += 100
        counts[counts.count - 1] += 6
        #expect(look(5)?.status == .degraded)
    }

    @Test("A limit that is near degrades a store, and one that is reached makes it unhealthy")
    func limits() {
        var machine = HealthMachine()
        for (used, status) in [(0, HealthStatus.healthy), (89, .healthy), (90, .degraded), (100, .unhealthy)] {
            var facts = facts()
            facts.stores[0].info.limits = [StoreLimitUse(.disk, limit: 100, used: used)]
            #expect(check(machine.observe(facts, at: at(used)), .store, "limits")?.status == status)
        }
        var facts = facts()
        facts.stores[0].info.limits = [StoreLimitUse(.disk, limit: .max, used: .max - 1)]
        #expect(check(machine.observe(facts, at: at(200)), .store, "limits")?.status == .degraded)
    }

    @Test("A lag counts only if it is large and has not become smaller for a while")
    func lag() {
        func look(_ machine: inout HealthMachine, _ lag: Int, _ checkpoint: Int, _ second: Int) -> HealthStatus? {
            var facts = facts()
            facts.stores[0].subscriptions = [
                SubscriptionInfo(name: "mails", source: .all, checkpoint: checkpoint, lag: lag)
            ]
            return check(machine.observe(facts, at: at(second)), .subscription, "lag")?.status
        }
        var machine = HealthMachine()
        #expect(look(&machine, 5_000, 0, 0) == .healthy)
        #expect(look(&machine, 5_000, 0, 29) == .healthy)
        #expect(look(&machine, 5_000, 0, 30) == .degraded)
        #expect(look(&machine, 9_000, 10, 31) == .degraded)
        // It is getting there: the clock starts anew.
        #expect(look(&machine, 4_999, 20, 32) == .healthy)
        #expect(look(&machine, 4_999, 20, 61) == .healthy)
        #expect(look(&machine, 4_999, 20, 62) == .degraded)
        // Set back by hand.
        #expect(look(&machine, 6_000, 5, 63) == .healthy)
        var small = HealthMachine()
        for second in stride(from: 0, to: 200, by: 10) { #expect(look(&small, 999, 0, second) == .healthy) }
    }

    @Test("What is parked, stopped or failed is told of the subscription or projection that it is")
    func followers() {
        var machine = HealthMachine()
        var facts = facts()
        facts.stores[0].subscriptions = [
            SubscriptionInfo(name: "a", source: .all, checkpoint: 0, lag: 0, parked: 3),
            SubscriptionInfo(name: "b", source: .all, stopped: "poison", checkpoint: 0, lag: 0),
        ]
        facts.stores[0].projections = [
            ProjectionInfo(name: "p", checkpoint: 0, lag: 0, states: 0, failure: "no number")
        ]
        let health = machine.observe(facts, at: at(1))
        #expect(
            health.components.map(\.label) == [
                "node", "store orders", "subscription orders/a", "subscription orders/b", "projection orders/p",
            ]
        )
        #expect(health.components.map(\.status) == [.healthy, .healthy, .degraded, .unhealthy, .unhealthy])
        #expect(
            health.components.map(\.reason) == [
                "", "", "parked: 3 events are set aside", "delivery: poison", "state: no number",
            ]
        )
        #expect(health.status == .unhealthy)
    }

    @Test("Zombies degrade the node, and starvation for a minute after it was seen; what was before the start does not")
    func node() {
        var machine = HealthMachine()
        func look(_ starvations: Int, _ zombies: [String], _ second: Int) -> ComponentHealth? {
            let facts = HealthFacts(zombies: zombies, starvations: starvations)
            return machine.observe(facts, at: at(second)).components.first
        }
        #expect(look(7, [], 100)?.status == .healthy)
        #expect(look(8, [], 110)?.reason == "threads: all threads were busy; supervision had to wait")
        #expect(look(8, [], 169)?.status == .degraded)
        #expect(look(8, [], 170)?.status == .healthy)
        #expect(look(8, ["a", "b", "c", "d"], 180)?.reason == "processes: 4 killed and still running: a, b, c")
    }

    @Test("The health of a node travels unchanged")
    func wire() throws {
        var machine = HealthMachine()
        let reply = GatewayReply.operation(.health(machine.observe(facts(.damaged, problem: "x"), at: at(-1))))
        #expect(try GatewayReply(decoding: reply.encoded) == reply)
        let request = GatewayRequest.operation(.health)
        #expect(try GatewayRequest(decoding: request.encoded) == request)
        #expect(!request.changesSomething)
        #expect(request.needs == [AccessNeed(.observe, stores: .all)])
    }
}
