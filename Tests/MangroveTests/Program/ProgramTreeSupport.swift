import Mangrove
import MangroveTesting
import Testing

/// A child that runs the simulated program "tool", and writes down what it prints.
func tool(
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

/// Runs a test, and expects that no program outlives its tree.
func simulatedPrograms(
    _ location: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (Simulation, Journal) async throws -> Void
) {
    simulate(location: location) { simulation in
        try await body(simulation, Journal())
        await simulation.runtime.shutdown()
        #expect(simulation.programs.running.isEmpty, "orphans", sourceLocation: location)
    }
}

/// The process of the tool.
func programProcess(_ simulation: Simulation) throws -> Ref<ProgramProcess> {
    try simulation.runtime.address("tool", of: ProgramProcess.self).resolve()
}
