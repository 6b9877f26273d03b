import Mangrove
import MangroveTesting
import Testing

private struct Oops: Error {}

@Suite("Simulated programs") struct SimulatedProgramTests {
    private func run(
        _ simulation: Simulation,
        inputLimit: Int = 100,
        _ script: @escaping SimulatedPrograms.Script
    ) async throws -> (program: SimulatedProgram, seen: Lock<[String]>) {
        simulation.programs.define("p", script)
        let seen = Lock<[String]>([])
        let command = ProgramCommand(executable: "p", arguments: ["x"], lineLimit: 10, inputLimit: inputLimit)
        _ = try simulation.programs.launch(command) { event in
            seen.withLock { seen in
                switch event {
                case .output(let lines, _): seen.append("out \(lines)")
                case .errors(let lines): seen.append("err \(lines)")
                case .lineTooLong: seen.append("too long")
                case .ended(let exit): seen.append("ended \(exit.map { "\($0)" } ?? "?")")
                }
            }
            if case .output(_, let handled) = event { handled() }
        }
        let program = try #require(simulation.programs.launched.last)
        try await simulation.runtime.sleep(for: .seconds(1))
        return (program, seen)
    }

    @Test("A script's output, errors and status are told, the status last; an error thrown is status 1")
    func script() throws {
        for seed in UInt64(0)..<8 {
            try Simulation(seed: seed).run { simulation in
                let (program, seen) = try await run(simulation) { program in
                    try await program.print("a")
                    try await program.sleep(for: .milliseconds(10))
                    try program.printError("\(program.command.arguments)")
                    try await program.print("b")
                    return .status(7)
                }
                #expect(program.exit == .status(7))
                #expect(seen.withLock { $0 }.last == "ended status 7")
                #expect(seen.withLock { $0.filter { $0.hasPrefix("out") } } == ["out [\"a\"]", "out [\"b\"]"])
                #expect(seen.withLock { $0.contains("err [\"[\\\"x\\\"]\"]") })
                let (failing, words) = try await run(simulation) { _ in throw Oops() }
                #expect(failing.exit == .status(1))
                #expect(words.withLock { $0 } == ["err [\"Oops()\"]", "ended status 1"])
                #expect(simulation.programs.running.isEmpty)
            }
        }
    }

    @Test("After SIGKILL a script's waits throw, what it does is not seen, and it is gone when it has lingered")
    func killed() throws {
        try Simulation(seed: 1).run { simulation in
            let after = Lock<[String]>([])
            let (program, seen) = try await run(simulation) { program in
                program.linger(for: .seconds(5))
                do { try await program.sleepForever() } catch { after.withLock { $0.append("\(error)") } }
                do { try await program.print("unseen") } catch { after.withLock { $0.append("\(error)") } }
                return .status(0)
            }
            program.kill()
            #expect(throws: ProgramError.inputClosed) { try program.send([0x61]) }
            try await simulation.runtime.sleep(for: .seconds(4))
            #expect(program.exit == nil)
            #expect(simulation.programs.running.count == 1)
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(program.exit == .signal(9))
            #expect(seen.withLock { $0 } == ["ended signal 9"])
            #expect(after.withLock { $0 } == ["CancellationError()", "CancellationError()"])
            #expect(program.signals == [9])
            program.kill()
            program.terminate()
            #expect(program.signals == [9])
        }
    }

    @Test("SIGTERM ends it, is ignored, or does what the script says")
    func termination() throws {
        try Simulation(seed: 1).run { simulation in
            let (plain, _) = try await run(simulation) { try await $0.sleepForever() }
            plain.terminate()
            #expect(plain.exit == .signal(15))
            let (deaf, _) = try await run(simulation) { program in
                program.ignoreTermination()
                try await program.sleepForever()
            }
            deaf.terminate()
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(deaf.exit == nil)
            let (polite, _) = try await run(simulation) { program in
                program.onTermination { $0.end(.status(2)) }
                try await program.sleepForever()
            }
            polite.terminate()
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(polite.exit == .status(2))
            deaf.kill()
        }
    }

    @Test("Input comes line by line, the last one without a line end, then its end; it is bounded")
    func input() throws {
        try Simulation(seed: 1).run { simulation in
            let lines = Lock<[String]>([])
            let (program, _) = try await run(simulation, inputLimit: 6) { program in
                try await program.sleep(for: .seconds(2))
                while let line = try await program.readLine() { lines.withLock { $0.append(line) } }
                return .status(0)
            }
            try program.send(Array("a\nbc".utf8))
            #expect(throws: ProgramError.inputFull(limit: 6)) { try program.send(Array("xyz".utf8)) }
            try await simulation.runtime.sleep(for: .seconds(2))
            try program.send(Array("d\ne".utf8))
            program.closeInput()
            #expect(throws: ProgramError.inputClosed) { try program.send([]) }
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(lines.withLock { $0 } == ["a", "bcd", "e"])
            #expect(program.exit == .status(0))
        }
    }

    @Test("A program that nobody has defined cannot be started, nor one that was taken away")
    func undefined() throws {
        try Simulation(seed: 1).run { simulation in
            _ = try await run(simulation) { _ in .status(0) }
            simulation.programs.remove("p")
            #expect(throws: ProgramError.cannotStart("p", "the simulation has no such program")) {
                _ = try simulation.programs.launch(ProgramCommand(executable: "p")) { _ in }
            }
            #expect(simulation.programs.launched.count == 1)
        }
    }
}
