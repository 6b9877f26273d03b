import Mangrove
import MangroveTesting
import Testing

@Suite("Trees with programs, in simulation") struct ProgramTreeTests {
    @Test("All lines are turns, in order, before the end is known, however slowly they are handled")
    func lines() {
        simulatedPrograms { simulation, journal in
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
        simulatedPrograms { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.sleep(for: .seconds(1))
                return exit
            }
            let root = try await simulation.runtime.start(Supervisor { tool(journal, restart: .transient) })
            let ref = try programProcess(simulation)
            #expect("\(await ref.exitReason())" == reason)
            try await simulation.runtime.quiet()
            #expect(simulation.programs.launched.count == (restarts ? 2 : 1))
            #expect(try root.childCounts().active == (restarts ? 1 : 0))
        }
    }

    @Test("A program that is stopped hears SIGTERM, what it says then is handled, and nothing more is sent to it")
    func graceful() {
        simulatedPrograms { simulation, journal in
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
            let ref = try programProcess(simulation)
            try await simulation.runtime.quiet()
            #expect("\(await ref.stop(.shutdown, within: nil))" == "shutdown")
            #expect(journal.all == ["up", "bye"])
            #expect(simulation.programs.launched.first?.signals == [15])
            #expect(simulation.programs.launched.first?.exit == .status(5))
        }
    }

    @Test("A program that does not hear SIGTERM is killed when its time is over, and not before")
    func stubborn() {
        simulatedPrograms { simulation, journal in
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
        simulatedPrograms { simulation, journal in
            simulation.programs.define("tool") { try await $0.sleepForever() }
            let root = try await simulation.runtime.start(Supervisor { tool(journal, shutdown: .brutalKill) })
            await root.stop(.shutdown, within: nil)
            try await simulation.runtime.quiet()
            #expect(simulation.programs.launched.map(\.signals) == [[9]])
        }
    }

    @Test(
        "A line handler that throws ends the process with its error, and the program, by force when its time is over",
        arguments: [(ShutdownPolicy.within(.seconds(4)), Duration.seconds(4)), (.brutalKill, .zero)]
    )
    func handlerFails(_ shutdown: ShutdownPolicy, _ time: Duration) {
        simulatedPrograms { simulation, journal in
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
            let ref = try programProcess(simulation)
            let begin = simulation.clock.now()
            #expect("\(await ref.exitReason())" == "crash: Boom()")
            #expect(begin.duration(to: simulation.clock.now()) == time)
            #expect(simulation.programs.launched.map(\.signals) == [[15, 9]])
            // What comes after the line that failed is handled while it ends, and further failures are noted only.
            #expect(journal.all == ["good", "after"])
            #expect(simulation.logs.events(named: "program.line.failed").map { $0["error"] } == ["Boom()"])
        }
    }

    @Test("A line over the limit ends the process, and nothing after it is handled")
    func longLine() {
        simulatedPrograms { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.print("12345678")
                try await program.print("123456789")
                try await program.print("after")
                try await program.sleepForever()
            }
            try await simulation.runtime.start(Supervisor { tool(journal, restart: .temporary, lineLimit: 8) })
            let ref = try programProcess(simulation)
            #expect("\(await ref.exitReason())" == "crash: the program printed a line of more than 8 bytes")
            #expect(journal.all == ["12345678"])
        }
    }

    @Test("A program answers what it is sent, in order, until its input ends; what it does not read is bounded")
    func conversation() {
        simulatedPrograms { simulation, journal in
            simulation.programs.define("tool") { program in
                try await program.sleep(for: .seconds(1))
                while let line = try await program.readLine() { try await program.print(line + "!") }
                return .status(0)
            }
            try await simulation.runtime.start(Supervisor { tool(journal, restart: .temporary) })
            let ref = try programProcess(simulation)
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
        simulatedPrograms { simulation, journal in
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
            let ref = try programProcess(simulation)
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
        simulatedPrograms { simulation, journal in
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
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            await #expect(throws: SupervisorError.self) { try await runtime.start(Supervisor { tool(journal) }) }
            simulation.programs.define("tool") { try await $0.sleepForever() }
            try await runtime.start(
                Supervisor { tool(journal).backoff(Backoff(initial: .seconds(1), maximum: .seconds(1), jitter: 0)) }
            )
            simulation.programs.remove("tool")
            try programProcess(simulation).kill()
            try await runtime.sleep(for: .milliseconds(1_500))
            #expect(runtime.process("tool") == nil)
            simulation.programs.define("tool") { try await $0.sleepForever() }
            try await runtime.sleep(for: .milliseconds(1_000))
            #expect(runtime.process("tool") != nil)
        }
    }

    @Test("Standard error, and the lines of a program without a handler, go to the log with the process's path")
    func logged() {
        simulatedPrograms { simulation, _ in
            simulation.programs.define("tool") { program in
                try program.printError("oh no")
                try await program.print("hello")
                return .status(0)
            }
            try await simulation.runtime.start(
                Supervisor { Program("tool", name: "tool", executable: "tool", restart: .temporary) }
            )
            // It may have ended before anyone could ask for it.
            try await simulation.runtime.sleep(for: .seconds(1))
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
        simulatedPrograms { simulation, journal in
            let runtime = simulation.runtime
            simulation.programs.define("tool") { program in
                program.onTermination { program in
                    journal.add("stop \(program.processID)")
                    try await program.sleep(for: .seconds(1))
                    program.end(.status(0))
                }
                try await program.sleepForever()
            }
            let run = Attempt(in: runtime) {
                try await runtime.run(
                    Supervisor {
                        tool(journal, id: "first")
                        tool(journal, id: "second")
                    }
                )
            }
            try await runtime.quiet()
            simulation.signals.send(.terminate)
            try await run.end()
            #expect(journal.all == ["stop 1001", "stop 1000"])
        }
    }
}
