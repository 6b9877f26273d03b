import Benchmark
import Mangrove
import World

private let hops = 1_000_000

func registerPassing() {
    Benchmark("thread ring of 1,000", configuration: settings()) { benchmark in
        try await passRound(benchmark, members: 1_000, operations: hops)
    }

    Benchmark("ping-pong", configuration: settings()) { benchmark in
        try await passRound(benchmark, members: 2, operations: hops / 2)
    }
}

/// Passes a number round a ring of processes by casts, one less at each hop, until it is zero.
private func passRound(_ benchmark: Benchmark, members: Int, operations: Int) async throws {
    try await benchmark.runCrew { crew, watch in
        let finish = Finish()
        let ring = try await crew.start(members) { number, _ in Member(number, finish) }
        for (member, next) in zip(ring, ring.dropFirst() + ring.prefix(1)) {
            try await member.call { $0.next = next }
        }
        var last = -1
        try await watch.time(operations: operations) {
            try ring[0].cast { try $0.pass(hops) }
            last = await finish.sum()
        }
        try check("where the ring ended", last, is: hops % members)
        var passed = 0
        for member in ring { passed += try await member.call { $0.passed } }
        try check("hops", passed, is: hops)
    }
}

private actor Member: ProcessActor {
    var next: Ref<Member>?
    private(set) var passed = 0
    private let number: Int
    private let finish: Finish

    init(_ number: Int, _ finish: Finish) {
        self.number = number
        self.finish = finish
    }

    func pass(_ hops: Int) throws {
        guard hops > 0 else { return finish.tell(number) }
        passed += 1
        try next?.cast { try $0.pass(hops - 1) }
    }
}
