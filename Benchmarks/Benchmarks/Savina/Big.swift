import Benchmark
import Mangrove
import World

private let workers = 100
private let pings = 2_000

func registerBig() {
    // Everybody asks somebody else, again and again, and is asked meanwhile.
    Benchmark("big", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runCrew { crew, watch in
            let finish = Finish()
            let all = try await crew.start(workers) { number, context in
                Asker(number, try context.ref(as: Asker.self), finish)
            }
            for worker in all { try await worker.call { $0.others = all } }
            var total = 0
            try await watch.time(operations: workers * pings) {
                for worker in all { try worker.cast { try $0.ask() } }
                total = await finish.sum(of: workers)
            }
            try check("sum of the answers", total, is: expected())
        }
    }
}

/// The answers are the numbers of those who were asked.
private func expected() -> Int {
    (0..<workers).reduce(0) { sum, worker in
        var numbers = Numbers(worker)
        return sum + (0..<pings).reduce(0) { part, _ in part + numbers.next(below: workers) }
    }
}

private actor Asker: ProcessActor {
    var others: [Ref<Asker>] = []
    private let number: Int
    private let itself: Ref<Asker>
    private let finish: Finish
    private var numbers: Numbers
    private var remaining = pings
    private var total = 0

    init(_ number: Int, _ itself: Ref<Asker>, _ finish: Finish) {
        self.number = number
        self.itself = itself
        self.finish = finish
        numbers = Numbers(number)
    }

    func ask() throws {
        guard remaining > 0 else { return finish.tell(total) }
        remaining -= 1
        try others[numbers.next(below: workers)].cast { [itself] in try $0.answer(itself) }
    }

    func answer(_ asker: Ref<Asker>) throws {
        try asker.cast { [number] in try $0.hear(number) }
    }

    func hear(_ answer: Int) throws {
        total += answer
        try ask()
    }
}
