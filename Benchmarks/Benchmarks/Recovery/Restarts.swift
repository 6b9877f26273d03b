import Benchmark
import Mangrove
import World

/// Each repetition has a new supervisor, so that the window in which restarts are counted is short: as it is where
/// processes seldom crash.
let burst = 100
let shortWindow = RestartIntensity(1_000, within: .seconds(1))

func registerRestarts() {
    let single = Supervisor(intensity: shortWindow) { Worker("idle", name: "idle") { Idle() } }

    Benchmark("kill to answering again", configuration: settings(repetitions: 20)) { benchmark in
        try await benchmark.run(single) { runtime, watch in
            try await restart("idle", runtime, watch) { $0.kill() }
        }
    }

    Benchmark("crash to answering again", configuration: settings(repetitions: 20)) { benchmark in
        try await benchmark.run(single) { runtime, watch in
            try await restart("idle", runtime, watch) { try $0.cast { _ in throw Crash() } }
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

/// Ends the process of a name, again and again, and times each from there to the answer of the next incarnation.
func restart(
    _ name: ProcessName,
    _ runtime: Runtime,
    _ watch: Stopwatch,
    _ end: (Ref<Idle>) throws -> Void
) async throws {
    let idle = runtime.address(name, of: Idle.self)
    for _ in 0..<burst {
        let earlier = try idle.resolve()
        try await watch.time {
            try end(earlier)
            blackHole(try await idle.resolve(after: earlier).call { $0.ping() })
        }
    }
}
