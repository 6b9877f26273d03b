import Mangrove
import MangroveTesting
import Testing

/// A child that runs the simulated program "tool", and writes down what it prints.
private func tool(
    _ journal: Journal,
    id: ChildID = "tool",
    restart: RestartType = .permanent,
    shutdown: ShutdownPolicy = .within(.seconds(5)),
    lineLimit: Int = 1_000,
    onLine: Mangrove.Program.LineHandler? = nil
) -> Mangrove.Program {
    Program(
        id,
        name: ProcessName(id.text),
        executable: "tool",
        restart: restart,
        shutdown: shutdown,
        lineLimit: lineLimit,
        inputLimit: 100,
        onLine: onLine ?? { line, _ in journal.add(line) }
    )
}

@Suite("Trees with programs, in simulation") struct ProgramTreeTests {
    /// Runs a test, and expects that no program outlives its tree.
    private func simulated(
        leavingTimers: Bool = false,
        _ location: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable (Simulation, Journal) async throws -> Void
    ) {
        simulate(leavingTimers: leavingTimers, location: location) { simulation in
            try await body(simulation, Journal())
            await simulation.runtime.shutdown()
            #expect(simulation.programs.running.isEmpty, "orphans", sourceLocation: location)
        }
    }

    private func process(_ simulation: Simulation, _ name: ProcessName = "tool") throws -> Ref<ProgramProcess> {
        try simulation.runtime.address(name, of: ProgramProcess.self).resolve()
    }

    @Test("All lines are turns, in order, before the end is known, however slowly they are handled")
    func lines() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                for number in 0..<20 { try await program.print("\(number)") }
                return .status(0)
            }
            let root = try await runtime.start(
                Supervisor {
                    tool(journal, restart: .temporary) { line, _ in
                        try await runtime.sleep(for: .milliseconds(7))
                        journal.add(line)
                    }
                }
            )
            let ref = try root.child("tool", as: ProgramProcess.self)
            #expect("\(await ref.exitReason())" == "normal")
            #expect(journal.all == (0..<20).map { "\($0)" })
        }
    }

    @Test(
        "How a program ends is how its process does, and decides on its restart",
        arguments: [
            (ProgramExit.status(0), "normal", false), (.status(3), "program: status 3", true),
            (.signal(11), "program: signal 11", true),
        ]
    )
    func ends(_ exit: ProgramExit, _ reason: String, _ restarts: Bool) {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.sleep(for: .seconds(1))
                return exit
            }
            let root = try await simulation.runtime.start(Supervisor { tool(journal, restart: .transient) })
            let ref = try process(simulation)
            #expect("\(await ref.exitReason())" == reason)
            try await simulation.runtime.quiet()
            #expect(simulation.programs.launched.count == (restarts ? 2 : 1))
            #expect(try root.childCounts().active == (restarts ? 1 : 0))
        }
    }

    @Test("A program that is stopped hears SIGTERM, what it says then is handled, and nothing more is sent to it")
    func graceful() {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                program.onTermination { program in
                    try await program.sleep(for: .seconds(2))
                    try await program.print("bye")
                    program.end(.status(5))
                }
                try await program.print("up")
                try await program.sleepForever()
            }
            try await simulation.runtime.start(Supervisor { tool(journal) })
            let ref = try process(simulation)
            try await simulation.runtime.quiet()
            #expect("\(await ref.stop(.shutdown, within: nil))" == "shutdown")
            #expect(journal.all == ["up", "bye"])
            #expect(simulation.programs.launched.first?.signals == [15])
            #expect(simulation.programs.launched.first?.exit == .status(5))
        }
    }

    @Test("A program that does not hear SIGTERM is killed when its time is over, and not before")
    func stubborn() {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                program.ignoreTermination()
                try await program.sleepForever()
            }
            let root = try await simulation.runtime.start(Supervisor { tool(journal, shutdown: .within(.seconds(3))) })
            try await simulation.runtime.quiet()
            let begin = simulation.clock.now()
            await root.stop(.shutdown, within: nil)
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(3))
            #expect(simulation.programs.launched.map(\.signals) == [[15, 9]])
        }
    }

    @Test("A brutal kill sends SIGKILL and no SIGTERM")
    func brutal() {
        simulated { simulation, journal in
            simulation.programs.define("tool") { try await $0.sleepForever() }
            let root = try await simulation.runtime.start(Supervisor { tool(journal, shutdown: .brutalKill) })
            await root.stop(.shutdown, within: nil)
            try await simulation.runtime.quiet()
            #expect(simulation.programs.launched.map(\.signals) == [[9]])
        }
    }

    @Test("The next incarnation starts when the program of the one that was killed is gone, and not before")
    func remains() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.linger(for: .seconds(3))
                try await program.sleepForever()
            }
            try await runtime.start(Supervisor { tool(journal) })
            for round in 1...2 {
                let ref = try process(simulation)
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
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.linger(for: .seconds(60))
                try await program.sleepForever()
            }
            let root = try await runtime.start(Supervisor { tool(journal) })
            try await runtime.quiet()
            try process(simulation).kill()
            try await runtime.quiet()
            let begin = runtime.clock.now()
            _ = await root.shutdown(within: .seconds(2))
            #expect(begin.duration(to: runtime.clock.now()) <= .seconds(2))
            try await runtime.sleep(for: .seconds(70))
            #expect(simulation.programs.launched.count == 1)
        }
    }

    @Test(
        "A line handler that throws ends the process with its error, and the program, by force when its time is over",
        arguments: [(ShutdownPolicy.within(.seconds(4)), Duration.seconds(4)), (.brutalKill, .zero)]
    )
    func handlerFails(_ shutdown: ShutdownPolicy, _ time: Duration) {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                program.ignoreTermination()
                for line in ["good", "bad", "bad too", "after"] { try await program.print(line) }
                try await program.sleepForever()
            }
            try await simulation.runtime.start(
                Supervisor {
                    tool(journal, restart: .temporary, shutdown: shutdown) { line, _ in
                        if line.hasPrefix("bad") { throw Boom() }
                        journal.add(line)
                    }
                }
            )
            let ref = try process(simulation)
            let begin = simulation.clock.now()
            #expect("\(await ref.exitReason())" == "crash: Boom()")
            #expect(begin.duration(to: simulation.clock.now()) == time)
            #expect(simulation.programs.launched.map(\.signals) == [[15, 9]])
            // What comes after the line that failed is handled while it ends, and further failures are noted only.
            #expect(journal.all == ["good", "after"])
            #expect(simulation.logs.events(named: "program.line.failed").map { $0["error"] } == ["Boom()"])
        }
    }

    @Test("What a program has printed when its process is killed is dropped, and keeps no incarnation from starting")
    func killedWithOutput() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                for line in ["a", "b", "c"] {
                    try await program.print(line)
                    try await program.sleep(for: .milliseconds(1))
                }
                try await program.sleepForever()
            }
            try await runtime.start(Supervisor { tool(journal) })
            let ref = try process(simulation)
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

    @Test("Programs of one specification wait for each other's remains")
    func sharedSpecification() {
        simulated { simulation, journal in
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

    @Test("A line over the limit ends the process, and nothing after it is handled")
    func longLine() {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.print("12345678")
                try await program.print("123456789")
                try await program.print("after")
                try await program.sleepForever()
            }
            try await simulation.runtime.start(Supervisor { tool(journal, restart: .temporary, lineLimit: 8) })
            let ref = try process(simulation)
            #expect("\(await ref.exitReason())" == "crash: the program printed a line of more than 8 bytes")
            #expect(journal.all == ["12345678"])
        }
    }

    @Test("A program answers what it is sent, in order, until its input ends; what it does not read is bounded")
    func conversation() {
        simulated { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.sleep(for: .seconds(1))
                while let line = try await program.readLine() { try await program.print(line + "!") }
                return .status(0)
            }
            try await simulation.runtime.start(Supervisor { tool(journal, restart: .temporary) })
            let ref = try process(simulation)
            try await ref.call { process in
                try process.send(line: String(repeating: "x", count: 49))
                try process.send(line: String(repeating: "y", count: 49))
                #expect(throws: ProgramError.inputFull(limit: 100)) { try process.send(line: "") }
                #expect(throws: ProgramError.lineBreak) { try process.send(line: "a\nb") }
            }
            try await simulation.runtime.sleep(for: .seconds(2))
            try await ref.call { process in
                try process.send(line: "z")
                process.closeInput()
                #expect(throws: ProgramError.inputClosed) { try process.send(line: "late") }
            }
            #expect("\(await ref.exitReason())" == "normal")
            #expect(journal.all.map(\.count) == [50, 50, 2])
        }
    }

    @Test("A program that prints faster than its lines are handled has to wait")
    func backPressure() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            let printed = Lock(0)
            simulation.programs.define("tool") { program in
                for _ in 0..<500 {
                    try await program.print(String(repeating: "x", count: 999))
                    printed.withLock { $0 += 1 }
                }
                return .status(0)
            }
            let handled = Lock(0)
            try await runtime.start(
                Supervisor {
                    tool(journal, restart: .temporary) { _, _ in
                        handled.withLock { $0 += 1 }
                        try await runtime.sleep(for: .seconds(1))
                    }
                }
            )
            let ref = try process(simulation)
            for _ in 0..<50 {
                try await runtime.sleep(for: .seconds(7))
                let (done, taken) = (printed.withLock { $0 }, handled.withLock { $0 })
                // A pipe full that waits, and one that is being handled.
                #expect(done - taken <= 140)
            }
            #expect("\(await ref.exitReason())" == "normal")
            #expect(handled.withLock { $0 } == 500)
        }
    }

    @Test(
        "Programs are restarted with their siblings as the strategy says, the old ones gone before",
        arguments: Strategy.allCases
    )
    func strategies(_ strategy: Strategy) {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.linger(for: .milliseconds(50))
                try await program.sleepForever()
            }
            try await runtime.start(
                Supervisor(strategy: strategy, intensity: RestartIntensity(9)) {
                    for id: ChildID in ["a", "b", "c"] { tool(journal, id: id) }
                }
            )
            try await runtime.quiet()
            let before = simulation.programs.launched
            before[1].end(.signal(11))
            try await runtime.sleep(for: .seconds(1))
            let ended = before.map { $0.exit.map { "\($0)" } ?? "runs" }
            let own = "signal 11"
            switch strategy {
            case .oneForOne: #expect(ended == ["runs", own, "runs"])
            case .restForOne: #expect(ended == ["runs", own, "signal 15"])
            case .oneForAll: #expect(ended == ["signal 15", own, "signal 15"])
            }
            #expect(simulation.programs.running.count == 3)
            for id in ["a", "b", "c"] { #expect(runtime.process(id) != nil) }
        }
    }

    @Test("A program that is not there is a failed start, and one that comes back is started with its backoff")
    func missing() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            await #expect(throws: SupervisorError.self) { try await runtime.start(Supervisor { tool(journal) }) }
            simulation.programs.define("tool") { try await $0.sleepForever() }
            try await runtime.start(
                Supervisor { tool(journal).backoff(Backoff(initial: .seconds(1), maximum: .seconds(1), jitter: 0)) }
            )
            simulation.programs.remove("tool")
            try process(simulation).kill()
            try await runtime.sleep(for: .milliseconds(1_500))
            #expect(runtime.process("tool") == nil)
            simulation.programs.define("tool") { try await $0.sleepForever() }
            try await runtime.sleep(for: .milliseconds(1_000))
            #expect(runtime.process("tool") != nil)
        }
    }

    @Test("Standard error, and the lines of a program without a handler, go to the log with the process's path")
    func logged() {
        simulated { simulation, _ in
            simulation.programs.define("tool") { program in
                try program.printError("oh no")
                try await program.print("hello")
                return .status(0)
            }
            let root = try await simulation.runtime.start(
                Supervisor { Program("tool", name: "tool", executable: "tool", restart: .temporary) }
            )
            _ = try await root.child("tool", as: ProgramProcess.self).exitReason()
            let lines = ["program.errors", "program.output"].map { name in
                simulation.logs.events(named: name).map(\.logfmt)
            }
            #expect(
                lines == [
                    ["level=info component=program event=program.errors process=supervisor/tool line=\"oh no\""],
                    ["level=info component=program event=program.output process=supervisor/tool line=hello"],
                ]
            )
        }
    }

    @Test("A signal to the program that runs the tree stops its programs in order, last first")
    func run() {
        simulated { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.onTermination { program in
                    journal.add("stop \(program.processID)")
                    try await program.sleep(for: .seconds(1))
                    program.end(.status(0))
                }
                try await program.sleepForever()
            }
            let task = runtime.spawn {
                await #expect(throws: Never.self) {
                    try await runtime.run(
                        Supervisor {
                            tool(journal, id: "first")
                            tool(journal, id: "second")
                        }
                    )
                }
            }
            try await runtime.quiet()
            simulation.signals.send(.terminate)
            await task.value
            #expect(journal.all == ["stop 1001", "stop 1000"])
        }
    }
}
