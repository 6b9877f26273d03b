import Benchmark
import Mangrove
import World

private let workers = 20
private let requests = 5_000
private let keys = 512

func registerDictionary() {
    // Workers read a dictionary that a process keeps, and at one request of ten write to it.
    Benchmark("concurrent dictionary", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let finish = Finish()
            let keeper = try await crew.start { _ in Keeper() }
            let all = try await crew.start(workers) { number, _ in Client(number, keeper, finish) }
            var right = 0
            try await watch.time(operations: workers * requests) {
                for worker in all { try worker.cast { try await $0.work() } }
                right = await finish.sum(of: workers)
            }
            try check("right answers", right, is: workers * requests)
            let written = (0..<workers).reduce(into: Set<Int>()) { written, worker in
                var requestsOfWorker = Requests(worker)
                for _ in 0..<requests {
                    let request = requestsOfWorker.next()
                    if request.isWrite { written.insert(request.key) }
                }
            }
            try check("what is kept", try await keeper.call { $0.kept }, is: expectedContent(written))
        }
    }
}

private func expectedContent(_ written: Set<Int>) -> [Int: Int] {
    Dictionary(uniqueKeysWithValues: written.map { ($0, 3 * $0) })
}

/// What a worker asks, one after the other.
private struct Requests {
    private var numbers: Numbers

    init(_ worker: Int) { numbers = Numbers(worker) }

    mutating func next() -> (key: Int, isWrite: Bool) {
        let key = numbers.next(below: keys)
        return (key, numbers.next(below: 10) == 0)
    }
}

private actor Keeper: ProcessActor {
    private(set) var kept: [Int: Int] = [:]

    func write(_ key: Int, _ value: Int) { kept[key] = value }
    func read(_ key: Int) -> Int? { kept[key] }
}

private actor Client: ProcessActor {
    private var own: Requests
    private let keeper: Ref<Keeper>
    private let finish: Finish

    init(_ number: Int, _ keeper: Ref<Keeper>, _ finish: Finish) {
        own = Requests(number)
        self.keeper = keeper
        self.finish = finish
    }

    func work() async throws {
        var right = 0
        for _ in 0..<requests {
            let (key, isWrite) = own.next()
            if isWrite {
                try await keeper.call { $0.write(key, 3 * key) }
                right += 1
            } else {
                let value = try await keeper.call { $0.read(key) }
                if value == nil || value == 3 * key { right += 1 }
            }
        }
        finish.tell(right)
    }
}
