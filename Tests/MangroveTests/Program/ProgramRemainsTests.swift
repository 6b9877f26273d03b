import Mangrove
import MangroveTesting
import Testing

@Suite("What is left of programs whose processes were killed, in simulation") struct ProgramRemainsTests {
    @Test("The next incarnation starts when the program of the one that was killed is gone, and not before")
    func remains() {
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.linger(for: .seconds(3))
                try await program.sleepForever()
            }
            try await runtime.start(Supervisor { tool(journal) })
            for round in 1...2 {
                let ref = try programProcess(simulation)
                try await runtime.quiet()
                ref.kill()
                #expect(ref.isDead)
                try await runtime.sleep(for: .milliseconds(2_990))
                #expect(simulation.programs.launched.count == round)
                #expect(runtime.process("tool") != nil)
                #expect(runtime.tree().node(at: "supervisor/tool")?.state == .starting)
                try await runtime.sleep(for: .milliseconds(20))
                #expect(simulation.programs.launched.count == round + 1)
                #expect(simulation.programs.running.count == 1)
                #expect(runtime.tree().node(at: "supervisor/tool")?.state == .running)
            }
            simulation.programs.launched.last?.linger(for: .zero)
        }
    }

    @Test("A supervisor that is stopped while a start waits for a killed program to be gone does not wait with it")
    func stoppedWhileWaiting() {
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.linger(for: .seconds(60))
                try await program.sleepForever()
            }
            let root = try await runtime.start(Supervisor { tool(journal) })
            try await runtime.quiet()
            try programProcess(simulation).kill()
            try await runtime.quiet()
            let begin = runtime.clock.now()
            _ = await root.shutdown(within: .seconds(2))
            #expect(begin.duration(to: runtime.clock.now()) <= .seconds(2))
            try await runtime.sleep(for: .seconds(70))
            #expect(simulation.programs.launched.count == 1)
        }
    }

    @Test("What a program has printed when its process is killed is dropped, and keeps no incarnation from starting")
    func killedWithOutput() {
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                for line in ["a", "b", "c"] {
                    try await program.print(line)
                    try await program.sleep(for: .milliseconds(1))
                }
                try await program.sleepForever()
            }
            try await runtime.start(Supervisor { tool(journal) })
            let ref = try programProcess(simulation)
            // A turn of the process's own keeps the lines waiting.
            try ref.cast { _ in try await runtime.sleep(for: .seconds(60)) }
            try await runtime.sleep(for: .milliseconds(10))
            ref.kill()
            try await runtime.sleep(for: .milliseconds(10))
            #expect(simulation.programs.launched.count == 2)
            #expect(journal.all.suffix(3) == ["a", "b", "c"])
            #expect(journal.all.count < 6)
        }
    }

    @Test(
        "A process that is killed while it handles lines handles no more of them, and gives its program free",
        arguments: [true, false]
    )
    func killedWhileHandling(_ looksAtCancellation: Bool) {
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                for line in ["a", "b", "c", "d"] { try await program.print(line) }
                try await program.sleepForever()
            }
            try await runtime.start(
                Supervisor {
                    tool(journal) { line, process in
                        journal.add("\(process.processID) \(line)")
                        guard looksAtCancellation else {
                            try? await runtime.sleep(for: .seconds(1))
                            return
                        }
                        try await runtime.sleep(for: .seconds(1))
                    }
                }
            )
            let ref = try programProcess(simulation)
            // The first may have come alone; the second has others behind it.
            try await runtime.sleep(for: .milliseconds(1_500))
            ref.kill()
            try await runtime.sleep(for: .milliseconds(100))
            #expect(journal.all.filter { $0.hasPrefix("1000") } == ["1000 a", "1000 b"])
            #expect(simulation.programs.launched.count == 2)
        }
    }

    @Test("Programs of one specification wait for each other's remains")
    func sharedSpecification() {
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            let times = Lock([Duration.seconds(3), .seconds(1)])
            simulation.programs.define("tool") { program in
                program.linger(for: times.withLock { $0.popLast() } ?? .zero)
                try await program.sleepForever()
            }
            try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let one = Program("p", executable: "tool")
            var refs: [Ref<ProgramProcess>] = []
            for _ in 0..<2 { refs.append(try #require(try await pool.startChild(one, as: ProgramProcess.self))) }
            try await runtime.quiet()
            for ref in refs { ref.kill() }
            try await runtime.sleep(for: .milliseconds(2_900))
            #expect(simulation.programs.launched.count == 2)
            try await runtime.sleep(for: .milliseconds(200))
            #expect(simulation.programs.launched.count == 4)
        }
    }
}
