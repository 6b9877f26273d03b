import Benchmark
import Mangrove
import World

/// Whole lives: from nothing to everything running, and back.
func registerStops() {
    let all = 100_000
    let children = (0..<all).map { Worker(ChildID($0)) { Idle() }.spec }

    Benchmark("100,000 children of one supervisor, start and stop", configuration: settings(repetitions: 3)) {
        benchmark in
        try await benchmark.startAndStop(Supervisor { children }) { _ in }
    }

    for (name, count) in [("100,000", all), ("10,000", 10_000)] {
        Benchmark("\(name) dynamic children, start and stop", configuration: settings(repetitions: 3)) { benchmark in
            try await benchmark.startAndStop(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime in
                let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                let child = Worker("idle") { Idle() }
                for _ in 0..<count { blackHole(try await pool.startChild(child) as ProcessID?) }
            }
        }
    }

    let tree = supervisors(levels: 5, fanOut: 10)

    Benchmark("100,000 children below 11,111 supervisors, start and stop", configuration: settings(repetitions: 3)) {
        benchmark in
        try await benchmark.startAndStop(tree) { _ in }
    }
}

/// A tree of supervisors with workers below the last level, as wide at each.
private func supervisors(levels: Int, fanOut: Int, id: ChildID = 0) -> Supervisor {
    Supervisor(id) {
        for number in 0..<fanOut {
            if levels > 1 {
                supervisors(levels: levels - 1, fanOut: fanOut, id: ChildID(number))
            } else {
                Worker(ChildID(number)) { Idle() }
            }
        }
    }
}

extension Benchmark {
    fileprivate func startAndStop(
        _ tree: Supervisor,
        _ fill: @escaping @Sendable (Runtime) async throws -> Void
    ) async throws {
        try await run { watch in
            let runtime = makeRuntime()
            try await watch.time {
                try await runtime.start(tree)
                try await fill(runtime)
                await runtime.shutdown()
            }
        }
    }
}
