import Benchmark
import Mangrove
import World

private let bursts = 20
private let startsOfBurst = 50
/// Few: OTP looks at all restarts of the last second at each, and this is not to measure that.
private let restartsOfBurst = 10

/// What a start, a restart and a stop cost beside a number of other children.
func registerGrowth() {
    for (name, children) in [("1e2", 100), ("1e4", 10_000), ("1e6", 1_000_000)] {
        Benchmark(
            "beside \(name) dynamic children",
            configuration: settings(.start, .restart, .stop, repetitions: 1, warmup: 0)
        ) { benchmark in
            let tree = Supervisor { DynamicSupervisor("pool", name: "pool", intensity: neverGivesUp) }
            try await benchmark.run(tree) { runtime, watch in
                let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                let crowd = Crowd()
                for _ in 0..<children / 2 { blackHole(try await pool.startChild(crowd.idle(0)) as ProcessID?) }
                var victims: [Ref<Idle>] = []
                for number in 0..<crowd.victims {
                    victims += try await pool.startChildren(1, of: crowd.victim(number), as: Idle.self)
                }
                for _ in 0..<children / 2 { blackHole(try await pool.startChild(crowd.idle(0)) as ProcessID?) }
                try await crowd.time(victims, watch) { _ in
                    try await pool.startChild(crowd.idle(0)) as ProcessID?
                } stop: { newcomer in
                    if let newcomer { try await pool.terminateChild(newcomer) }
                }
            }
        }

        Benchmark(
            "beside \(name) listed children",
            configuration: settings(.start, .restart, .stop, repetitions: 1, warmup: 0)
        ) { benchmark in
            let crowd = Crowd()
            let tree = Supervisor(name: "list", intensity: neverGivesUp) {
                for number in 0..<children / 2 { crowd.idle(number) }
                for number in 0..<crowd.victims { crowd.victim(number) }
                for number in children / 2..<children { crowd.idle(number) }
            }
            try await benchmark.run(tree) { runtime, watch in
                let list = try runtime.address("list", of: SupervisorProcess.self).resolve()
                let victims = try (0..<crowd.victims).map { try list.child(crowd.victim($0).id, as: Idle.self) }
                try await crowd.time(victims, watch) { number in
                    let newcomer = crowd.idle(children + number)
                    try await list.startChild(newcomer)
                    return newcomer.id
                } stop: { newcomer in
                    try await list.terminateChild(newcomer)
                    try await list.deleteChild(newcomer)
                }
            }
        }
    }
}

/// The children of one supervisor: many that are idle and, in the middle, some that are restarted, each once.
private struct Crowd: Sendable {
    let victims = (1 + bursts) * restartsOfBurst
    private let starts: AsyncStream<Void>
    private let started: AsyncStream<Void>.Continuation

    init() {
        (starts, started) = AsyncStream.makeStream(of: Void.self)
    }

    func idle(_ number: Int) -> ChildSpec {
        Worker(ChildID(number)) { Idle() }.spec
    }

    /// One that tells when it starts.
    func victim(_ number: Int) -> ChildSpec {
        Worker(ChildID("victim \(number)")) { () -> Idle in
            started.yield()
            return Idle()
        }.spec
    }

    func time<Newcomer>(
        _ victims: [Ref<Idle>],
        _ watch: Stopwatch,
        start: (_ number: Int) async throws -> Newcomer,
        stop: (Newcomer) async throws -> Void
    ) async throws {
        var next = starts.makeAsyncIterator()
        for _ in victims { await next.next() }
        var remaining = victims
        for burst in 0...bursts {
            // The first is for warmth.
            let watch = burst == 0 ? Stopwatch() : watch
            var newcomers: [Newcomer] = []
            try await watch.time(.start, operations: startsOfBurst) {
                for number in 0..<startsOfBurst { newcomers.append(try await start(number)) }
            }
            await watch.time(.restart, operations: restartsOfBurst) {
                for _ in 0..<restartsOfBurst {
                    remaining.removeLast().kill()
                    await next.next()
                }
            }
            try await watch.time(.stop, operations: startsOfBurst) {
                for newcomer in newcomers { try await stop(newcomer) }
            }
        }
    }
}
