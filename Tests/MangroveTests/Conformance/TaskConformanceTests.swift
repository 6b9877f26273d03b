import Mangrove
import MangroveTesting
import Testing

@Suite("Tasks") struct TaskConformanceTests {
    @Test("A task is linked with the process it works for; its result comes first and then its normal end (case 305)")
    func async() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(1))
                return 42
            }
            #expect(try await task.value() == 42)
            #expect("\(await task.process.exitReason())" == "normal")
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
            let other = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(9)) }
            other.process.kill()
            #expect("\(await owner.ref.exitReason())" == "killed")
        }
    }

    @Test(
        "Waiting gives the result, again and again, waits five seconds if nothing is said, and leaves nothing (case 306)"
    )
    func result() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(1))
                return 42
            }
            #expect(try await task.value() == 42)
            #expect(try await task.value() == 42)
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
            let began = runtime.clock.now()
            let slow = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(60)) }
            await #expect(throws: TaskError.self) { try await slow.value() }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
            slow.process.kill()
        }
    }

    @Test(
        "An owner that ends because it waited too long takes its task along; a waiter that goes on does not (case 307)"
    )
    func timeout() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(60)) }
            await #expect(throws: TaskError.self) { try await task.value(within: .seconds(1)) }
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
            #expect(!task.process.isDead)
            try owner.ref.cast { _ in try await task.value(within: .seconds(1)) }
            let reason = await owner.ref.exitReason()
            #expect("\(reason)" == "crash: the task had no result within 1.0 seconds")
            #expect("\(await task.process.exitReason())" == "\(reason)")
        }
    }

    @Test("Waiting for a task that crashed or ended without a result throws what it threw or how it ended (case 309)")
    func withoutResult() {
        withTasks { jobs, runtime, _ in
            let crashed = try await jobs.asyncNoLink { _ -> Int in throw Boom() }
            await #expect(throws: Boom.self) { try await crashed.value() }
            for reason in [ExitReason.normal, .shutdown, .crash(Boom())] {
                let left = try await jobs.asyncNoLink { _ -> Int in throw Exit(reason) }
                #expect(await error { try await left.value() } == "the task ended without a result: \(reason)")
            }
            let killed = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(9)) }
            killed.process.kill()
            #expect(await error { try await killed.value() } == "the task ended without a result: killed")
        }
    }

    @Test("A linked task's crash ends its owner with the same reason (case 310)")
    func crash() {
        withTasks { jobs, runtime, owner in
            let linked = try await jobs.async(for: owner.context) { _ in throw Boom() }
            _ = try await linked.yield()
            #expect("\(await owner.ref.exitReason())" == "crash: Boom()")
        }
    }

    @Test("A linked task ends with its owner; an unlinked one runs on (case 311)")
    func ownerDies() {
        withTasks { jobs, runtime, owner in
            let linked = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(9)) }
            let alone = try await jobs.asyncNoLink(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(9))
                return 1
            }
            owner.ref.kill()
            #expect(told(try await linked.yield()) == "the task ended without a result: killed")
            #expect(runtime.clock.now().nanoseconds == 0)
            #expect(try await alone.value(within: nil) == 1)
            await #expect(throws: SupervisorError.self) { try await jobs.async(for: owner.context) { _ in 1 } }
        }
    }

    @Test(
        "Whoever has a task's handle may wait for it, owner or not, several at once, and all get the result (case 312)"
    )
    func anyone() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(1))
                return 7
            }
            let stranger = try await jobs.asyncNoLink { _ in try await task.value() }
            let seen = Lock<[String]>([])
            let waiters = (0..<3).map { _ in
                runtime.spawn {
                    let result = told(try? await task.yield())
                    seen.withLock { $0.append(result) }
                }
            }
            try owner.ref.cast { member in member.note("\(try await task.value())") }
            #expect(try await stranger.value() == 7)
            for waiter in waiters { await waiter.value }
            #expect(seen.withLock { $0 } == ["7", "7", "7"])
            #expect(try await owner.notes == ["7"])
        }
    }

    @Test("Yielding gives errors and ends as values, nothing while there is no result, and can be repeated (case 314)")
    func yield() {
        withTasks { jobs, runtime, _ in
            let task = try await jobs.asyncNoLink { _ in
                try await runtime.sleep(for: .seconds(3))
                return "done"
            }
            #expect(told(try await task.yield(within: .seconds(1))) == "nothing")
            #expect(told(try await task.yield(within: .zero)) == "nothing")
            #expect(told(try await task.yield()) == "done")
            #expect(told(try await task.yield(within: .zero)) == "done")
            let left = try await jobs.asyncNoLink { _ -> Int in throw Exit(.normal) }
            #expect(told(try await left.yield()) == "the task ended without a result: normal")
            let crashed = try await jobs.asyncNoLink { _ -> Int in throw Boom() }
            #expect(told(try await crashed.yield()) == "Boom()")
        }
    }

    @Test("Many results come in the order of their tasks; one failure or the common limit ends the wait (case 316)")
    func many() {
        withTasks { jobs, runtime, _ in
            @Sendable func after(_ seconds: Int, fails: Bool = false) async throws -> SupervisedTask<Int> {
                try await jobs.asyncNoLink { _ in
                    try await runtime.sleep(for: .seconds(seconds))
                    if fails { throw Boom() }
                    return seconds
                }
            }
            let results = try await [after(3), after(1), after(2)].values()
            #expect(results == [3, 1, 2])
            let none = try await [SupervisedTask<Int>]().values()
            #expect(none.isEmpty)
            var began = runtime.clock.now()
            await #expect(throws: Boom.self) { try await [after(4), after(1, fails: true)].values() }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(1))
            began = runtime.clock.now()
            await #expect(throws: TaskError.self) { try await [after(1), after(7)].values(within: .seconds(2)) }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
        }
    }

    /// Tasks that give their number of seconds after as many.
    private static func sleeping(
        _ jobs: Ref<DynamicSupervisorProcess>,
        _ runtime: Runtime,
        _ times: [Int]
    ) async throws -> [SupervisedTask<Int>] {
        var tasks: [SupervisedTask<Int>] = []
        for seconds in times {
            tasks.append(
                try await jobs.asyncNoLink { _ in
                    try await runtime.sleep(for: .seconds(seconds))
                    return seconds
                }
            )
        }
        return tasks
    }

    @Test("Yielding many gives what there is in the order of the tasks, and does with the late as told (case 317)")
    func yieldMany() {
        withTasks { jobs, runtime, _ in
            for late in [LateTasks.leave, .kill, .ignore] {
                let tasks = try await Self.sleeping(jobs, runtime, [3, 1, 2])
                let results = try await tasks.yield(within: .milliseconds(2_500), late: late)
                #expect(results.map { told($0.result) } == ["nothing", "1", "2"])
                #expect(tasks[0].process.isDead == (late == .kill))
                let later = told(try await tasks[0].yield(within: .seconds(1)))
                switch late {
                case .leave: #expect(later == "3")
                case .kill: #expect(later == "the task ended without a result: killed")
                case .ignore: #expect(later == "the task's result is ignored")
                }
                try await runtime.sleep(for: .seconds(1))
            }
            let began = runtime.clock.now()
            let results = try await Self.sleeping(jobs, runtime, [5, 1, 2]).yield(enough: 2)
            #expect(results.map { told($0.result) } == ["nothing", "1", "2"])
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
        }
    }

    @Test(
        "Shutting down gives the result there is, nothing for one that obeys, the kill for one that does not (case 319)"
    )
    func shutdown() {
        withTasks(leavingTimers: true) { jobs, runtime, owner in
            let ready = try await jobs.async(for: owner.context) { _ in 7 }
            _ = try await ready.value()
            #expect(told(await ready.shutdown()) == "7")
            let obedient = try await jobs.async(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(60))
            }
            #expect(told(await obedient.shutdown()) == "nothing")
            let last = try await jobs.async(for: owner.context) { _ in
                try? await runtime.sleep(for: .seconds(60))
                return "saved"
            }
            try await runtime.quiet()
            #expect(told(await last.shutdown()) == "saved")
            let deaf: @Sendable (ProcessContext) async throws -> Void = { _ in
                await runtime.spawn { try? await runtime.sleep(for: .seconds(60)) }.value
            }
            let stubborn = try await jobs.async(for: owner.context, deaf)
            let began = runtime.clock.now()
            #expect(
                told(await stubborn.shutdown(.within(.seconds(2)))) == "the task ended without a result: killed"
            )
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
            let brutal = try await jobs.async(for: owner.context, deaf)
            #expect(told(await brutal.shutdown(.brutalKill)) == "nothing")
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
        }
    }

    @Test(
        "An ignored task runs on, its failure harms nobody and its result is dropped; one already there is given (case 320)"
    )
    func ignore() {
        withTasks { jobs, runtime, owner in
            let journal = Journal()
            let task = try await jobs.async(for: owner.context) { _ -> Int in
                try await runtime.sleep(for: .seconds(1))
                journal.add("done")
                throw Boom()
            }
            #expect(told(task.ignore()) == "nothing")
            await #expect(throws: TaskError.self) { try await task.value() }
            _ = await task.process.exitReason()
            try await runtime.quiet()
            #expect(journal.all == ["done"])
            #expect(!owner.ref.isDead)
            #expect(told(try await task.yield()) == "the task's result is ignored")
            let ready = try await jobs.async(for: owner.context) { _ in 5 }
            _ = try await ready.value()
            #expect(told(ready.ignore()) == "5")
        }
    }

    @Test(
        "A task that is only started gives no result and is linked if so wanted; a supervised one is done once (case 321)"
    )
    func started() {
        withTasks { jobs, runtime, owner in
            let journal = Journal()
            try await jobs.startTask { _ in throw Boom() }
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
            let root = try await runtime.start(
                Supervisor("list") {
                    TaskWorker("once") { _ in
                        journal.add("once")
                        throw Boom()
                    }
                    TaskWorker("again", restart: .transient) { _ in
                        journal.add("again")
                        if journal.all.count(where: { $0 == "again" }) < 3 { throw Boom() }
                    }
                }
            )
            try await runtime.sleep(for: .seconds(1))
            #expect(journal.all.sorted() == ["again", "again", "again", "once"])
            #expect(try root.children().map(\.id) == ["again"])
            let linked = try await jobs.startTask(linkedWith: owner.context) { context in
                #expect(TaskLineage.callers == [owner.ref.id])
                try await runtime.sleep(for: .seconds(1))
                throw Boom()
            }
            #expect(!linked.isDead)
            #expect("\(await owner.ref.exitReason())" == "crash: Boom()")
        }
    }

    @Test("Cancelling whoever waits ends the wait at once, and a linked task with it")
    func cancellation() {
        withTasks { jobs, runtime, owner in
            let linked = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(60)) }
            let alone = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(60)) }
            for task in [linked, alone] {
                let waiter = runtime.spawn {
                    await #expect(throws: CancellationError.self) { try await task.value(within: nil) }
                }
                try await runtime.quiet()
                waiter.cancel()
                await waiter.value
            }
            #expect("\(await linked.process.exitReason())" == "shutdown")
            #expect(!alone.process.isDead)
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
        }
    }

    @Test("A task that calls a process which waits for it is told of the circle instead of hanging")
    func circle() {
        withTasks { jobs, runtime, owner in
            let answer = try await owner.ref.call { actor in
                let task = try await jobs.asyncNoLink { _ in try await owner.ref.call { $0.note("never") } }
                return told(try await task.yield())
            }
            #expect(answer.contains("wait for itself"))
        }
    }
}
