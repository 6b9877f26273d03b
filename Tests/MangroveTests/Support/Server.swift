import Mangrove
import MangroveTesting
import Testing

/// Runs `body` with one scripted process, under several seeds.
func withServer(
    terminating: Duration? = nil,
    restart: RestartType = .temporary,
    seeds: Range<UInt64> = 0..<20,
    _ body: @escaping @Sendable (Simulation, Ref<Scripted>, Journal) async throws -> Void
) {
    simulate(seeds: seeds, leavingTimers: terminating != nil) { simulation in
        let journal = Journal()
        let root = try await simulation.runtime.start(
            Supervisor { scripted("server", journal, name: "server", restart: restart, terminating: terminating) }
        )
        try await body(simulation, try root.child("server", as: Scripted.self), journal)
    }
}

/// What `body` throws, in words; nil if it throws nothing.
func error(_ body: () async throws -> some Any) async -> String? {
    do {
        _ = try await body()
        return nil
    } catch {
        return "\(error)"
    }
}
