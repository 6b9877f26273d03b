import Mangrove
import MangroveTesting
import Testing

@Suite struct RunTests {
    @Test("The first signal stops the tree in order, the second would end the program", arguments: StopSignal.allCases)
    func signal(_ signal: StopSignal) {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let ended = runtime.spawn {
                await #expect(throws: Never.self) {
                    try await runtime.run(
                        Supervisor {
                            scripted("a", journal)
                            scripted("b", journal, terminating: .seconds(1))
                        }
                    )
                }
            }
            try await runtime.quiet()
            #expect(journal.take() == ["start a", "start b"])
            simulation.signals.send(signal)
            try await runtime.quiet()
            #expect(simulation.signals.exitCode == nil)
            simulation.signals.send(signal)
            #expect(simulation.signals.exitCode == 128 + signal.rawValue)
            await ended.value
            #expect(journal.take() == ["stop b shutdown", "stop a shutdown"])
            #expect(!simulation.signals.isObserved)
        }
    }

    @Test("Cancelling the task stops the tree in order")
    func cancelled() {
        simulate { simulation in
            let journal = Journal()
            let service = simulation.runtime.service(Supervisor { scripted("a", journal) })
            let task = simulation.runtime.spawn {
                await #expect(throws: Never.self) { try await service.run() }
            }
            try await simulation.runtime.quiet()
            task.cancel()
            await task.value
            #expect(journal.take() == ["start a", "stop a shutdown"])
        }
    }

    @Test("What has not stopped by the deadline is killed, and that is said")
    func overrun() {
        simulate(leavingTimers: true) { simulation in
            let runtime = simulation.runtime
            let tree = Supervisor { scripted("a", Journal(), shutdown: .infinity, terminating: .seconds(1_000)) }
            let task = runtime.spawn {
                let error = await #expect(throws: RunError.self) {
                    try await runtime.run(tree, stopWithin: .seconds(2))
                }
                #expect(error.map { "\($0)" } == "the supervision tree did not stop within 2.0 seconds and was killed")
            }
            try await runtime.quiet()
            let asked = runtime.clock.now()
            simulation.signals.send(.terminate)
            await task.value
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
            let task = runtime.spawn {
                let error = await #expect(throws: RunError.self) { try await runtime.run(tree) }
                #expect(
                    error.map { "\($0)" } == """
                        shop gave up: shop/till failed once too often (more than 1 restarts in 9.0 seconds)
                        last failures, oldest first:
                          shop/till: crash: Boom()
                          shop/till: crash: Boom()
                        """
                )
            }
            try await runtime.quiet()
            for _ in 0..<2 {
                #expect(runtime.crash(at: "shop/till", with: Boom()))
                try await runtime.quiet()
            }
            await task.value
        }
    }

    @Test("A signal stops a tree that is still starting")
    func whileStarting() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let tree = Supervisor { scripted("a", journal, starts: [.hangs]) }
            let task = runtime.spawn { await #expect(throws: Never.self) { try await runtime.run(tree) } }
            try await runtime.quiet()
            #expect(journal.all == ["hang a"])
            simulation.signals.send(.interrupt)
            await task.value
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
