import Benchmark
import Mangrove
import World

private let starts = 100_000

func registerStarts() {
    Benchmark("start a child, one caller", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.run(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime, watch in
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            let child = Worker("idle") { Idle() }
            try await watch.time(operations: starts) {
                for _ in 0..<starts { blackHole(try await pool.startChild(child) as ProcessID?) }
            }
        }
    }

    let partitioned = Supervisor {
        PartitionSupervisor("pools", name: "pools", partitions: 8) { _ in DynamicSupervisor("pool") }
    }

    Benchmark("start a child, eight callers", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.run(partitioned) { runtime, watch in
            let pools = runtime.address("pools", of: SupervisorProcess.self)
            let child = Worker("idle") { Idle() }
            try await watch.time(operations: starts) {
                try await eightTimes(starts) { caller, share in
                    for number in 0..<share {
                        let key = caller &* share &+ number
                        let pool = try pools.partition(for: key, as: DynamicSupervisorProcess.self)
                        blackHole(try await pool.startChild(child) as ProcessID?)
                    }
                }
            }
        }
    }
}
