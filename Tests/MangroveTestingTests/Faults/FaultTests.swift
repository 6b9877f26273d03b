import Mangrove
import MangroveTesting
import Testing

/// Counts its turns in a number that a restart sets back, and reaches points.
private actor Clerk: ProcessActor, Terminating {
    private(set) var count = 0
    private let context: ProcessContext

    init(_ context: ProcessContext) throws {
        try faultPoint("clerk.start")
        self.context = context
    }

    func work() -> Int {
        count += 1
        return count
    }

    func save() throws -> String {
        try faultPoint("clerk.beforeSave")
        return "saved"
    }

    func saveSlowly() async throws -> String {
        try await faultPoint("clerk.beforeSlowSave")
        return "saved"
    }

    func flush() async throws -> String {
        try await context.runtime.environment.blocking.run {
            try faultPoint("clerk.flush")
            return "flushed"
        }
    }

    func terminate(reason: ExitReason) async {
        do { try await faultPoint("clerk.terminate") } catch { context.runtime.log(.error, "clerk.terminate.failed") }
    }
}

private actor Runner: ProcessActor, LongRunning {
    private let runtime: Runtime
    init(_ runtime: Runtime) { self.runtime = runtime }
    func run() async throws {
        while true {
            try await runtime.sleep(for: .seconds(1))
            try await faultPoint("runner.beat")
        }
    }
}

/// Runs `body` with a clerk under several seeds, and stops everything.
private func withClerk(
    seeds: Range<UInt64> = 0..<8,
    restart: RestartType = .permanent,
    _ body: @escaping @Sendable (Simulation, Address<Clerk>) async throws -> Void
) throws {
    for seed in seeds {
        let simulation = Simulation(seed: seed, stepLimit: 100_000)
        try simulation.run { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor("shop") { Worker("clerk", name: "clerk", restart: restart) { try Clerk($0) } }
            )
            try await body(simulation, runtime.address("clerk", of: Clerk.self))
            await runtime.shutdown()
        }
        simulation.settle()
        #expect(simulation.runtime.processCount == 0)
        #expect(simulation.clock.timerCount == 0)
    }
}

private typealias Work = @Sendable () async throws -> String

@Suite("Faults") struct FaultTests {
    @Test("A crash at the third turn ends the process there, once, however the turn is asked for", arguments: 0..<3)
    func turn(form: Int) throws {
        try withClerk { simulation, clerk in
            let crash = simulation.faults.inject(.crash, at: .turn(3), of: "shop/clerk")
            let log = EventOrder()
            for _ in 0..<5 {
                do {
                    switch form {
                    case 0: log.add("\(try await clerk.call { $0.work() })")
                    case 1: log.add("\(try await clerk.call { actor async in actor.work() })")
                    default:
                        try clerk.cast { log.add("\($0.work())") }
                        try await simulation.quiet()
                    }
                } catch { log.add("\(error)") }
                try await simulation.quiet()
            }
            let crashed = ["exited: crash: injected at turn 3 of shop/clerk"]
            let exited = log.all.filter { Int($0) == nil }
            #expect(log.all.compactMap(Int.init) == [1, 2, 1, 2])
            #expect(form == 2 ? exited.isEmpty : exited.count == 1, "\(exited)")
            #expect(form == 2 || exited[0].contains(crashed[0].dropFirst(8)), "\(exited)")
            #expect(simulation.faults.count(of: crash) == 1)
            #expect(simulation.faults.occurrences.map(\.description) == ["crash at turn 3 of shop/clerk"])
            try simulation.expectRestarts(of: "shop/clerk", 1)
            try simulation.expectQuiescent()
        }
    }

    @Test("Points are reached in a start, a turn, blocking work, a run and an end; each can throw there")
    func points() throws {
        try withClerk(restart: .transient) { simulation, clerk in
            let faults = simulation.faults
            #expect(try await clerk.call { try $0.save() } == "saved")
            let save: Work = { try await clerk.call { try $0.save() } }
            let saveSlowly: Work = { try await clerk.call { try await $0.saveSlowly() } }
            let flush: Work = { try await clerk.call { try await $0.flush() } }
            for (point, work) in [
                ("clerk.beforeSave", save), ("clerk.beforeSlowSave", saveSlowly), ("clerk.flush", flush),
            ] {
                faults.inject(.crash, at: .point(point), of: "shop/clerk")
                let place = InjectedFault("point \(point) of shop/clerk")
                await #expect(throws: place) { _ = try await work() }
                // A call's error is its caller's; the process lives on, and the fault was for once.
                _ = try await work()
            }
            faults.inject(.crash, at: .point("clerk.start"), of: .workers)
            faults.inject(.crash, at: .point("clerk.terminate"), of: .workers)
            try simulation.crash("shop/clerk")
            try await simulation.quiet()
            #expect(simulation.logs.events(named: "clerk.terminate.failed").count == 1)
            #expect(simulation.logs.events(named: "supervisor.child.start_failed").count == 1)
            #expect(faults.reachedPoints["clerk.start"] == 3)
            try faults.expectAllHappened()
            #expect(try await clerk.call { try $0.save() } == "saved")
        }
        let simulation = Simulation(seed: 3)
        try simulation.run { simulation in
            let runtime = simulation.runtime
            simulation.faults.inject(.crash, at: .point("runner.beat"), of: "shop/runner", skipping: 2)
            try await runtime.start(Supervisor("shop") { Worker("runner") { Runner($0.runtime) } })
            try await simulation.never(for: .milliseconds(2_900)) {
                runtime.tree().node(at: "shop/runner")?.restarts == 1
            }
            try await simulation.eventually(within: .milliseconds(200)) {
                runtime.tree().node(at: "shop/runner")?.restarts == 1
            }
            await runtime.shutdown()
        }
    }

    @Test("A process that hangs frees its callers in time, and is killed when it does not stop")
    func hang() throws {
        try withClerk { simulation, clerk in
            simulation.faults.inject(.hang, at: .anyTurn, of: "shop/clerk")
            await #expect(throws: CallError.self) { try await clerk.call { $0.work() } }
            #expect(throws: ExpectationFailed.self) { try simulation.expectQuiescent() }
            await #expect(throws: CallError.self) { try await clerk.call { $0.work() } }
            let begin = simulation.clock.now()
            await simulation.runtime.shutdown()
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(5))
        }
    }

    @Test("A slow turn takes its time and is then done; a slow start delays what comes after")
    func slow() throws {
        try withClerk { simulation, clerk in
            let runtime = simulation.runtime
            simulation.faults.inject(.slow(.seconds(2)), at: .anyTurn, of: "shop/clerk", times: 2)
            let begin = simulation.clock.now()
            #expect(try await clerk.call { $0.work() } == 1)
            #expect(try await clerk.call { $0.work() } == 2)
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(4))
            #expect(try await clerk.call { $0.work() } == 3)
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(4))
            simulation.faults.inject(.slow(.seconds(7)), at: .start, of: "other/late")
            try await runtime.start(Supervisor("other") { Worker("late") { try Clerk($0) } })
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(11))
        }
    }

    @Test("A kill in a turn or at a point ends the process without its terminate", arguments: [0, 1])
    func kill(form: Int) throws {
        try withClerk { simulation, clerk in
            let moment = form == 0 ? FaultMoment.anyTurn : .point("clerk.beforeSave")
            simulation.faults.inject(.kill, at: moment, of: "shop/clerk")
            let ref = try clerk.resolve()
            await #expect(throws: (any Error).self) { try await ref.call { try $0.save() } }
            guard case .killed = await ref.exitReason() else {
                Issue.record("not killed")
                return
            }
            try await simulation.quiet()
            #expect(simulation.faults.reachedPoints["clerk.terminate"] == nil)
            try simulation.expectRestarts(of: "shop/clerk", 1)
        }
    }

    @Test("A start fails as often as it was told to, and then succeeds, under static and dynamic supervisors")
    func start() throws {
        try withClerk { simulation, clerk in
            simulation.faults.failStart(of: "shop/clerk", times: 2)
            try simulation.crash("shop/clerk")
            try await simulation.quiet()
            #expect(simulation.logs.events(named: "supervisor.child.start_failed").count == 2)
            #expect(try await clerk.call { $0.work() } == 1)
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor("other") { DynamicSupervisor("pool") })
            let pool = try root.child("pool", as: DynamicSupervisorProcess.self)
            simulation.faults.failStart(of: "other/pool/one", times: 1)
            await #expect(throws: SupervisorError.self) { try await pool.startChild(Worker("one") { try Clerk($0) }) }
            #expect(try await pool.startChild(Worker("one") { try Clerk($0) }) != nil)
            simulation.faults.inject(.slow(.seconds(1)), at: .start, of: "other/pool/two")
            let begin = simulation.clock.now()
            #expect(try await pool.startChild(Worker("two") { try Clerk($0) }) != nil)
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(1))
        }
    }

    @Test("A crash in a turn of a supervisor ends it with what is below")
    func supervisor() throws {
        try Simulation(seed: 5).run { simulation in
            let runtime = simulation.runtime
            let order = EventOrder()
            try await runtime.start(Supervisor("shop") { Supervisor("inner") { ScriptedWorker("a", order) } })
            simulation.faults.inject(.crash, at: .anyTurn, of: "shop/inner")
            let reason = InjectedFault("turn 1 of shop/inner")
            try simulation.crash("shop/inner/a")
            try await simulation.quiet()
            #expect(runtime.tree().node(at: "shop/inner")?.lastExitText?.contains(reason.description) == true)
            #expect(order.all.filter { $0 == "start a" }.count == 2)
            await runtime.shutdown()
        }
    }

    @Test("A hang at a point that cannot wait is told apart from a crash")
    func needsSuspension() throws {
        try withClerk(seeds: 0..<1) { simulation, clerk in
            simulation.faults.inject(.hang, at: .point("clerk.beforeSave"), of: .workers)
            await #expect(throws: FaultNeedsSuspension.self) { try await clerk.call { try $0.save() } }
        }
    }

    @Test("Faults by chance, and whom they hit, are the seed's choice")
    func chance() throws {
        func course(_ seed: UInt64) throws -> [String] {
            let simulation = Simulation(seed: seed)
            try simulation.run { simulation in
                let runtime = simulation.runtime
                let order = EventOrder()
                try await runtime.start(
                    Supervisor("shop", intensity: RestartIntensity(1_000, within: .seconds(1))) {
                        for id in 0..<6 { ScriptedWorker(ChildID(id), order, name: ProcessName("\(id)")) }
                    }
                )
                simulation.faults.inject(
                    .crash,
                    at: .anyTurn,
                    of: .where { $0.name != "0" && !$0.isSupervisor },
                    chance: 0.3,
                    times: nil
                )
                for _ in 0..<4 {
                    for id in 0..<6 {
                        try? await runtime.address(ProcessName("\(id)"), of: Scripted.self).call { $0.set(1) }
                    }
                }
                try simulation.hitOne(of: .workers, with: .kill)
                try await simulation.quiet()
                await runtime.shutdown()
            }
            return simulation.faults.occurrences.map(\.description)
        }
        let first = try (0..<20).map { try course($0) }
        #expect(try (0..<20).map { try course($0) } == first)
        #expect(Set(first).count == 20)
        #expect(first.allSatisfy { $0.count < 24 && $0.last?.hasPrefix("kill") == true })
        #expect(!first.joined().contains { $0.hasSuffix("crash at turn 1 of shop/0") })
        #expect(first.joined().contains { $0.hasPrefix("crash at turn") })
    }

    @Test("A fault that never happens, or has nobody to hit, is told")
    func misses() throws {
        try withClerk(seeds: 0..<1) { simulation, clerk in
            let id = simulation.faults.inject(.crash, at: .turn(9), of: "shop/clark")
            #expect(throws: ExpectationFailed.self) { try simulation.faults.expectAllHappened() }
            simulation.faults.revoke(id)
            simulation.faults.inject(.crash, at: .anyTurn, of: "shop/clerk")
            simulation.faults.revokeAll()
            let count = try await clerk.call { $0.work() }
            #expect(count == 1)
            let error = #expect(throws: NobodyToHit.self) { try simulation.crash("shop/clark") }
            #expect(error?.description.contains("clerk") == true)
            #expect(throws: NobodyToHit.self) { try simulation.kill("shop/clark") }
            #expect(throws: NobodyToHit.self) { try simulation.hitOne(of: .where { _ in false }) }
        }
    }
}
