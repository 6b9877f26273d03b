import Mangrove
import MangroveTesting
import Testing

@Suite("Task supervisors and streams of tasks") struct TaskSupervisorConformanceTests {
    @Test("A task runs under its supervisor (P 332)")
    func underSupervisor() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context, id: "sum") { $0.path }
            #expect(try await task.value() == jobs.path + "/sum")
            let running = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(1)) }
            try await runtime.quiet()
            #expect(try jobs.children().compactMap(\.process) == [running.process.id])
        }
    }

    @Test("Work that nobody waits for is done once, or again as its restart type says (P 334)")
    func startTask() {
        withTasks { jobs, runtime, owner in
            let journal = Journal()
            for restart in [RestartType.temporary, .transient, .permanent] {
                let left = Lock(2)
                try await jobs.startTask(id: ChildID("\(restart)"), restart: restart) { _ in
                    journal.add("\(restart)")
                    let fails = left.withLock { left in
                        left -= 1
                        return left == 1
                    }
                    if fails { throw Boom() }
                    if restart == .permanent { try await runtime.sleep(for: .seconds(60)) }
                }
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(journal.all.sorted() == ["permanent", "permanent", "temporary", "transient", "transient"])
            #expect(try jobs.children().count == 1)
            #expect(!owner.ref.isDead)
        }
    }

    @Test("One task too many is refused, and the others run on (P 335)")
    func maxChildren() {
        withTasks(maxChildren: 1) { jobs, runtime, owner in
            let first = try await jobs.asyncNoLink { _ in
                try await runtime.sleep(for: .seconds(1))
                return 1
            }
            await #expect(throws: SupervisorError.self) { try await jobs.async(for: owner.context) { _ in 2 } }
            #expect(try await first.value() == 1)
            try await runtime.quiet()
            let stream = try jobs.map(0..<3, maxConcurrency: 2) { _ in try await runtime.sleep(for: .seconds(9)) }
            await #expect(throws: SupervisorError.self) { for try await _ in stream {} }
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }

    @Test("When the supervisor stops its tasks are stopped together, each as its shutdown says (P 336, P 340)")
    func stop() {
        withTasks(leavingTimers: true) { jobs, runtime, _ in
            let obedient = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(60)) }
            let brutal = try await jobs.asyncNoLink(shutdown: .brutalKill) { _ in
                try await runtime.sleep(for: .seconds(60))
            }
            var stubborn: [SupervisedTask<Void>] = []
            for _ in 0..<3 {
                stubborn.append(
                    try await jobs.asyncNoLink(shutdown: .within(.seconds(2))) { _ in
                        await runtime.spawn { try? await runtime.sleep(for: .seconds(60)) }.value
                    }
                )
            }
            try await runtime.quiet()
            let began = runtime.clock.now()
            await jobs.stop(.shutdown, within: nil)
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
            #expect("\(await obedient.process.exitReason())" == "shutdown")
            #expect("\(await brutal.process.exitReason())" == "killed")
            for task in stubborn { #expect("\(await task.process.exitReason())" == "killed") }
        }
    }

    @Test("A task can be stopped by its supervisor, once (P 337)")
    func terminate() {
        withTasks { jobs, runtime, _ in
            let task = try await jobs.startTask { _ in try await runtime.sleep(for: .seconds(60)) }
            try await jobs.terminateChild(task.id)
            await #expect(throws: SupervisorError.self) { try await jobs.terminateChild(task.id) }
        }
    }

    @Test("A task knows on whose behalf it works, over several generations (P 339)")
    func lineage() {
        withTasks { jobs, _, owner in
            #expect(TaskLineage.callers.isEmpty)
            let outer = try await jobs.async(for: owner.context) { context in
                let inner = try await jobs.async(for: context) { _ in TaskLineage.callers }
                return [try await inner.value(), [context.id, owner.ref.id], TaskLineage.callers, [owner.ref.id]]
            }
            let chains = try await outer.value()
            #expect(chains[0] == chains[1])
            #expect(chains[2] == chains[3])
        }
    }

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

    @Test("Results come in the order of the inputs, or as they are ready (O 322, O 324)")
    func order() {
        withTasks { jobs, runtime, _ in
            let times = [30, 10, 20]
            let ordered = try await Self.doubled(jobs, runtime, times: times, width: 3)
            #expect(ordered == [0, 2, 4])
            let ready = try await Self.doubled(jobs, runtime, times: times, width: 3, ordered: false)
            #expect(ready == [2, 4, 0])
            let none = try await Self.doubled(jobs, runtime, times: [], width: 3)
            #expect(none.isEmpty)
        }
    }

    @Test("No more run at once than allowed, whatever their number; none at once is refused (O 325)")
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

    @Test(
        "An item over its time ends the iteration and everything under way, or costs its own result only (O 326, O 327)"
    )
    func late() {
        withTasks { jobs, runtime, _ in
            for ordered in [true, false] {
                let ended = Journal()
                let work: @Sendable (Int) async throws -> Int = { number in
                    do { try await runtime.sleep(for: .seconds(number)) } catch {
                        ended.add("\(number)")
                        throw error
                    }
                    return number
                }
                let began = runtime.clock.now()
                let failing = try jobs.map([9, 1, 30], ordered: ordered, timeout: .seconds(5), work)
                await #expect(throws: TaskError.self) { for try await _ in failing {} }
                #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
                try await runtime.quiet()
                #expect(ended.take().sorted() == ["30", "9"])
                #expect(try jobs.children().isEmpty)
                var results: [String] = []
                let killing = try jobs.map([9, 1, 2], ordered: ordered, timeout: .seconds(5), late: .kill, work)
                for try await item in killing { results.append("\(item.input) " + told(item.result)) }
                #expect(
                    results.sorted() == ["1 1", "2 2", "9 the task had no result within 5.0 seconds"]
                )
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

    @Test("When iteration stops early, what is under way is killed and the input is let go (O 329)")
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

    @Test("Cancelling whoever iterates kills what is under way (O 329)")
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

    @Test("A stream made in one process is consumed in another, and ends with that one (O 330, O 331)")
    func elsewhere() {
        withTasks { jobs, runtime, owner in
            let stream = try jobs.map(1...3, timeout: nil) { number in
                try await runtime.sleep(for: .seconds(number))
                return number
            }
            let sum = try await owner.ref.call(timeout: nil) { actor in
                // What else comes to the process meanwhile does not disturb it.
                actor.context.monitor(jobs)
                var sum = 0
                for try await item in stream { sum += try item.result.get() }
                return sum
            }
            #expect(sum == 6)
            try owner.ref.cast { _ in for try await _ in stream {} }
            try await runtime.quiet()
            #expect(try jobs.children().count == 3)
            owner.ref.kill()
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }
}
