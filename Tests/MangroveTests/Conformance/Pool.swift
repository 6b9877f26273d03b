import Mangrove
import MangroveTesting
import Testing

/// Runs `body` with a dynamic supervisor called `pool` below a supervisor, under several seeds.
func withPool(
    seeds: Range<UInt64> = 0..<8,
    maxChildren: Int? = nil,
    intensity: RestartIntensity = RestartIntensity(),
    leavingTimers: Bool = false,
    location: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (Simulation, Address<DynamicSupervisorProcess>, Journal) async throws -> Void
) {
    simulate(seeds: seeds, leavingTimers: leavingTimers, location: location) { simulation in
        try await simulation.runtime.start(
            Supervisor(intensity: RestartIntensity(100)) {
                DynamicSupervisor("pool", name: "pool", maxChildren: maxChildren, intensity: intensity)
            }
        )
        let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
        try await body(simulation, pool, Journal())
    }
}
