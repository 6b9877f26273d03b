import Benchmark
import Mangrove
import World

private let calls = 200_000

/// What a call of one process costs by how many callers it has at a time.
func registerCallers() {
    let server = Supervisor { Worker("idle", name: "idle") { Idle() } }
    for callers in [1, 10, 100, 1_000] {
        Benchmark("call among \(callers) callers", configuration: settings(repetitions: 5)) { benchmark in
            try await benchmark.run(server) { runtime, watch in
                let idle = try runtime.address("idle", of: Idle.self).resolve()
                try await watch.time(operations: calls) {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<callers {
                            group.addTask {
                                for _ in 0..<calls / callers { blackHole(try await idle.call { $0.ping() }) }
                            }
                        }
                        try await group.waitForAll()
                    }
                }
            }
        }
    }
}
