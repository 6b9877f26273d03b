import Benchmark
import Mangrove
import World

/// What a start, a restart and a stop cost beside a number of other children.
func registerGrowth() {
    for (name, children) in [("1e2", 100), ("1e4", 10_000), ("1e6", 1_000_000)] {
        Benchmark(
            "beside \(name) children",
            configuration: settings(.start, .restart, .stop, repetitions: 1, warmup: 0)
        ) { benchmark in
            let tree = Supervisor { DynamicSupervisor("pool", name: "pool", intensity: neverGivesUp) }
            try await benchmark.run(tree) { runtime, watch in
                let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                try await workBeside(children, pool, watch)
            }
        }
    }
}

private let bursts = 20
private let startsOfBurst = 50
/// Few: OTP looks at all restarts of the last second at each, and this is not to measure that.
private let restartsOfBurst = 10

private func workBeside(_ children: Int, _ pool: Ref<DynamicSupervisorProcess>, _ watch: Stopwatch) async throws {
    let (starts, started) = AsyncStream.makeStream(of: Void.self)
    let telling = Worker("telling") { () -> Idle in
        started.yield()
        return Idle()
    }
    let idle = Worker("idle") { Idle() }
    // Those that are restarted stand in the middle.
    for _ in 0..<children / 2 { blackHole(try await pool.startChild(idle) as ProcessID?) }
    var victims = try await pool.startChildren(bursts * restartsOfBurst, of: telling, as: Idle.self)
    for _ in 0..<children / 2 { blackHole(try await pool.startChild(idle) as ProcessID?) }
    var next = starts.makeAsyncIterator()
    for _ in victims { await next.next() }

    for _ in 0..<bursts {
        var newcomers: [ProcessID] = []
        try await watch.time(.start, operations: startsOfBurst) {
            for _ in 0..<startsOfBurst {
                if let newcomer = try await pool.startChild(idle) as ProcessID? { newcomers.append(newcomer) }
            }
        }
        await watch.time(.restart, operations: restartsOfBurst) {
            for _ in 0..<restartsOfBurst {
                victims.removeLast().kill()
                await next.next()
            }
        }
        try await watch.time(.stop, operations: startsOfBurst) {
            for newcomer in newcomers { try await pool.terminateChild(newcomer) }
        }
    }
}
