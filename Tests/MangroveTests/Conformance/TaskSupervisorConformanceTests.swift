import Mangrove
import MangroveTesting
import Testing

@Suite("Task supervisors") struct TaskSupervisorConformanceTests {
    @Test("A task is a child of its supervisor, linked with its owner only if so wanted (case 332)")
    func underSupervisor() {
        withTasks { jobs, runtime, owner in
            let task = try await jobs.async(for: owner.context, id: "sum") { $0.path }
            #expect(try await task.value() == jobs.path + "/sum")
            let running = try await jobs.asyncNoLink(for: owner.context) { _ in
                try await runtime.sleep(for: .seconds(1))
                throw Boom()
            }
            try await runtime.quiet()
            #expect(try jobs.children().compactMap(\.process) == [running.process.id])
            _ = try await running.yield()
            try await runtime.quiet()
            #expect(!owner.ref.isDead)
            _ = try await jobs.async(for: owner.context) { _ in throw Boom() }.yield()
            #expect("\(await owner.ref.exitReason())" == "crash: Boom()")
        }
    }

    @Test("Work that nobody waits for harms nobody and is done once, or again as its restart type says (case 334)")
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

    @Test("One task too many is refused, also in a stream, which stops what it had under way (case 335)")
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

    @Test(
        "A task is stopped with its supervisor as its shutdown says: killed at once, or within 5 s if nothing is said (case 336)"
    )
    func stop() {
        withTasks(leavingTimers: true) { jobs, runtime, _ in
            let deaf: @Sendable (ProcessContext) async throws -> Void = { _ in
                await runtime.spawn { try? await runtime.sleep(for: .seconds(60)) }.value
            }
            let ends = Journal()
            let obedient = try await jobs.asyncNoLink { _ in try await runtime.sleep(for: .seconds(60)) }
            let brutal = try await jobs.asyncNoLink(shutdown: .brutalKill) { context in
                context.onExit { _ in ends.add("brutal \(runtime.clock.now().nanoseconds / 1_000_000_000)") }
                try await runtime.sleep(for: .seconds(60))
            }
            let stubborn = try await jobs.asyncNoLink { context in
                context.onExit { _ in ends.add("stubborn \(runtime.clock.now().nanoseconds / 1_000_000_000)") }
                try await deaf(context)
            }
            try await runtime.quiet()
            await jobs.stop(.shutdown, within: nil)
            #expect("\(await obedient.process.exitReason())" == "shutdown")
            #expect("\(await brutal.process.exitReason())" == "killed")
            #expect("\(await stubborn.process.exitReason())" == "killed")
            #expect(ends.all == ["brutal 0", "stubborn 5"])
        }
    }

    @Test("A task can be stopped by its supervisor, once: the second time there is none (case 337)")
    func terminate() {
        withTasks { jobs, runtime, _ in
            let task = try await jobs.startTask { _ in try await runtime.sleep(for: .seconds(60)) }
            try await jobs.terminateChild(task.id)
            #expect("\(await task.exitReason())" == "shutdown")
            await #expect(throws: SupervisorError.self) { try await jobs.terminateChild(task.id) }
        }
    }

    @Test("A task knows on whose behalf it works, over generations, beside whose child it is (case 339)")
    func lineage() {
        withTasks { jobs, _, owner in
            #expect(TaskLineage.callers.isEmpty)
            let outer = try await jobs.async(for: owner.context) { context in
                let inner = try await jobs.async(for: context) { _ in TaskLineage.callers }
                return [try await inner.value(), [context.id, owner.ref.id], TaskLineage.callers, [owner.ref.id]]
            }
            #expect(outer.process.path == jobs.path + "/task")
            let chains = try await outer.value()
            #expect(chains[0] == chains[1])
            #expect(chains[2] == chains[3])
        }
    }

    @Test("When the supervisor stops all its tasks are stopped at once, not one after the other (case 340)")
    func together() {
        withTasks(leavingTimers: true) { jobs, runtime, _ in
            var stubborn: [SupervisedTask<Void>] = []
            for _ in 0..<5 {
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
            for task in stubborn { #expect("\(await task.process.exitReason())" == "killed") }
        }
    }
}
