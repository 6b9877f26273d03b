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

    Benchmark("thread ring of 1,000", configuration: settings()) { benchmark in
        try await passRound(benchmark, members: 1_000, hops: casts, operations: casts)
    }

    Benchmark("ping-pong", configuration: settings()) { benchmark in
        try await passRound(benchmark, members: 2, hops: casts, operations: casts / 2)
    }
}

/// Passes a number round a ring of processes by casts, one less at each hop, until it is zero.
private func passRound(_ benchmark: Benchmark, members: Int, hops: Int, operations: Int) async throws {
    try await benchmark.run(Supervisor { DynamicSupervisor("pool", name: "pool") }) { runtime, watch in
        let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
        let (ends, ended) = AsyncStream.makeStream(of: Void.self)
        let ring = try await pool.startChildren(members, of: Worker("member") { Member(ended) }, as: Member.self)
        for (member, next) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
            try await member.call { $0.next = next }
        }
        var end = ends.makeAsyncIterator()
        try await watch.time(operations: operations) {
            try ring[0].cast { try $0.pass(hops) }
            await end.next()
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

private actor Member: ProcessActor {
    var next: Ref<Member>?
    private let ended: AsyncStream<Void>.Continuation

    init(_ ended: AsyncStream<Void>.Continuation) {
        self.ended = ended
    }

    func pass(_ hops: Int) throws {
        guard hops > 0 else {
            ended.yield()
            return
        }
        try next?.cast { try $0.pass(hops - 1) }
    }
}
