import Mangrove
import MangroveTesting
import Testing

/// What a task's error says, for comparison.
func told(_ result: Result<some Any, any Error>?) -> String {
    switch result {
    case .success(let value)?: "\(value)"
    case .failure(let error)?: "\(error)"
    case nil: "nothing"
    }
}

/// Runs `body` with a task supervisor and two members, the second of which handles signals.
func withTasks(
    seeds: Range<UInt64> = 0..<8,
    maxChildren: Int? = nil,
    leavingTimers: Bool = false,
    _ body: @escaping @Sendable (Ref<DynamicSupervisorProcess>, Runtime, Joined) async throws -> Void
) {
    simulate(seeds: seeds, leavingTimers: leavingTimers) { simulation in
        let root = try await simulation.runtime.start(
            Supervisor {
                TaskSupervisor("jobs", maxChildren: maxChildren)
                Worker("owner", restart: .temporary) { Member($0) }
            }
        )
        let owner = try root.child("owner", as: Member.self)
        let jobs = try root.child("jobs", as: DynamicSupervisorProcess.self)
        let joined = Joined(ref: owner, context: try await owner.call { $0.context })
        try await body(jobs, simulation.runtime, joined)
    }
}

@Suite("Tasks") struct TaskConformanceTests {
    @Test("A task's result comes to whoever waits for it, and then the task has ended normally (O 305, O 306)")
    func result() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(1))
                return 42
            }
            #expect(try await task.value() == 42)
            #expect(try await task.value() == 42)
            #expect("\(await task.process.exitReason())" == "normal")
            #expect(!owner.ref.isDead)
            try await runtime.quiet()
            #expect(try jobs.children().isEmpty)
        }
    }

    @Test("Waiting ends after five seconds, and the task with its owner if that ends for it (O 306, O 307)")
    func timeout() {
        withTasks { jobs, runtime, owner in
            let began = runtime.clock.now()
            let task = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(60)) }
            await #expect(throws: TaskError.self) { try await task.value() }
            #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
            #expect(!task.process.isDead)
            try owner.ref.cast { _ in try await task.value(within: .seconds(1)) }
            let reason = await owner.ref.exitReason()
            #expect("\(reason)" == "crash: the task had no result within 1.0 seconds")
            #expect("\(await task.process.exitReason())" == "\(reason)")
        }
    }

    @Test("A task that ended without a result says how it ended (O 309, O 314)")
    func withoutResult() {
        withTasks { jobs, runtime, _ in
            let crashed = try await jobs.asyncNoLink { _ -> Int in throw Boom() }
            await #expect(throws: Boom.self) { try await crashed.value() }
            let left = try await jobs.asyncNoLink { _ -> Int in throw Exit(.normal) }
            #expect(told(try await left.yield()) == "the task ended without a result: normal")
            let killed = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(9)) }
            killed.process.kill()
            #expect(told(try await killed.yield()) == "the task ended without a result: killed")
        }
    }

    @Test("A linked task's crash ends its owner; an unlinked one's does not (O 310, P 332)")
    func links() {
        withTasks { jobs, runtime, owner in
            let alone = try await jobs.asyncNoLink(for: owner.context) { _ in throw Boom() }
            _ = try await alone.yield()
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
            let linked = try await jobs.async(for: owner.context) { _ in throw Boom() }
            _ = try await linked.yield()
            #expect("\(await owner.ref.exitReason())" == "crash: Boom()")
        }
    }

    @Test("A linked task ends with its owner; an unlinked one runs on (O 311)")
    func ownerDies() {
        withTasks { jobs, runtime, owner in
            let linked = try await jobs.async(for: owner.context) { _ in try await runtime.sleep(for: .seconds(9)) }
            let alone = try await jobs.asyncNoLink(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(9))
                return 1
            }
            owner.ref.kill()
            #expect(told(try await linked.yield()) == "the task ended without a result: killed")
            #expect(try await alone.value(within: nil) == 1)
            await #expect(throws: SupervisorError.self) { try await jobs.async(for: owner.context) { _ in 1 } }
        }
    }

    @Test("Yielding gives nothing until there is a result, and can be repeated (O 314)")
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
        }
    }

    @Test("Many results come in the order of their tasks; one failure or the common limit ends the wait (O 316)")
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

    @Test("Yielding many gives what there is, and does with the late as told (O 317)")
    func yieldMany() {
        withTasks { jobs, runtime, _ in
            for late in [LateTasks.leave, .kill, .ignore] {
                var tasks: [SupervisedTask<Int>] = []
                for seconds in [3, 1, 2] {
                    tasks.append(
                        try await jobs.asyncNoLink { _ in
                            try await runtime.sleep(for: .seconds(seconds))
                            return seconds
                        }
                    )
                }
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
            var tasks: [SupervisedTask<Int>] = []
            for seconds in [5, 1, 2] {
                tasks.append(
                    try await jobs.asyncNoLink { _ in
                        try await runtime.sleep(for: .seconds(seconds))
                        return seconds
                    }
                )
            }
            let results = try await tasks.yield(enough: 2)
            #expect(results.map { told($0.result) } == ["nothing", "1", "2"])
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
        }
    }

    @Test(
        "Shutting down gives the result there is, nothing for one that obeys, and the kill of one that does not (O 319)"
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

    @Test("An ignored task runs on, its failure harms nobody and its result is dropped (O 320)")
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

    @Test("A task in a supervisor's list is done once, or until it ends cleanly (O 321)")
    func child() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
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
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(journal.all.sorted() == ["again", "again", "again", "once"])
            #expect(try root.children().map(\.id) == ["again"])
        }
    }
}
