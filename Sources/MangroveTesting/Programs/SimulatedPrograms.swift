public import Mangrove

/// The programs of a simulation: scripts that behave as operating system programs would, in virtual time.
///
/// What is not defined cannot be started, as a program that is not installed.
///
/// ```swift
/// simulation.programs.define("thumbnailer") { program in
///     while let line = try await program.readLine() { try await program.print("done \(line)") }
///     return .status(0)
/// }
/// ```
public final class SimulatedPrograms: ProgramLauncher {
    /// What a program does: returning ends it, with the status or signal returned; throwing ends it with status 1 and a
    /// line on its standard error.
    public typealias Script = @Sendable (SimulatedProgram) async throws -> ProgramExit

    private struct State {
        var scripts: [String: Script] = [:]
        var launched: [SimulatedProgram] = []
    }

    private let tasks: any TaskSpawner
    private let clock: any RuntimeClock
    private let state = Lock(State())

    init(tasks: any TaskSpawner, clock: any RuntimeClock) {
        self.tasks = tasks
        self.clock = clock
    }

    /// Says what the program of a name does, from its next start on.
    public func define(_ executable: String, _ script: @escaping Script) {
        state.withLock { $0.scripts[executable] = script }
    }

    /// Takes a program away: it cannot be started any more. Those that run go on.
    public func remove(_ executable: String) {
        state.withLock { $0.scripts[executable] = nil }
    }

    /// All that were started, first first.
    public var launched: [SimulatedProgram] { state.withLock { $0.launched } }

    /// Those that run: at the end of a test, orphans.
    public var running: [SimulatedProgram] { launched.filter { $0.exit == nil } }

    /// Starts a program.
    public func launch(
        _ command: ProgramCommand,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) throws(ProgramError) -> any LaunchedProgram {
        let found = state.withLock { state -> (Script, SimulatedProgram)? in
            guard let script = state.scripts[command.executable] else { return nil }
            let number = Int32(1_000 + state.launched.count)
            let program = SimulatedProgram(number, command, tasks, clock, events)
            state.launched.append(program)
            return (script, program)
        }
        guard let (script, program) = found else {
            throw .cannotStart(command.executable, "the simulation has no such program")
        }
        tasks.spawn { await program.run(script) }
        return program
    }
}
