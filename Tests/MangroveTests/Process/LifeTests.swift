import Mangrove
import MangroveTesting
import Testing

/// Tells when its actor is released.
private actor Mortal: ProcessActor, LongRunning, SignalHandling {
    private let context: ProcessContext
    private let alive: Lock<Int>

    init(_ context: ProcessContext, _ alive: Lock<Int>) {
        self.context = context
        self.alive = alive
        alive.withLock { $0 += 1 }
    }

    deinit { alive.withLock { $0 -= 1 } }

    func run() async throws {
        context.after(.seconds(3_600), as: Mortal.self) { _ in Issue.record("the timer of a dead process fired") }
        try await context.runtime.sleep(for: .seconds(7_200))
    }

    func handle(_ signal: Signal) {}
    func watch(_ other: Ref<Mortal>) { context.monitor(other) }
    func think(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
}

@Suite("The life and death of processes") struct LifeTests {
    @Test("After any mix of crashes, kills, calls and restarts nothing is left: no process, actor or timer")
    func nothingLeft() {
        for seed in 0..<200 as Range<UInt64> {
            let alive = Lock(0)
            simulate(seeds: seed..<seed + 1) { simulation in
                let runtime = simulation.runtime
                var chance = SeededGenerator(seed: seed)
                func below(_ bound: Int) -> Int { Int(chance.next() % UInt64(bound)) }
                try await runtime.start(
                    Supervisor(strategy: Strategy.allCases[below(3)], intensity: RestartIntensity(1_000)) {
                        for id in 0..<3 { Worker(ChildID(id), name: ProcessName("\(id)")) { Mortal($0, alive) } }
                        DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(1_000))
                    }
                )
                let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
                for _ in 0..<30 {
                    let target = runtime.address(ProcessName("\(below(3))"), of: Mortal.self)
                    let other = try? runtime.address(ProcessName("\(below(3))"), of: Mortal.self).resolve()
                    switch below(7) {
                    case 0: (try? target.resolve())?.kill()
                    case 1: _ = runtime.crash(at: "supervisor/\(below(3))", with: Boom())
                    case 2: _ = try? await pool.startChild(Worker("m", restart: .temporary) { Mortal($0, alive) })
                    case 3: if let other { try? target.cast { $0.watch(other) } }
                    case 4:
                        _ = runtime.spawn {
                            try? await target.call(timeout: .seconds(1)) { try await $0.think(.seconds(2)) }
                        }
                    case 5: _ = runtime.crash(at: "supervisor/pool", with: Boom(), kill: below(2) == 0)
                    default: try await runtime.sleep(for: .milliseconds(below(900)))
                    }
                }
                try await runtime.sleep(for: .seconds(10))
                await runtime.shutdown()
                try await runtime.sleep(for: .seconds(4_000))
            }
            #expect(alive.withLock { $0 } == 0, "seed \(seed): actors left")
        }
    }

    @Test("A lookup never finds a dead process, and a name is free before its holder's death is known")
    func names() {
        simulate(seeds: 0..<200) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(Supervisor { scripted("a", journal, name: "n", restart: .temporary) })
            let address = runtime.address("n", of: Scripted.self)
            let ref = try address.resolve()
            let watcher = runtime.spawn {
                _ = await ref.exitReason()
                #expect(throws: CallError.self) { try address.resolve() }
                await #expect(throws: Never.self) { try await root.startChild(scripted("b", journal, name: "n")) }
            }
            let looker = runtime.spawn {
                for _ in 0..<20 {
                    if let found = try? address.resolve() { #expect(!found.isDead) }
                    await Task.yield()
                }
            }
            if simulation.seed % 2 == 0 { ref.kill() } else { try ref.cast { try $0.crash() } }
            await watcher.value
            await looker.value
        }
    }

    @Test("A kill frees every caller at once, those that wait and the one whose turn is under way")
    func killFrees() {
        simulate(seeds: 0..<200) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(Supervisor { scripted("a", journal, restart: .temporary) })
            let ref = try root.child("a", as: Scripted.self)
            let freed = Lock(0)
            let callers = (0..<6).map { number in
                runtime.spawn {
                    do {
                        if number % 2 == 0 {
                            try await ref.call(timeout: nil) { _ in try await runtime.sleep(for: .seconds(50)) }
                        } else {
                            _ = try await ref.call(timeout: nil) { $0.state }
                        }
                    } catch CallError.exited(.killed) { freed.withLock { $0 += 1 } } catch is CancellationError {} catch
                    {}
                }
            }
            try await runtime.sleep(for: .milliseconds(1))
            ref.kill()
            for caller in callers { await caller.value }
            #expect(freed.withLock { $0 } >= 3)
            #expect(runtime.clock.now().nanoseconds == 1_000_000)
        }
    }

    @Test("A child whose slow start is under way when its supervisor is killed is cancelled and never appears")
    func supervisorKilledDuringStart() {
        simulate(seeds: 0..<100) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            try await runtime.start(
                Supervisor {
                    Supervisor("sub", name: "sub", restart: .temporary) { scripted("first", journal) }
                }
            )
            let sub = runtime.address("sub", of: SupervisorProcess.self)
            let starter = runtime.spawn {
                _ = try? await sub.startChild(scripted("slow", journal, name: "slow", starts: [.takes(.seconds(9))]))
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(runtime.crash(at: "supervisor/sub", with: Boom(), kill: true))
            await starter.value
            try await runtime.sleep(for: .seconds(20))
            #expect(runtime.processCount == 1)
            #expect(journal.all == ["start first", "stop first killed"])
        }
    }

    @Test("A slow start is cancelled with its process, and what it returns late is thrown away")
    func lateStart() {
        simulate(seeds: 0..<20, leavingTimers: true) { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(Supervisor {})
            let starter = runtime.spawn {
                do {
                    try await root.startChild(
                        Worker("a") { context in
                            await runtime.spawn { try? await runtime.sleep(for: .seconds(10)) }.value
                            journal.add(Task.isCancelled ? "late, cancelled" : "late")
                            return Scripted("a", journal, context.runtime, terminating: nil)
                        }
                    )
                } catch { journal.add("told") }
            }
            try await runtime.sleep(for: .seconds(1))
            _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
            await starter.value
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
            try await runtime.sleep(for: .seconds(20))
            #expect(journal.all == ["told", "late, cancelled"])
            #expect(simulation.logs.events(named: "process.start.late").count == 1)
            #expect(try root.childCounts().active == 0)
        }
    }

    @Test("A start closure that does not suspend is run where its supervisor runs, without a task of its own")
    func immediateStart() throws {
        let simulation = Simulation(seed: 1)
        try simulation.run { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let begin = simulation.steps
            for _ in 0..<100 {
                try await pool.startChild(Worker("a") { Scripted("a", Journal(), runtime, terminating: nil) })
            }
            let middle = simulation.steps
            for _ in 0..<100 {
                try await pool.startChild(
                    Worker("a") {
                        await Task.yield()
                        return Scripted("a", Journal(), runtime, terminating: nil)
                    }
                )
            }
            #expect(middle - begin + 100 <= simulation.steps - middle)
            await runtime.shutdown()
        }
    }

    @Test("A registry key is free when its holder has ended or given it up, and giving it up leaves nothing behind")
    func registry() {
        simulate(seeds: 0..<20) { simulation in
            let runtime = simulation.runtime
            let registry = Registry<Int, String>()
            let alive = Lock(0)
            let contexts = Lock<[ProcessContext]>([])
            let root = try await runtime.start(
                Supervisor {
                    for id in 0..<2 {
                        Worker(ChildID(id), restart: .temporary) { context in
                            contexts.withLock { $0.append(context) }
                            return Mortal(context, alive)
                        }
                    }
                }
            )
            let (one, two) = contexts.withLock { ($0[0], $0[1]) }
            for round in 0..<1_000 {
                try registry.register(7, "round \(round)", for: one)
                #expect(throws: RegistryError.alreadyRegistered(one.id)) { try registry.register(7, "", for: two) }
                registry.unregister(7, for: two)
                #expect(registry.lookup(7, as: Mortal.self)?.value == "round \(round)")
                registry.unregister(7, for: one)
                #expect(registry.lookup(7, as: Mortal.self) == nil)
            }
            try registry.register(8, "", for: one)
            try root.child(0, as: Mortal.self).kill()
            #expect(registry.count == 0)
            try registry.register(8, "", for: two)
            #expect(registry.find(8, as: Scripted.self) == nil)
            contexts.withLock { $0 = [] }
        }
    }
}
