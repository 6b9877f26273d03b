import Benchmark
import Mangrove
import World

/// A group that restarts together, by its size: from the kill of the first to the answer of the last.
func registerGroups() {
    for size in [10, 100, 1_000] {
        let group = Supervisor(strategy: .oneForAll, intensity: shortWindow) {
            for number in 0..<size { Worker(ChildID(number), name: ProcessName("member", key: "\(number)")) { Idle() } }
        }
        Benchmark("oneForAll of \(size)", configuration: settings(repetitions: 5)) { benchmark in
            try await benchmark.run(group) { runtime, watch in
                let first = runtime.address(ProcessName("member", key: "0"), of: Idle.self)
                let last = runtime.address(ProcessName("member", key: "\(size - 1)"), of: Idle.self)
                for _ in 0..<min(burst, 10_000 / size) {
                    let victim = try first.resolve()
                    let earlier = try last.resolve()
                    try await watch.time {
                        victim.kill()
                        blackHole(try await last.resolve(after: earlier).call { $0.ping() })
                    }
                }
            }
        }
    }
}
