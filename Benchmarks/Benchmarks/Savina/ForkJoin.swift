import Benchmark
import Mangrove
import World

private let leaves = 20_000
private let workers = 60
private let messages = 10_000

func registerForkJoin() {
    // A process for each piece of work, which ends when it has done it.
    Benchmark("fork-join, creation", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let finish = Finish()
            let sum = try await crew.start { _ in Sum(of: leaves, finish) }
            let leaf = Worker("leaf", restart: .temporary) { Leaf() }
            var total = 0
            try await watch.time(operations: leaves) {
                for number in 0..<leaves {
                    guard let leaf = try await crew.startChild(leaf, as: Leaf.self) else { continue }
                    try leaf.cast { try $0.work(number, sum) }
                }
                total = await finish.sum()
            }
            try check("sum of the leaves' work", total, is: leaves * (leaves - 1) / 2)
        }
    }

    // A few processes, all of which are sent many messages by turns.
    Benchmark("fork-join, throughput", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let all = try await crew.start(workers) { _, _ in Busy() }
            var total = 0
            try await watch.time(operations: workers * messages) {
                for number in 0..<messages {
                    for worker in all { try worker.cast { $0.work(number) } }
                }
                for worker in all { total += try await worker.call(timeout: nil) { $0.total } }
            }
            try check("sum of the messages", total, is: workers * messages * (messages - 1) / 2)
        }
    }
}

private actor Leaf: ProcessActor {
    func work(_ number: Int, _ sum: Ref<Sum>) throws {
        try sum.cast { $0.add(number) }
        throw Exit(.normal)
    }
}

private actor Sum: ProcessActor {
    private var missing: Int
    private var total = 0
    private let finish: Finish

    init(of count: Int, _ finish: Finish) {
        missing = count
        self.finish = finish
    }

    func add(_ number: Int) {
        total += number
        missing -= 1
        if missing == 0 { finish.tell(total) }
    }
}

private actor Busy: ProcessActor {
    private(set) var total = 0

    func work(_ number: Int) { total += number }
}
