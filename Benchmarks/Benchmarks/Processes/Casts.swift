import Benchmark
import Mangrove
import World

private let casts = 1_000_000
/// More than are ever sent: what is measured is not the refusal.
private let roomyMailbox = 2_000_000

func registerCasts() {
    let server = Supervisor { Worker("idle", name: "idle", mailboxLimit: roomyMailbox) { Idle() } }

    Benchmark("cast, drained", configuration: settings()) { benchmark in
        try await benchmark.run(server) { runtime, watch in
            let idle = try runtime.address("idle", of: Idle.self).resolve()
            try await watch.time(operations: casts) {
                for _ in 0..<casts { try idle.cast { $0.increment() } }
                blackHole(try await idle.call(timeout: nil) { $0.ping() })
            }
        }
    }

    Benchmark("fan-in, 100 x 10,000", configuration: settings()) { benchmark in
        try await benchmark.run(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime, watch in
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            let senders = 100
            let share = casts / senders
            let (ends, ended) = AsyncStream.makeStream(of: Void.self)
            let counting = Worker("counter", mailboxLimit: roomyMailbox) { Counter(upTo: casts, ended) }
            let counter = try await pool.startChildren(1, of: counting, as: Counter.self)[0]
            let all = try await pool.startChildren(senders, of: Worker("sender") { Sender() }, as: Sender.self)
            var end = ends.makeAsyncIterator()
            try await watch.time(operations: casts) {
                for sender in all { try sender.cast { try $0.send(share, to: counter) } }
                await end.next()
            }
        }
    }
}

private actor Counter: ProcessActor {
    private var missing: Int
    private let ended: AsyncStream<Void>.Continuation

    init(upTo count: Int, _ ended: AsyncStream<Void>.Continuation) {
        missing = count
        self.ended = ended
    }

    func count() {
        missing -= 1
        if missing == 0 { ended.yield() }
    }
}

private actor Sender: ProcessActor {
    func send(_ count: Int, to counter: Ref<Counter>) throws {
        for _ in 0..<count { try counter.cast { $0.count() } }
    }
}
