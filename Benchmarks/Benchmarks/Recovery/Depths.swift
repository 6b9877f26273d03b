import Benchmark
import Mangrove
import World

/// What a crash costs by how deep in the tree it happens, where the lowest supervisor deals with it and where all give up.
func registerDepths() {
    for levels in [1, 4, 16] {
        let tree = chain(levels, intensity: shortWindow)
        Benchmark("crash below \(levels) supervisors", configuration: settings(repetitions: 5)) { benchmark in
            try await benchmark.run(tree) { runtime, watch in
                try await restart("leaf", runtime, watch) { try $0.cast { _ in throw Crash() } }
            }
        }

        let strict = Supervisor(intensity: shortWindow) { chain(levels, intensity: RestartIntensity(0)) }
        Benchmark("escalation through \(levels) supervisors", configuration: settings(repetitions: 5)) { benchmark in
            try await benchmark.run(strict) { runtime, watch in
                try await restart("leaf", runtime, watch) { try $0.cast { _ in throw Crash() } }
            }
        }
    }
}

/// Supervisors below each other, each with a worker beside the next, and below the last of them the one that crashes.
private func chain(_ levels: Int, intensity: RestartIntensity) -> Supervisor {
    Supervisor(ChildID(levels), intensity: intensity) {
        Worker("sibling") { Idle() }
        if levels > 1 {
            chain(levels - 1, intensity: intensity)
        } else {
            Worker("leaf", name: "leaf") { Idle() }
        }
    }
}
