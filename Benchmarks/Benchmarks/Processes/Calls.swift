import Benchmark
import Mangrove
import World

private let calls = 200_000
private let suspendingCalls = 50_000

func registerCalls() {
    let server = Supervisor { Worker("idle", name: "idle") { Idle() } }

    Benchmark("call, one caller", configuration: settings()) { benchmark in
        try await benchmark.run(server) { runtime, watch in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            try await watch.time(operations: calls) {
                for _ in 0..<calls { blackHole(try await idle.call { $0.ping() }) }
            }
        }
    }

    Benchmark("call that may suspend, one caller", configuration: settings()) { benchmark in
        try await benchmark.run(server) { runtime, watch in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            try await watch.time(operations: suspendingCalls) {
                for _ in 0..<suspendingCalls { blackHole(try await idle.call { await $0.pingLater() }) }
            }
        }
    }

    Benchmark("call, eight callers on one process", configuration: settings()) { benchmark in
        try await benchmark.run(server) { runtime, watch in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            try await watch.time(operations: calls) {
                try await eightTimes(calls) { _, share in
                    for _ in 0..<share { blackHole(try await idle.call { $0.ping() }) }
                }
            }
        }
    }
}
