import Mangrove
import MangroveTesting
import Testing

@Suite("Expectations in virtual time") struct ExpectationTests {
    @Test("What is so after a time is so eventually, and not before")
    func eventually() throws {
        try Simulation(seed: 1).run { simulation in
            let done = Lock(false)
            let timer = simulation.clock.schedule(after: .seconds(60)) { done.withLock { $0 = true } }
            try await simulation.never(for: .seconds(59)) { done.withLock { $0 } }
            try await simulation.eventually(within: .seconds(2)) { done.withLock { $0 } }
            #expect(simulation.clock.now() >= RuntimeInstant(nanoseconds: 60_000_000_000))
            #expect(simulation.clock.now() < RuntimeInstant(nanoseconds: 60_000_001_000))
            await #expect(throws: ExpectationFailed.self) {
                try await simulation.never(for: .seconds(1)) { done.withLock { $0 } }
            }
            let begin = simulation.clock.now()
            let error = await #expect(throws: ExpectationFailed.self) {
                try await simulation.eventually(within: .seconds(5), "the impossible") { throw ScriptedFailure() }
            }
            #expect(error?.description.contains("the impossible: not so within 5.0 seconds") == true)
            #expect(error?.description.contains("ScriptedFailure") == true)
            #expect(begin.duration(to: simulation.clock.now()) < .seconds(5) + .milliseconds(1))
            timer.cancel()
        }
    }

    @Test("Restarts are counted, and a tree with a child that waits is not at rest")
    func restarts() throws {
        try Simulation(seed: 2).run { simulation in
            let runtime = simulation.runtime
            let order = EventOrder()
            try await runtime.start(
                Supervisor("shop") {
                    ScriptedWorker("a", order, starts: [.works, .works, .takes(.seconds(3))])
                }
            )
            try simulation.expectRestarts(of: "shop/a", 0)
            try simulation.crash("shop/a")
            try await simulation.quiet()
            try simulation.expectRestarts(of: "shop/a", 1)
            try simulation.expectQuiescent()
            #expect(throws: ExpectationFailed.self) { try simulation.expectRestarts(of: "shop/a", 2) }
            #expect(throws: NobodyToHit.self) { try simulation.expectRestarts(of: "shop/b", 0) }
            try simulation.crash("shop/a")
            try await simulation.quiet()
            let error = #expect(throws: ExpectationFailed.self) { try simulation.expectQuiescent() }
            #expect(error?.description.contains("shop/a is") == true)
            try await simulation.eventually(within: .seconds(3)) {
                try simulation.expectQuiescent()
                return true
            }
            await runtime.shutdown()
        }
    }

    @Test("A scripted worker starts, fails, ignores, hangs and ends with any reason, as its script says")
    func scripted() throws {
        try Simulation(seed: 3).run { simulation in
            let runtime = simulation.runtime
            let order = EventOrder()
            let starts: [Scripted.Start] = [.worksFor(.seconds(2), .crash(ScriptedFailure())), .fails, .works]
            let root = try await runtime.start(
                Supervisor("shop") {
                    ScriptedWorker("a", order, starts: starts, terminating: .seconds(1))
                    ScriptedWorker("b", order, restart: .transient, starts: [.ignores])
                }
            )
            #expect(order.take() == ["start a", "ignore b"])
            try await runtime.sleep(for: .seconds(4))
            #expect(order.take() == ["stop a crash: ScriptedFailure()", "fail a", "start a"])
            let a = try root.child("a", as: Scripted.self)
            try a.cast { try $0.leave(.shutdown) }
            try await runtime.sleep(for: .seconds(2))
            #expect(order.take() == ["stop a shutdown", "start a"])
            let hanging = Attempt(in: runtime) {
                try await runtime.start(
                    Supervisor("other") { ScriptedWorker("c", order, starts: [.hangs]) }
                )
            }
            try await simulation.quiet()
            #expect(order.take() == ["hang c"])
            await runtime.shutdown()
            await hanging.value
        }
    }
}

/// Something beside the test whose outcome does not matter.
private func Attempt(in runtime: Runtime, _ body: @escaping @Sendable () async throws -> Void) -> Task<Void, Never> {
    runtime.spawn { try? await body() }
}
