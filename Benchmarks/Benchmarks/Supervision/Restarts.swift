import Benchmark
import Mangrove
import World

/// Each repetition has a new supervisor, so that the window in which restarts are counted is short: as it is where
/// processes seldom crash.
private let burst = 100

func registerRestarts() {
    let short = RestartIntensity(1_000, within: .seconds(1))
    let single = Supervisor(intensity: short) { Worker("idle", name: "idle") { Idle() } }

    Benchmark("kill to answering again", configuration: settings(repetitions: 20)) { benchmark in
        try await benchmark.run(single) { runtime, watch in
            try await restart(runtime, watch) { $0.kill() }
        }
    }

    Benchmark("crash to answering again", configuration: settings(repetitions: 20)) { benchmark in
        try await benchmark.run(single) { runtime, watch in
            try await restart(runtime, watch) { try $0.cast { _ in throw Crash() } }
        }
    }

    let hundred = Supervisor(strategy: .oneForAll, intensity: short) {
        for number in 0..<100 { Worker(ChildID(number), name: ProcessName("member", key: "\(number)")) { Idle() } }
    }

    Benchmark("oneForAll of 100", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.run(hundred) { runtime, watch in
            let first = runtime.address(ProcessName("member", key: "0"), of: Idle.self)
            let last = runtime.address(ProcessName("member", key: "99"), of: Idle.self)
            for _ in 0..<burst {
                let victim = try first.resolve()
                let earlier = try last.resolve()
                try await watch.time {
                    victim.kill()
                    blackHole(try await last.resolve(after: earlier).call { $0.ping() })
                }
            }
        }
    }

    let storm = 10_000
    let pools = Supervisor { DynamicSupervisor("pool", name: "pool", intensity: neverGivesUp) }

    Benchmark("restart storm of 10,000", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.run(pools) { runtime, watch in
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            let (starts, started) = AsyncStream.makeStream(of: Void.self)
            let child = Worker("idle") { () -> Idle in
                started.yield()
                return Idle()
            }
            let all = try await pool.startChildren(storm, of: child, as: Idle.self)
            var next = starts.makeAsyncIterator()
            for _ in 0..<storm { await next.next() }
            await watch.time(operations: storm) {
                for ref in all { ref.kill() }
                for _ in 0..<storm { await next.next() }
            }
        }
    }
}

private func restart(_ runtime: Runtime, _ watch: Stopwatch, _ end: (Ref<Idle>) throws -> Void) async throws {
    let idle = runtime.address("idle", of: Idle.self)
    for _ in 0..<burst {
        let earlier = try idle.resolve()
        try await watch.time {
            try end(earlier)
            blackHole(try await idle.resolve(after: earlier).call { $0.ping() })
        }
    }
}
