import Benchmark
import Mangrove

let benchmarks: @Sendable () -> Void = {
    let settings = Benchmark.Configuration(
        metrics: [.wallClock],
        warmupIterations: 1,
        scalingFactor: .one,
        maxDuration: .seconds(20),
        maxIterations: 9
    )

    func with(_ factor: BenchmarkScalingFactor) -> Benchmark.Configuration {
        var configuration = settings
        configuration.scalingFactor = factor
        return configuration
    }

    let server = Supervisor { Worker("idle", name: "idle") { Idle() } }

    // MARK: Talking to a process

    Benchmark("call, one caller", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(server) { runtime, iterations in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            for _ in iterations { blackHole(try await idle.call { $0.ping() }) }
        }
    }

    Benchmark("call by name, one caller", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(server) { runtime, iterations in
            let idle = runtime.address("idle", of: Idle.self)
            for _ in iterations { blackHole(try await idle.call { $0.ping() }) }
        }
    }

    Benchmark("call that may suspend, one caller", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(server) { runtime, iterations in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            for _ in iterations { blackHole(try await idle.call { await $0.pingLater() }) }
        }
    }

    Benchmark("call, eight callers on one process", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(server) { runtime, iterations in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            try await eightTimes(iterations) { _, share in
                for _ in 0..<share { blackHole(try await idle.call { $0.ping() }) }
            }
        }
    }

    let roomy = Supervisor { Worker("idle", name: "idle", mailboxLimit: 2_000_000) { Idle() } }

    Benchmark("cast, drained", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(roomy) { runtime, iterations in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            for _ in iterations { try idle.cast { $0.increment() } }
            blackHole(try await idle.call(timeout: nil) { $0.ping() })
        }
    }

    Benchmark("registry lookup", configuration: with(.mega)) { benchmark in
        try await benchmark.measure(server) { runtime, iterations in
            let idle = runtime.address("idle", of: Idle.self)
            for _ in iterations { blackHole(try idle.resolve()) }
        }
    }

    // MARK: Starting and restarting

    Benchmark("start a child, one caller", configuration: with(.kilo)) { benchmark in
        try await benchmark.measure(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime, iterations in
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            let child = Worker("idle") { Idle() }
            for _ in 0..<100 * iterations.count { blackHole(try await pool.startChild(child) as ProcessID?) }
        }
    }

    let partitioned = Supervisor {
        PartitionSupervisor("pools", name: "pools", partitions: 8) { _ in DynamicSupervisor("pool") }
    }

    Benchmark("start a child, eight callers, eight partitions", configuration: with(.kilo)) { benchmark in
        try await benchmark.measure(partitioned) { runtime, iterations in
            let pools = runtime.address("pools", of: SupervisorProcess.self)
            let child = Worker("idle") { Idle() }
            try await eightTimes(0..<100 * iterations.count) { caller, share in
                for number in 0..<share {
                    let pool = try pools.partition(for: caller &* share &+ number, as: DynamicSupervisorProcess.self)
                    blackHole(try await pool.startChild(child) as ProcessID?)
                }
            }
        }
    }

    Benchmark("kill to answering again", configuration: with(.kilo)) { benchmark in
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let tree = Supervisor(intensity: neverGivesUp) {
            Worker("idle", name: "idle") { () -> Idle in
                started.yield()
                return Idle()
            }
        }
        try await benchmark.measure(tree) { runtime, iterations in
            let idle = runtime.address("idle", of: Idle.self)
            var next = starts.makeAsyncIterator()
            await next.next()
            for _ in iterations {
                try idle.resolve().kill()
                await next.next()
                while true {
                    do {
                        blackHole(try await idle.call { $0.ping() })
                        break
                    } catch { await Task.yield() }
                }
            }
        }
    }

    Benchmark("restart storm of ten thousand", configuration: with(.one)) { benchmark in
        let (starts, started) = AsyncStream.makeStream(of: Void.self)
        let runtime = makeRuntime()
        let count = 10_000
        try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool", intensity: neverGivesUp) })
        let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
        let child = Worker("idle") { () -> Idle in
            started.yield()
            return Idle()
        }
        var refs: [Ref<Idle>] = []
        for _ in 0..<count {
            if let ref = try await pool.startChild(child, as: Idle.self) { refs.append(ref) }
        }
        let all = refs
        benchmark.startMeasurement()
        try await Task.detached {
            var next = starts.makeAsyncIterator()
            for _ in 0..<count { await next.next() }
            for ref in all { ref.kill() }
            for _ in 0..<count { await next.next() }
        }.value
        benchmark.stopMeasurement()
        await runtime.shutdown()
    }
}
