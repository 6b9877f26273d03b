import Benchmark
import Mangrove
import World

private let increments = 1_000_000

func registerCounting() {
    // One process sends another its increments, and then asks what they have come to.
    Benchmark("counting", configuration: settings()) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let finish = Finish()
            let counter = try await crew.start { _ in Counter(finish) }
            let producer = try await crew.start { _ in Producer() }
            var total = 0
            try await watch.time(operations: increments) {
                try producer.cast { try $0.produce(increments, for: counter) }
                total = await finish.sum()
            }
            try check("increments", total, is: increments)
        }
    }
}

private actor Counter: ProcessActor {
    private var value = 0
    private let finish: Finish

    init(_ finish: Finish) { self.finish = finish }

    func increment() { value += 1 }
    func tell() { finish.tell(value) }
}

private actor Producer: ProcessActor {
    func produce(_ count: Int, for counter: Ref<Counter>) throws {
        for _ in 0..<count { try counter.cast { $0.increment() } }
        try counter.cast { $0.tell() }
    }
}
