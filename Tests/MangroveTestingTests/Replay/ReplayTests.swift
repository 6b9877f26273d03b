import Mangrove
import Testing

@testable import MangroveTesting

private actor Asker: ProcessActor {
    private let runtime: Runtime
    init(_ runtime: Runtime) { self.runtime = runtime }
    func ask(_ other: Address<Asker>) async throws { try await other.call(timeout: nil) { $0.nothing() } }
    func sleep() async throws { try await runtime.address("hung", of: Asker.self).call(timeout: nil) { $0.nothing() } }
    func nothing() {}
}

@Suite("Replay") struct ReplayTests {
    private func run(_ seed: UInt64, tracing: Bool = false, isOdd: Bool = false) throws -> Simulation {
        let simulation = Simulation(seed: seed, tracing: tracing)
        try simulation.run { simulation in
            let runtime = simulation.runtime
            let order = EventOrder()
            try await runtime.start(
                Supervisor("shop") {
                    for id in 0..<3 { ScriptedWorker(ChildID(id), order, name: ProcessName("\(id)")) }
                }
            )
            for id in 0..<3 {
                runtime.spawn {
                    _ = try? await runtime.address(ProcessName("\(id)"), of: Scripted.self).call { $0.set(1) }
                }
            }
            try await simulation.quiet()
            if isOdd { try simulation.crash("shop/1") }
            try await simulation.quiet()
            await runtime.shutdown()
        }
        return simulation
    }

    @Test("Equal seeds give equal traces, with and without text; what differs shows in the hash")
    func hash() throws {
        for seed in 0..<20 as Range<UInt64> {
            #expect(try run(seed).trace == run(seed, tracing: true).trace)
            #expect(try run(seed).trace != run(seed, isOdd: true).trace)
        }
        #expect(Set(try (0..<20).map { try run($0).trace }).count == 20)
    }

    @Test("A trace says which process did what at which step and time, and what was logged")
    func text() throws {
        let lines = try run(3, tracing: true, isOdd: true).traceLines
        let again = try run(3, tracing: true, isOdd: true).traceLines
        #expect(lines == again)
        #expect(lines.contains { $0.hasSuffix(">  turn 1 of shop/1") && $0.hasPrefix("step ") })
        #expect(lines.contains { $0.contains("  0.0 seconds  <") && $0.hasSuffix(">  started shop/1") })
        #expect(lines.contains { $0.contains("ended shop/1: crash: injected at shop/1") })
        #expect(lines.contains { $0.contains("log level=info component=supervisor event=supervisor.child.restarting") })
        #expect(try run(3).traceLines.isEmpty)
        #expect(try run(3).events.contains { $0.description == "started shop/2" })
    }

    @Test("A list of seeds is one seed alone where the environment names it")
    func seeds() {
        #expect(Array(Seeds(3, only: nil)) == [0, 1, 2])
        #expect(Array(Seeds(3, only: 17)) == [17])
        #expect(Array(Seeds(-1, only: nil)).isEmpty)
    }

    @Test("The command for a replay names the seed and this very test")
    func command() {
        let command = Replay.command(seed: 9)
        #expect(command == #"MANGROVE_SEED=9 swift test --filter '^MangroveTestingTests\.ReplayTests/command\(\)'"#)
    }

    @Test("A run in which everything waits says who waits for whom")
    func deadlock() throws {
        let error = #expect(throws: SimulationError.self) {
            try Simulation(seed: 3).run { simulation in
                let runtime = simulation.runtime
                try await runtime.start(
                    Supervisor("shop") {
                        for name in ["first", "second", "hung"] {
                            Worker(ChildID(name), name: ProcessName(name)) { Asker($0.runtime) }
                        }
                    }
                )
                simulation.faults.inject(.hang, at: .anyTurn, of: "shop/hung")
                let first = runtime.address("first", of: Asker.self)
                let second = runtime.address("second", of: Asker.self)
                try second.cast { try await $0.sleep() }
                try await first.call(timeout: nil) { try await $0.ask(second) }
            }
        }
        let text = try #require(error).description
        #expect(text.contains("first <2> waits for second <3>"), "\(text)")
        #expect(text.contains("second <3> waits for hung <4>"), "\(text)")
        #expect(text.contains("hung <4> is in turn 1, which waits for nothing that the runtime knows of"), "\(text)")
        #expect(text.contains("replay: MANGROVE_SEED=3 swift test --filter"), "\(text)")
    }
}
