import Foundation
import Mangrove
import MangroveTesting
import Testing

private actor Keeper: ProcessActor {
    func work() -> Int { 1 }
}

/// Starts itself the work that a process should be sent.
private actor Selfish: ProcessActor {
    private let runtime: Runtime
    init(_ runtime: Runtime) { self.runtime = runtime }

    func begin() {
        runtime.spawn { [self] in
            try? await runtime.sleep(for: .seconds(60))
            await end()
        }
    }

    func end() {}
}

/// Runs each job on a thread of its own: simulations of other tests may keep all of the pool's.
private final class OwnThreads: TaskExecutor {
    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        Thread.detachNewThread { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}

@Suite("Misuse in simulation") struct MisuseTests {
    private func outcome(
        _ body: @escaping @Sendable (Simulation) async throws -> Void
    ) throws -> String {
        let error = #expect(throws: SimulationError.self) { try Simulation(seed: 4, stepLimit: .max / 2).run(body) }
        return try #require(error).description
    }

    @Test("A bare task that the program waits for is named, and not taken for a deadlock")
    func awaited() throws {
        // One that has ended before it is waited for shows nothing: the next will.
        let text = try outcome { _ in while true { await Task(executorPreference: OwnThreads()) {}.value } }
        #expect(text.contains("a thread that is not the simulation's has a task of the simulation go on"), "\(text)")
        #expect(text.contains("runtime.spawn"))
    }

    @Test(
        "A bare task that reads the clock, sets a timer or draws bits is named",
        arguments: ["reads", "sets", "draws"]
    )
    func clock(form: String) throws {
        let text = try outcome { simulation in
            let done = Lock(false)
            Task.detached(executorPreference: OwnThreads()) {
                switch form {
                case "reads": _ = simulation.clock.now()
                case "sets": _ = simulation.clock.schedule(at: RuntimeInstant(nanoseconds: 1)) {}
                default: _ = simulation.runtime.environment.randomness.next()
                }
                done.withLock { $0 = true }
            }
            while !done.withLock({ $0 }) { await Task.yield() }
        }
        #expect(text.contains("a thread that is not the simulation's \(form)"), "\(text)")
    }

    @Test("A bare task that takes a turn of a process is named with it")
    func turn() throws {
        let text = try outcome { simulation in
            let root = try await simulation.runtime.start(Supervisor("shop") { Worker("keeper") { Keeper() } })
            let keeper = try root.child("keeper", as: Keeper.self)
            let done = Lock(false)
            Task.detached(executorPreference: OwnThreads()) {
                _ = try await keeper.call { $0.work() }
                done.withLock { $0 = true }
            }
            while !done.withLock({ $0 }) { await Task.yield() }
        }
        #expect(text.contains("takes a turn of shop/keeper <2>"), "\(text)")
    }

    @Test("Whoever keeps a process's actor beside the process is found, before it goes around the mailbox")
    func heldActor() throws {
        let kept = Lock<Keeper?>(nil)
        let text = try outcome { simulation in
            try await simulation.runtime.start(
                Supervisor("shop") {
                    Worker("keeper") {
                        let keeper = Keeper()
                        kept.withLock { $0 = keeper }
                        return keeper
                    }
                }
            )
            try await simulation.quiet()
        }
        #expect(text.contains("holds the actor of shop/keeper <2>"), "\(text)")
        #expect(text.contains("context.ref(as:)"))
    }

    @Test("A task of an actor's own that holds it from its start on is found")
    func heldByItself() throws {
        let text = try outcome { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor("shop") {
                    Worker("selfish") { context in
                        let selfish = Selfish(context.runtime)
                        await selfish.begin()
                        return selfish
                    }
                }
            )
            try await simulation.quiet()
        }
        #expect(text.contains("holds the actor of shop/selfish"), "\(text)")
    }

    @Test("Processes that keep to the rules are not accused")
    func innocent() throws {
        for seed in 0..<8 as Range<UInt64> {
            try Simulation(seed: seed).run { simulation in
                let runtime = simulation.runtime
                let root = try await runtime.start(
                    Supervisor("shop") { for id in 0..<4 { Worker(ChildID(id)) { Keeper() } } }
                )
                let keeper = try root.child(1, as: Keeper.self)
                runtime.spawn { _ = try? await keeper.call { $0.work() } }
                try await runtime.sleep(for: .seconds(1))
                await runtime.shutdown()
            }
        }
    }
}
