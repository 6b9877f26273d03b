import Mangrove
import MangroveTesting
import Testing

private actor Feed: ProcessActor {}
private actor Importer: ProcessActor {}
private actor Native: ProcessActor {}

private actor Prices: ProcessActor {
    func refresh(_ runtime: Runtime) async throws { try await runtime.sleep(for: .seconds(1)) }
}

/// The children of the guides that have limits of their own.
private let careful =
    // As it stands in the guide.
    Supervisor {
        Worker("feed") { Feed() }.backoff(Backoff(initial: .seconds(1), maximum: .seconds(60)))
        Worker("importer") { Importer() }.restartBudget(10, within: .seconds(3_600), whenUsedUp: .childStaysStopped)
        Worker("native") { Native() }.zombies(.refuseRestart)
    }

@Suite("What the guides show of limits") struct LimitSnippets {
    @Test("The feed waits before it is restarted; the importer stays stopped after its tenth restart")
    func limits() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(careful)
            #expect(runtime.crash(at: "supervisor/feed", with: Boom()))
            try await runtime.sleep(for: .milliseconds(500))
            #expect(try root.childCounts().active == 2)
            try await runtime.sleep(for: .seconds(1))
            #expect(try root.childCounts().active == 3)
            for _ in 0..<11 {
                #expect(runtime.crash(at: "supervisor/importer", with: Boom()))
                try await runtime.sleep(for: .seconds(10))
            }
            #expect(try root.childCounts().active == 2)
            #expect(!root.isDead)
        }
    }

    @Test("A turn over its budget is named")
    func budget() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("prices") { Prices() }.turnBudget(.milliseconds(100))
                }
            )
            try await root.child("prices", as: Prices.self).call { try await $0.refresh(runtime) }
            #expect(simulation.logs.events(named: "process.turn.slow").count == 1)
        }
    }
}
