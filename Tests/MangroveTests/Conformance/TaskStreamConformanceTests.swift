import Mangrove
import MangroveTesting
import Testing

@Suite("Streams of tasks") struct TaskStreamConformanceTests {
    /// Doubles numbers, each of which takes as many milliseconds as `times` says.
    private static func doubled(
        _ jobs: Ref<DynamicSupervisorProcess>,
        _ runtime: Runtime,
        times: [Int],
        width: Int,
        ordered: Bool = true,
        load: Lock<(now: Int, most: Int)> = Lock((0, 0))
    ) async throws -> [Int] {
        let stream = try jobs.map(0..<times.count, maxConcurrency: width, ordered: ordered) { number in
            load.withLock { load in
                load.now += 1
                load.most = max(load.most, load.now)
            }
            try await runtime.sleep(for: .milliseconds(times[number]))
            load.withLock { $0.now -= 1 }
            return number * 2
        }
        var results: [Int] = []
        for try await item in stream { results.append(try item.result.get()) }
        return results
    }

    @Test(
        "If nothing is said results come in order, eight at once, five seconds each, and a late one fails the whole (case 322)"
    )
    func defaults() {
        withTasks { jobs, runtime, _ in
            let load = Lock((now: 0, most: 0))
            let stream = try jobs.map(0..<20) { number in
                load.withLock { load in
                    load.now += 1
                    load.most = max(load.most, load.now)
                }
                try await runtime.sleep(for: .milliseconds(50 - number))
                load.withLock { $0.now -= 1 }
                return number
            }
            var results: [Int] = []
            for try await item in stream { results.append(try item.result.get()) }
            #expect(results == Array(0..<20))
            #expect(load.withLock { $0.most } == 8)
            let began = runtime.clock.now()
            let slow = try jobs.map([1, 60]) { try await runtime.sleep(for: .seconds($0)) }
            await #expect(throws: TaskError.self) { for try await _ in slow {} }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
        }
    }

    @Test("Results come as they are ready where order is not wanted (case 324)")
    func order() {
        withTasks { jobs, runtime, _ in
            let times = [30, 10, 20]
            let ordered = try await Self.doubled(jobs, runtime, times: times, width: 3)
            #expect(ordered == [0, 2, 4])
            let ready = try await Self.doubled(jobs, runtime, times: times, width: 3, ordered: false)
            #expect(ready == [2, 4, 0])
            for ordered in [true, false] {
                let none = try await Self.doubled(jobs, runtime, times: [], width: 3, ordered: ordered)
                #expect(none.isEmpty)
            }
        }
    }

    @Test(
        "No more run at once than allowed, whatever their number, with the same results; none at once is refused (case 325)"
    )
    func width() {
        withTasks { jobs, runtime, _ in
            for width in [1, 3, 8, 20] {
                for ordered in [true, false] {
                    let load = Lock((now: 0, most: 0))
                    let results = try await Self.doubled(
                        jobs,
                        runtime,
                        times: (0..<8).map { ($0 * 7) % 5 },
                        width: width,
                        ordered: ordered,
                        load: load
                    )
                    #expect(results.sorted() == (0..<8).map { $0 * 2 })
                    #expect(load.withLock { $0.most } == min(width, 8))
                }
            }
            #expect(throws: TaskError.self) { try jobs.map([1], maxConcurrency: 0) { $0 } }
        }
    }

    @Test("An item over its time ends the iteration and everything under way, and leaves nothing behind (case 326)")
    func late() {
        withTasks { jobs, runtime, _ in
            for ordered in [true, false] {
                let ended = Journal()
                let began = runtime.clock.now()
                let failing = try jobs.map([9, 1, 30], ordered: ordered, timeout: .seconds(5)) { number in
                    do { try await runtime.sleep(for: .seconds(number)) } catch {
                        ended.add("\(number)")
                        throw error
                    }
                }
                await #expect(throws: TaskError.self) { for try await _ in failing {} }
                #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
                try await runtime.quiet()
                #expect(ended.take().sorted() == ["30", "9"])
                #expect(try jobs.children().isEmpty)
            }
        }
    }

    @Test("Where the late are killed that costs an item its own result only, and the input is told with it (case 327)")
    func lateKilled() {
        withTasks { jobs, runtime, _ in
            for ordered in [true, false] {
                var results: [String] = []
                let killing = try jobs.map([9, 1, 2], ordered: ordered, timeout: .seconds(5), late: .kill) { number in
                    try await runtime.sleep(for: .seconds(number))
                    return number
                }
                for try await item in killing { results.append("\(item.input) " + told(item.result)) }
                #expect(
                    results
                        == (ordered ? ["9 late", "1 1", "2 2"] : ["1 1", "2 2", "9 late"])
                        .map { $0.replacing("late", with: "the task had no result within 5.0 seconds") }
                )
                try await runtime.quiet()
                #expect(try jobs.children().isEmpty)
            }
        }
    }

    @Test("An item that fails costs its own result only")
    func failing() {
        withTasks { jobs, _, _ in
            var results: [String] = []
            let stream = try jobs.map(1...3) { number in
                if number == 2 { throw Boom() }
                return number
            }
            for try await item in stream { results.append(told(item.result)) }
            #expect(results == ["1", "Boom()", "3"])
        }
    }

    /// Counts what is asked of it, and notes when nobody holds it any more.
    private final class Source: Sequence, IteratorProtocol {
        private var next_ = 0
        private let journal: Journal
        init(_ journal: Journal) { self.journal = journal }
        deinit { journal.add("closed") }
        func next() -> Int? {
            next_ += 1
            journal.add("\(next_)")
            return next_
        }
    }

    @Test("When iteration stops early, what is under way is killed and the input is let go (case 329)")
    func halted() {
        withTasks { jobs, runtime, _ in
            let journal = Journal()
            try await {
                let stream = try jobs.map(Source(journal), maxConcurrency: 2) { number in
                    if number > 1 { try await runtime.sleep(for: .seconds(60)) }
                    return number
                }
                for try await item in stream {
                    #expect(told(item.result) == "1")
                    break
                }
            }()
            #expect(journal.take() == ["1", "2", "closed"])
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }

    @Test("Cancelling whoever iterates kills what is under way")
    func cancelled() {
        withTasks { jobs, runtime, _ in
            let stream = try jobs.map(0..<9, maxConcurrency: 3) { _ in try await runtime.sleep(for: .seconds(60)) }
            let consumer = runtime.spawn {
                await #expect(throws: CancellationError.self) { for try await _ in stream {} }
            }
            try await runtime.quiet()
            #expect(try jobs.children().count == 3)
            consumer.cancel()
            await consumer.value
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }

    @Test("Whatever else comes to the process that iterates does not disturb the stream (case 330)")
    func undisturbed() {
        withLinked(2) { runtime, trapper, plain, journal in
            let root = try await runtime.start(Supervisor("tasks") { TaskSupervisor("jobs") })
            let jobs = try root.child("jobs", as: DynamicSupervisorProcess.self)
            let sum = try await trapper.call(timeout: nil) { trapper in
                trapper.context.monitor(plain[0])
                trapper.context.link(with: plain[1])
                for process in plain { process.kill() }
                try trapper.context.ref(as: Trapper.self).cast { $0.say("word") }
                var sum = 0
                let stream = try jobs.map(1...3, timeout: nil) { number in
                    try await runtime.sleep(for: .seconds(number))
                    return number
                }
                for try await item in stream { sum += try item.result.get() }
                journal.add("streamed")
                return sum
            }
            #expect(sum == 6)
            try await runtime.quiet()
            #expect(journal.all == ["streamed", "down killed", "exit killed", "word"])
        }
    }

    @Test("A stream made in one process is consumed in another, which owns what is under way (case 331)")
    func elsewhere() {
        withTasks { jobs, runtime, owner in
            let stream = try await owner.ref.call { member in
                try await member.spend(.nanoseconds(1))
                return try jobs.map(1...3, timeout: nil) { number in
                    try await runtime.sleep(for: .seconds(number))
                    return number
                }
            }
            let root = try await runtime.start(
                Supervisor("other") { Worker("other", restart: .temporary) { Member($0) } }
            )
            let other = try root.child("other", as: Member.self)
            let sum = try await other.call(timeout: nil) { _ in
                var sum = 0
                for try await item in stream { sum += try item.result.get() }
                return sum
            }
            #expect(sum == 6)
            try other.cast { _ in for try await _ in stream {} }
            try await runtime.quiet()
            #expect(try jobs.children().count == 3)
            owner.ref.kill()
            try await runtime.quiet()
            #expect(try jobs.children().count == 3)
            other.kill()
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }
}
