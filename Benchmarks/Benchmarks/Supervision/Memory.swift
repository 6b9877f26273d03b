import Benchmark
import Mangrove
import World

/// What an idle supervised process keeps in memory, all told: how much more of the program is resident for each of many.
/// Read from /proc, and so on Linux only.
func registerMemory() {
    #if os(Linux)
        Benchmark("idle process", configuration: settings(.bytes, repetitions: 1, warmup: 0)) { benchmark in
            try await benchmark.run(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime, watch in
                let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                let child = Worker("idle") { Idle() }
                let count = 100_000
                for _ in 0..<100 { blackHole(try await pool.startChild(child) as ProcessID?) }
                let before = try residentBytes()
                for _ in 0..<count { blackHole(try await pool.startChild(child) as ProcessID?) }
                try await Task.sleep(for: .milliseconds(300))
                watch.record(.bytes, (try residentBytes() - before) / count)
            }
        }
    #endif
}
