import Mangrove
import MangroveTesting
import Testing

@Suite("Turns that take longer than their budget") struct TurnBudgetTests {
    private actor Slow: ProcessActor {
        nonisolated let runtime: Runtime
        init(_ context: ProcessContext) { runtime = context.runtime }
        func work(_ time: Duration) async throws { try await runtime.sleep(for: time) }
        func wait(for other: Ref<Slow>) async throws { try await other.call(timeout: nil) { _ in } }
    }

    private static let tree = Supervisor {
        Worker("slow", name: "slow") { Slow($0) }.turnBudget(.seconds(1))
        Worker("free", name: "free") { Slow($0) }
    }

    @Test("A turn over its budget is named once, while it runs; one within it is not, nor one without a budget")
    func named() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Self.tree)
            let slow = runtime.address("slow", of: Slow.self)
            try await slow.call { try await $0.work(.milliseconds(999)) }
            try await runtime.address("free", of: Slow.self).call(timeout: nil) { try await $0.work(.seconds(9)) }
            #expect(simulation.logs.events(named: "process.turn.slow").isEmpty)
            try slow.cast { try await $0.work(.seconds(3)) }
            try await runtime.sleep(for: .milliseconds(1_001))
            #expect(simulation.logs.events(named: "process.turn.slow").count == 1)
            try await runtime.sleep(for: .seconds(10))
            let events = simulation.logs.events(named: "process.turn.slow")
            #expect(events.count == 1)
            #expect(events.first?["process"]?.description.hasSuffix("slow") == true)
            #expect(events.first?["turn"]?.description == "2")
            #expect(events.first?["budget"]?.description == "1.0s")
            #expect(runtime.metrics().prometheus.contains("mangrove_slow_turns_total 1\n"))
        }
    }

    @Test("The report says whom the turn waits for")
    func waiting() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Self.tree)
            let free = try runtime.address("free", of: Slow.self).resolve()
            try free.cast { try await $0.work(.seconds(5)) }
            try await runtime.address("slow", of: Slow.self).call(timeout: nil) { try await $0.wait(for: free) }
            let event = simulation.logs.events(named: "process.turn.slow").first
            #expect(event?["waits_for"]?.description.contains("free") == true)
        }
    }

    @Test("A watched process answers as any other: in order, with its own errors, one turn at a time")
    func answers() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Self.tree)
            let slow = runtime.address("slow", of: Slow.self)
            let order = Lock<[Int]>([])
            try slow.cast { _ in order.withLock { $0.append(1) } }
            try await slow.call { _ in order.withLock { $0.append(2) } }
            try slow.cast {
                try await $0.work(.milliseconds(5)); order.withLock { $0.append(3) }
            }
            try await slow.call { _ in order.withLock { $0.append(4) } }
            #expect(order.withLock { $0 } == [1, 2, 3, 4])
            await #expect(throws: Boom.self) { try await slow.call { _ in throw Boom() } }
            #expect(try await slow.call { _ in 7 } == 7)
        }
    }

    @Test("A budget that allows nothing is refused before anything starts", arguments: [Duration.zero, .seconds(-1)])
    func invalid(_ budget: Duration) {
        simulate(seeds: 0..<1) { simulation in
            await #expect(throws: SpecError.turnBudget("slow", budget)) {
                try await simulation.runtime.start(Supervisor { Worker("slow") { Slow($0) }.turnBudget(budget) })
            }
        }
    }
}
