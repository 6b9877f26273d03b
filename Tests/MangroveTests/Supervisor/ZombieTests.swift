import Mangrove
import MangroveTesting
import Testing

/// Works in turns that do not look at their cancellation.
private actor Stubborn: ProcessActor {
    private let runtime: Runtime
    init(_ runtime: Runtime) { self.runtime = runtime }

    func work(_ time: Duration) async {
        await runtime.spawn { [runtime] in try? await runtime.sleep(for: time) }.value
    }
}

@Suite("Processes that were killed and whose code does not return") struct ZombieTests {
    /// Kills a child whose turn has ten seconds to go.
    private func kill(_ simulation: Simulation, _ policy: ZombiePolicy) async throws -> Ref<SupervisorProcess> {
        let runtime = simulation.runtime
        let root = try await runtime.start(
            Supervisor { Worker("a", name: "a") { Stubborn($0.runtime) }.zombies(policy) }
        )
        let ref = try root.child("a", as: Stubborn.self)
        try ref.cast { await $0.work(.seconds(10)) }
        try await runtime.quiet()
        ref.kill()
        try await runtime.quiet()
        return root
    }

    @Test("A zombie is counted, named and logged from a second after the kill until its code returns")
    func report() {
        simulate { simulation in
            let runtime = simulation.runtime
            _ = try await kill(simulation, .report)
            #expect(runtime.process("a") != nil)
            #expect(runtime.zombieCount == 0)
            try await runtime.sleep(for: .seconds(2))
            let zombie = try #require(runtime.zombies.first)
            #expect(zombie.path == "supervisor/a")
            #expect(zombie.name == "a")
            #expect(runtime.tree().node(at: "supervisor/a")?.zombies == [zombie.process])
            #expect(runtime.tree().text.contains("1 zombie"))
            #expect(simulation.logs.events(named: "process.zombie").count == 1)
            #expect(simulation.logs.events(named: "process.zombie.ended").isEmpty)
            try await runtime.sleep(for: .seconds(10))
            #expect(runtime.zombieCount == 0)
            #expect(simulation.logs.events(named: "process.zombie.ended").count == 1)
            #expect(runtime.tree().node(at: "supervisor/a")?.zombies == [])
            #expect(simulation.program.reasons.isEmpty)
        }
    }

    @Test("Code that returns in time makes no zombie, nor does the death of an idle process")
    func inTime() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { Worker("a", name: "a") { Stubborn($0.runtime) } })
            for time in [0, 900] {
                let ref = try root.child("a", as: Stubborn.self)
                if time > 0 { try ref.cast { await $0.work(.milliseconds(time)) } }
                try await runtime.quiet()
                ref.kill()
                try await runtime.sleep(for: .seconds(5))
            }
            #expect(simulation.logs.events(named: "process.zombie").isEmpty)
            #expect(runtime.zombieCount == 0)
        }
    }

    @Test(
        "A child that must not overlap with its zombie waits for it, counted once, and cannot be restarted by request"
    )
    func refuse() {
        simulate(seeds: 0..<20) { simulation in
            let runtime = simulation.runtime
            let root = try await kill(simulation, .refuseRestart)
            #expect(try root.children().first?.state == .restarting)
            await #expect(throws: SupervisorError.self) { try await root.restartChild("a") }
            try await runtime.sleep(for: .seconds(9))
            #expect(runtime.process("a") == nil)
            #expect(runtime.zombieCount == 1)
            try await runtime.sleep(for: .seconds(2))
            #expect(runtime.process("a") != nil)
            #expect(runtime.zombieCount == 0)
            #expect(try root.children().first?.restarts == 1)
            let ref = try root.child("a", as: Stubborn.self)
            try ref.cast { await $0.work(.seconds(10)) }
            try await runtime.quiet()
            try await root.terminateChild("a")
            do {
                try await root.restartChild("a")
                Issue.record("it was restarted")
            } catch SupervisorError.zombie("a", ref.id) {}
            try await runtime.sleep(for: .seconds(9))
            try await root.restartChild("a")
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("A restart asked for while a backoff runs is refused for a zombie, and made when that has gone")
    func refuseDuringBackoff() {
        simulate { simulation in
            let runtime = simulation.runtime
            let backoff = Backoff(initial: .seconds(30), maximum: .seconds(30), jitter: 0)
            let root = try await runtime.start(
                Supervisor { Worker("a") { Stubborn($0.runtime) }.zombies(.refuseRestart).backoff(backoff) }
            )
            let ref = try root.child("a", as: Stubborn.self)
            try ref.cast { await $0.work(.seconds(10)) }
            try await runtime.quiet()
            ref.kill()
            try await runtime.quiet()
            do {
                try await root.restartChild("a")
                Issue.record("it was restarted")
            } catch SupervisorError.zombie("a", ref.id) {}
            #expect(runtime.process("a") == nil)
            try await runtime.sleep(for: .seconds(11))
            #expect(runtime.process("a") != nil)
        }
    }

    @Test("A child that waits for its zombie can be terminated and stays so; its supervisor can stop")
    func callOff() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await kill(simulation, .refuseRestart)
            if simulation.seed % 2 == 0 { try await root.terminateChild("a") } else { await root.stop(.shutdown) }
            try await runtime.sleep(for: .seconds(20))
            #expect(runtime.process("a") == nil)
        }
    }

    @Test("A dynamic supervisor's child waits for its zombie too")
    func dynamic() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let child = Worker("a") { Stubborn($0.runtime) }.zombies(.refuseRestart)
            let ref = try #require(try await pool.startChild(child, as: Stubborn.self))
            try ref.cast { await $0.work(.seconds(10)) }
            try await runtime.quiet()
            ref.kill()
            try await runtime.quiet()
            #expect(try pool.children().map(\.state) == [.restarting])
            try await runtime.sleep(for: .seconds(11))
            #expect(try pool.childCounts().active == 1)
        }
    }

    @Test("A zombie can end the program, through the environment")
    func endProgram() {
        simulate { simulation in
            _ = try await kill(simulation, .endProgram)
            #expect(simulation.program.reasons.isEmpty)
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(simulation.program.reasons.count == 1)
            #expect(simulation.program.reasons.first?.contains("supervisor/a") == true)
            try await simulation.runtime.sleep(for: .seconds(10))
        }
    }

    @Test("A start that does not return after the kill is a zombie")
    func start() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor {})
            let starter = runtime.spawn {
                _ = try? await root.startChild(
                    Worker("a") { context in
                        await runtime.spawn { try? await runtime.sleep(for: .seconds(10)) }.value
                        return Stubborn(context.runtime)
                    }
                )
            }
            try await runtime.quiet()
            #expect(runtime.crash(at: "supervisor/a", with: Boom(), kill: true))
            await starter.value
            try await runtime.sleep(for: .seconds(2))
            #expect(runtime.zombies.map(\.path) == ["supervisor/a"])
            try await runtime.sleep(for: .seconds(10))
            #expect(runtime.zombieCount == 0)
        }
    }
}
