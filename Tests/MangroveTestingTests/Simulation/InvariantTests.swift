import Mangrove
import Testing

@testable import MangroveTesting

@Suite("Invariants") struct InvariantTests {
    @Test("What holds no longer ends the run at that very step, with the command to replay it", arguments: 0..<4)
    func violated(seed: UInt64) throws {
        let simulation = Simulation(seed: seed)
        simulation.invariant("the stock lives") { [unowned simulation] in
            simulation.events(after: 0).last.flatMap { event in
                if case .ended = event.kind { "\(event)" } else { nil }
            }
        }
        let error = #expect(throws: SimulationError.self) {
            try simulation.run { simulation in
                let order = EventOrder()
                try await simulation.runtime.start(Supervisor("shop") { ScriptedWorker("stock", order) })
                try simulation.crash("shop/stock")
                try await simulation.runtime.sleep(for: .seconds(1))
                Issue.record("it went on")
            }
        }
        guard case .violated("the stock lives", let what, let step, seed, let replay) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(what.hasPrefix("ended shop/stock: crash"))
        #expect(step == simulation.steps)
        #expect(replay.hasPrefix("MANGROVE_SEED=\(seed) swift test --filter"))
        #expect(error?.description.contains(replay) == true)
    }

    @Test("A task that waits for ever is found, and none where there is none")
    func waitingTasks() throws {
        for waits in [false, true] {
            let simulation = Simulation(seed: 3, keepsTasks: true)
            try simulation.run { simulation in
                let runtime = simulation.runtime
                runtime.spawn { try? await runtime.sleep(for: .seconds(1)) }
                if waits { runtime.spawn { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } } }
                try await runtime.sleep(for: .seconds(2))
            }
            if waits {
                let error = #expect(throws: ExpectationFailed.self) { try simulation.expectNoTaskWaits() }
                #expect(error?.description.hasPrefix("1 tasks wait for ever, started at steps [1]") == true)
            } else {
                try simulation.expectNoTaskWaits()
            }
        }
    }

    @Test("Priorities mean nothing, or everything, as one likes")
    func priorities() throws {
        func order(_ seed: UInt64, _ priorities: SimulatedPriorities) throws -> [String] {
            try Simulation(seed: seed, priorities: priorities).run { simulation in
                let order = EventOrder()
                let executor = simulation.tasks.executor
                for number in 0..<3 {
                    Task.detached(executorPreference: executor, priority: .low) { order.add("low \(number)") }
                    Task.detached(executorPreference: executor, priority: .high) { order.add("high \(number)") }
                }
                try await simulation.quiet()
                return order.all
            }
        }
        for seed in 0..<50 as Range<UInt64> {
            #expect(try order(seed, .respected).prefix(3).allSatisfy { $0.hasPrefix("high") })
        }
        let ignored = try (0..<50).map { try order($0, .ignored) }
        #expect(ignored.contains { $0.first?.hasPrefix("low") == true })
        #expect(Set(try (0..<50).map { try order($0, .respected) }).count > 5)
    }

    @Test("Work that blocks can be made to take time")
    func slowWork() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            simulation.threads.slowDown(next: 2, by: .seconds(3))
            let begin = runtime.clock.now()
            for expected in [3, 6, 6] {
                try await runtime.environment.blocking.run {}
                #expect(begin.duration(to: runtime.clock.now()) == .seconds(expected))
            }
            #expect(simulation.threads.slowed == 2)
        }
    }
}
