import Mangrove
import MangroveTesting
import Testing

@Suite("Processes: start, calls, casts, stop and terminate") struct ServerConformanceTests {
    private func withServer(
        terminating: Duration? = nil,
        restart: RestartType = .temporary,
        _ body: @escaping @Sendable (Simulation, Ref<Scripted>, Journal) async throws -> Void
    ) {
        simulate(seeds: 0..<20, leavingTimers: terminating != nil) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("server", journal, name: "server", restart: restart, terminating: terminating) }
            )
            try await body(simulation, try root.child("server", as: Scripted.self), journal)
        }
    }

    @Test("A start that hangs can be killed: whoever waits for it learns at once, and it is cancelled (case 242)")
    func startKilled() {
        simulate(seeds: 0..<50) { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { scripted("other", journal) })
            let start = runtime.spawn {
                do {
                    try await root.startChild(scripted("a", journal, name: "a", starts: [.hangs]))
                } catch SupervisorError.startFailed("a", CallError.exited(.killed)) {
                    journal.add("told")
                } catch {
                    journal.add("\(error)")
                }
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(runtime.crash(at: "supervisor/a", with: Boom(), kill: true))
            await start.value
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
            #expect(journal.all == ["start other", "hang a", "told"])
            #expect(try await root.startChild(scripted("a", journal, name: "a")) != nil)
        }
    }

    @Test("A start that failed does not run terminate (case 245)")
    func failedStart() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor {})
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(scripted("a", journal, starts: [.fails]))
            }
            #expect(journal.all == ["fail a"])
        }
    }

    @Test("A timeout frees the caller, the work is still done, and its late answer vanishes (cases 249, 250)")
    func timeout() {
        withServer { simulation, server, _ in
            let runtime = simulation.runtime
            await #expect {
                try await server.call(timeout: .seconds(1)) { server -> Int in
                    try await runtime.sleep(for: .seconds(3))
                    server.set(7)
                    return 7
                }
            } throws: { error in
                if case CallError.timedOut(.seconds(1)) = error { true } else { false }
            }
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
            let state = try await server.call { $0.state }
            #expect(state == 7)
            #expect(runtime.clock.now().nanoseconds == 3_000_000_000)
        }
    }

    @Test("A call that times out while it waits is not done at all")
    func timeoutInQueue() {
        withServer { simulation, server, _ in
            let runtime = simulation.runtime
            try server.cast { _ in try await runtime.sleep(for: .seconds(10)) }
            await #expect(throws: CallError.self) {
                try await server.call(timeout: .seconds(1)) { server in server.set(1) }
            }
            let state = try await server.call(timeout: nil) { $0.state }
            #expect(state == 0)
        }
    }

    @Test("A call to the dead or to a name that nobody has fails at once (case 251)")
    func noProcess() {
        withServer { simulation, server, _ in
            server.kill()
            for reference in [server, simulation.runtime.address("nobody", of: Scripted.self)]
                as [any ProcessReference<Scripted>]
            {
                await #expect {
                    try await reference.call { $0.state }
                } throws: { error in
                    if case CallError.noProcess = error { true } else { false }
                }
                #expect(throws: CallError.self) { try reference.cast { $0.set(1) } }
            }
            #expect(simulation.clock.now().nanoseconds == 0)
        }
    }

    @Test("A caller whose process dies learns the reason at once (case 252)")
    func diesBeforeAnswering() {
        withServer { simulation, server, journal in
            let runtime = simulation.runtime
            let caller = runtime.spawn {
                do {
                    try await server.call { _ in try await runtime.sleep(for: .seconds(4)) }
                } catch CallError.exited(.killed) {
                    journal.add("told")
                } catch {
                    journal.add("\(error)")
                }
            }
            try await runtime.sleep(for: .seconds(1))
            server.kill()
            await caller.value
            #expect(journal.all == ["start server", "told"])
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
        }
    }

    @Test("A process that leaves during a call runs terminate, and then the caller learns the reason (cases 260, 261)")
    func exitInCall() {
        for asynchronous in [false, true] {
            withServer(terminating: .seconds(2)) { simulation, server, journal in
                let runtime = simulation.runtime
                await #expect {
                    if asynchronous {
                        try await server.call { server in
                            try await runtime.quiet()
                            try server.leave(.shutdown)
                        }
                    } else {
                        try await server.call { try $0.leave(.shutdown) }
                    }
                } throws: { error in
                    if case CallError.exited(.shutdown) = error { true } else { false }
                }
                #expect(journal.all == ["start server", "stop server shutdown"])
            }
        }
    }

    @Test("An error in a call is the caller's, an error in a cast ends the process after terminate (case 264)")
    func errors() {
        withServer(restart: .permanent) { simulation, server, journal in
            await #expect(throws: Boom.self) { try await server.call { try $0.crash() } }
            #expect(!server.isDead)
            try server.cast { try $0.crash() }
            #expect("\(await server.exitReason())".hasPrefix("crash"))
            try await simulation.runtime.quiet()
            #expect(journal.all.map { $0.prefix(10) } == ["start serv", "stop serve", "start serv"])
        }
    }

    @Test("A clean end is not reported, any other is (case 265)")
    func reports() {
        withServer { simulation, server, _ in
            await server.stop(.shutdownBecause(Boom()))
            try await simulation.runtime.quiet()
            #expect(simulation.logs.events.filter { $0.level >= .warning }.isEmpty)
        }
        withServer { simulation, server, _ in
            try server.cast { try $0.crash() }
            try await simulation.runtime.quiet()
            #expect(simulation.logs.events(named: "supervisor.child.ended").count == 1)
        }
    }

    @Test("Stop answers with what the process ended with; one that is dead already keeps its reason (cases 277, 279)")
    func stop() {
        withServer { _, server, _ in
            #expect("\(await server.stop(.shutdown))" == "shutdown")
            #expect("\(await server.stop(.normal))" == "shutdown")
        }
        withServer(terminating: .seconds(60)) { simulation, server, _ in
            #expect("\(await server.stop(.shutdown, within: .seconds(1)))" == "killed")
            #expect(simulation.clock.now().nanoseconds == 1_000_000_000)
        }
    }

    @Test("A process that stops itself from one of its turns ends after that turn, without waiting for itself")
    func stopItself() {
        withServer { simulation, server, journal in
            let runtime = simulation.runtime
            try await server.call { _ in
                await server.stop(.shutdown, within: nil)
                try await runtime.sleep(for: .seconds(1))
                journal.add("turn over")
            }
            #expect("\(await server.exitReason())" == "shutdown")
            #expect(journal.all == ["start server", "turn over", "stop server shutdown"])
        }
    }

    @Test("Calling out takes no longer with many messages waiting (case 290)")
    func hugeMailbox() {
        withServer { simulation, server, _ in
            let runtime = simulation.runtime
            try server.cast { _ in try await runtime.sleep(for: .seconds(1)) }
            for _ in 0..<10_000 { try server.cast { $0.set($0.state + 1) } }
            let state = try await server.call { $0.state }
            #expect(state == 10_000)
        }
    }
}
