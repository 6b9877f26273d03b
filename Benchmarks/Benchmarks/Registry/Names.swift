import Benchmark
import Mangrove
import World

private let lookups = 200_000

let benchmarks: @Sendable () -> Void = {
    registerLookups()
    registerGrowth()
}

private func registerLookups() {
    let named = Supervisor { Worker("idle", name: "idle") { Idle() } }

    Benchmark("lookup of a name", configuration: settings()) { benchmark in
        try await benchmark.run(named) { runtime, watch in
            let idle = runtime.address("idle", of: Idle.self)
            try await watch.time(operations: lookups) {
                for _ in 0..<lookups { blackHole(try idle.resolve()) }
            }
        }
    }

    Benchmark("call by name, one caller", configuration: settings()) { benchmark in
        try await benchmark.run(named) { runtime, watch in
            let idle = runtime.address("idle", of: Idle.self)
            try await watch.time(operations: lookups) {
                for _ in 0..<lookups { blackHole(try await idle.call { $0.ping() }) }
            }
        }
    }

    let names = Registry<String, Void>()
    let registered = Supervisor { Worker("idle") { Idle() }.registered("idle", in: names) }

    Benchmark("lookup of a key", configuration: settings()) { benchmark in
        try await benchmark.run(registered) { _, watch in
            await watch.time(operations: lookups) {
                for _ in 0..<lookups { blackHole(names.find("idle", as: Idle.self)) }
            }
        }
    }

    Benchmark("call by key, one caller", configuration: settings()) { benchmark in
        try await benchmark.run(registered) { _, watch in
            let idle = names.address("idle", of: Idle.self)
            try await watch.time(operations: lookups) {
                for _ in 0..<lookups { blackHole(try await idle.call { $0.ping() }) }
            }
        }
    }
}
