import Mangrove
import MangroveTesting
import Testing

@Suite struct RunTests {
    @Test("The first signal stops the tree in order, the second would end the program", arguments: StopSignal.allCases)
    func signal(_ signal: StopSignal) {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let run = Attempt(in: runtime) {
                try await runtime.run(
                    Supervisor {
                        scripted("a", journal)
                        scripted("b", journal, terminating: .seconds(1))
                    }
                )
            }
            try await runtime.quiet()
            #expect(journal.take() == ["start a", "start b"])
            simulation.signals.send(signal)
            try await runtime.quiet()
            #expect(simulation.signals.exitCode == nil)
            simulation.signals.send(signal)
            #expect(simulation.signals.exitCode == 128 + signal.rawValue)
            try await run.end()
            #expect(journal.take() == ["stop b shutdown", "stop a shutdown"])
            #expect(!simulation.signals.isObserved)
        }
    }

    @Test("Cancelling the task stops the tree in order")
    func cancelled() {
        simulate { simulation in
            let journal = Journal()
            let service = simulation.runtime.service(Supervisor { scripted("a", journal) })
            let run = Attempt(in: simulation.runtime) { try await service.run() }
            try await simulation.runtime.quiet()
            run.task.cancel()
            try await run.end()
            #expect(journal.take() == ["start a", "stop a shutdown"])
        }
    }

    @Test("What has not stopped by the deadline is killed, and that is said")
    func overrun() {
        simulate(leavingTimers: true) { simulation in
            let runtime = simulation.runtime
            let tree = Supervisor { scripted("a", Journal(), shutdown: .infinity, terminating: .seconds(1_000)) }
            let run = Attempt(in: runtime) { try await runtime.run(tree, stopWithin: .seconds(2)) }
            try await runtime.quiet()
            let asked = runtime.clock.now()
            simulation.signals.send(.terminate)
            let error = await #expect(throws: RunError.self) { try await run.end() }
            #expect(error.map { "\($0)" } == "the supervision tree did not stop within 2.0 seconds and was killed")
            #expect(asked.duration(to: runtime.clock.now()) == .seconds(2))
        }
    }

    @Test("A root that gives up is an error that says who failed, how often and with what")
    func gaveUp() {
        simulate { simulation in
            let runtime = simulation.runtime
            let tree = Supervisor("shop", intensity: RestartIntensity(1, within: .seconds(9))) {
                scripted("till", Journal())
            }
            let run = Attempt(in: runtime) { try await runtime.run(tree) }
            try await runtime.quiet()
            for _ in 0..<2 {
                #expect(runtime.crash(at: "shop/till", with: Boom()))
                try await runtime.quiet()
            }
            let error = await #expect(throws: RunError.self) { try await run.end() }
            #expect(
                error.map { "\($0)" } == """
                    shop gave up: shop/till failed once too often (more than 1 restarts in 9.0 seconds)
                    last failures, oldest first:
                      shop/till: crash: Boom()
                      shop/till: crash: Boom()
                    """
            )
        }
    }

    @Test("A diagnosis is of this root, of this run: neither of another tree, nor of an earlier run, nor of one below")
    func ofThisRoot() {
        simulate { simulation in
            let runtime = simulation.runtime
            // Named so that a path of one begins as the other's.
            try await runtime.start(Supervisor("shop-2") { scripted("till", Journal()) })
            @Sendable func tree() -> Supervisor {
                Supervisor("shop", intensity: RestartIntensity(2), autoShutdown: .anySignificant) {
                    Supervisor("sub", intensity: RestartIntensity(0)) { scripted("a", Journal()) }
                    scripted("last", Journal(), restart: .transient, isSignificant: true)
                }
            }
            let first = Attempt(in: runtime) { try await runtime.run(tree()) }
            try await runtime.quiet()
            for _ in 0..<3 {
                #expect(runtime.crash(at: "shop-2/till", with: Boom()))
                #expect(runtime.crash(at: "shop/sub/a", with: Boom()))
                try await runtime.quiet()
            }
            let error = await #expect(throws: RunError.self) { try await first.end() }
            guard case .gaveUp(let diagnosis)? = error else {
                Issue.record("\(error as Any)")
                return
            }
            #expect(diagnosis.supervisor == "shop")
            #expect(diagnosis.child == "shop/sub")
            #expect(Set(diagnosis.failures.map(\.path)) == ["shop/sub/a", "shop/sub"])
            #expect(diagnosis.failures.count == 6)
            let second = Attempt(in: runtime) { try await runtime.run(tree()) }
            try await runtime.quiet()
            #expect(runtime.crash(at: "shop/sub/a", with: Boom()))
            try await runtime.quiet()
            #expect(runtime.crash(at: "shop/last", with: Exit(.normal)))
            try await second.end()
        }
    }

    @Test("A root that is killed is an error, said when nothing is left of its tree")
    func killed() {
        simulate { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let run = Attempt(in: runtime) {
                defer { journal.add("ended") }
                try await runtime.run(Supervisor { scripted("a", journal, terminating: .seconds(2)) })
            }
            try await runtime.quiet()
            #expect(runtime.crash(at: "supervisor", with: Boom(), kill: true))
            let error = await #expect(throws: RunError.self) { try await run.end() }
            #expect(error.map { "\($0)" } == "the supervision tree ended: killed")
            #expect(journal.all == ["start a", "stop a killed", "ended"])
        }
    }

    @Test("A signal stops a tree that is still starting")
    func whileStarting() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let tree = Supervisor { scripted("a", journal, starts: [.hangs]) }
            let run = Attempt(in: runtime) { try await runtime.run(tree) }
            try await runtime.quiet()
            #expect(journal.all == ["hang a"])
            let asked = runtime.clock.now()
            simulation.signals.send(.interrupt)
            try await run.end()
            #expect(runtime.clock.now() == asked)
        }
    }

    @Test("A start that fails is thrown as it is")
    func startFails() {
        simulate { simulation in
            await #expect(throws: SupervisorError.self) {
                try await simulation.runtime.run(Supervisor { scripted("a", Journal(), starts: [.failsForEver]) })
            }
            #expect(!simulation.signals.isObserved)
        }
    }
}
