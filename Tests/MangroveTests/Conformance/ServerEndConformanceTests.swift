import Mangrove
import MangroveTesting
import Testing

/// Notes signals, and what it ends with.
private actor Trapping: ProcessActor, SignalHandling, Terminating {
    let context: ProcessContext
    private let journal: Journal

    init(_ journal: Journal, _ context: ProcessContext) {
        self.context = context
        self.journal = journal
    }

    func handle(_ signal: Signal) {
        if case .exit(_, let reason) = signal { journal.add("told \(reason)") }
    }

    func terminate(reason: ExitReason) { journal.add("terminate \(reason)") }
}

@Suite("Processes: crash, stop, terminate") struct ServerEndConformanceTests {
    @Test("A crash runs terminate with its reason, is reported, and is what those that are linked see (case 264)")
    func crash() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("server", journal, restart: .temporary)
                    Worker("other", restart: .temporary) { Trapping(journal, $0) }
                }
            )
            let server = try root.child("server", as: Scripted.self)
            try await root.child("other", as: Trapping.self).call { $0.context.link(with: server) }
            await #expect(throws: Boom.self) { try await server.call { try $0.crash() } }
            #expect(!server.isDead)
            try server.cast { try $0.crash() }
            #expect("\(await server.exitReason())" == "crash: Boom()")
            try await simulation.runtime.quiet()
            #expect(journal.all == ["start server", "stop server crash: Boom()", "told crash: Boom()"])
            #expect(simulation.logs.events(named: "supervisor.child.ended").count == 1)
        }
    }

    @Test("A clean end is not reported; any other is, with the process and the reason (case 265)")
    func reports() {
        for reason in [ExitReason.normal, .shutdown, .shutdownBecause(Boom())] {
            withServer(seeds: 0..<5) { simulation, server, _ in
                try server.cast { try $0.leave(reason) }
                try await simulation.runtime.quiet()
                #expect(server.isDead)
                #expect(simulation.logs.events.filter { $0.level >= .warning }.isEmpty)
            }
        }
        for reason in [ExitReason.crash(Boom()), .killed] {
            withServer(seeds: 0..<5) { simulation, server, _ in
                try server.cast { try $0.leave(reason) }
                try await simulation.runtime.quiet()
                let reports = simulation.logs.events(named: "supervisor.child.ended")
                #expect(reports.count == 1)
                #expect(reports.first?.level == .warning)
                let fields = reports.first?.fields.map(\.value.description) ?? []
                #expect(fields.contains { $0.contains("server") })
                #expect(fields.contains { $0.contains("\(reason)".prefix(5)) })
            }
        }
    }

    @Test(
        "A process ends with its supervisor, running terminate; of another linked one's end it is only told (case 274)"
    )
    func supervisorEnds() {
        for ending in 0..<3 {
            simulate { simulation in
                let runtime = simulation.runtime
                let journal = Journal()
                let root = try await runtime.start(
                    Supervisor {
                        Supervisor("sub", restart: .temporary) { Worker("child") { Trapping(journal, $0) } }
                        Worker("other", restart: .temporary) { Plain($0) }
                    }
                )
                let sub = try root.child("sub", as: SupervisorProcess.self)
                let child = try sub.child("child", as: Trapping.self)
                let other = try root.child("other", as: Plain.self)
                try await other.call { $0.link(child) }
                await other.stop(.normal)
                try await runtime.quiet()
                #expect(journal.take() == ["told normal"])
                #expect(!child.isDead)
                switch ending {
                case 0: await sub.stop(.normal)
                case 1: sub.kill()
                default: try await root.terminateChild("sub")
                }
                try await runtime.quiet()
                #expect(child.isDead)
                let noted = journal.take()
                #expect(noted.count == 1)
                #expect(noted.first?.hasPrefix("terminate ") == true)
            }
        }
    }

    @Test("No process outlives its supervisor, whether or not it handles signals, and terminate runs (case 275)")
    func nobodyOutlives() {
        for ending in 0..<3 {
            simulate { simulation in
                let runtime = simulation.runtime
                let journal = Journal()
                let root = try await runtime.start(
                    Supervisor { Supervisor("sub", restart: .temporary) { scripted("child", journal) } }
                )
                let sub = try root.child("sub", as: SupervisorProcess.self)
                let child = try sub.child("child", as: Scripted.self)
                switch ending {
                case 0: await sub.stop(.normal)
                case 1: _ = runtime.crash(at: "supervisor/sub", with: Boom())
                default: sub.kill()
                }
                try await runtime.quiet()
                #expect(child.isDead)
                #expect(journal.all.count == 2)
                #expect(journal.all.last?.hasPrefix("stop child ") == true)
            }
        }
    }

    @Test("Stopping a process returns when it has ended, with what it ended with, its own decision included (case 277)")
    func stop() {
        for reason in [ExitReason.normal, .shutdown, .shutdownBecause(Boom()), .crash(Boom())] {
            withServer(terminating: .seconds(2), seeds: 0..<3) { simulation, server, journal in
                #expect("\(await server.stop(reason))" == "\(reason)")
                #expect(server.isDead)
                #expect(journal.all == ["start server", "stop server \(reason)"])
                #expect(simulation.clock.now().nanoseconds == 2_000_000_000)
                #expect(throws: CallError.self) {
                    try simulation.runtime.address("server", of: Scripted.self).resolve()
                }
            }
        }
        withServer(terminating: .seconds(60)) { simulation, server, _ in
            #expect("\(await server.stop(.shutdown, within: .seconds(1)))" == "killed")
            #expect(simulation.clock.now().nanoseconds == 1_000_000_000)
        }
        withServer { simulation, server, _ in
            let runtime = simulation.runtime
            try server.cast { server in
                try await runtime.sleep(for: .seconds(1))
                try server.leave(.shutdownBecause(Boom()))
            }
            try await runtime.quiet()
            // Asked while it is busy, it keeps the reason it was asked with; one that decided before keeps its own.
            #expect("\(await server.stop(.shutdown))" == "shutdown")
        }
    }

    @Test(
        "Stopping the dead tells what they ended with, a name nobody has is an error, and nobody waits for itself (case 279)"
    )
    func stopTheDead() {
        withServer { simulation, server, journal in
            let runtime = simulation.runtime
            try await server.call { _ in
                // From a turn of its own it only asks, and goes on.
                await server.stop(.shutdown, within: nil)
                try await runtime.sleep(for: .seconds(1))
                journal.add("turn over")
            }
            #expect("\(await server.exitReason())" == "shutdown")
            #expect(journal.all == ["start server", "turn over", "stop server shutdown"])
            let now = runtime.clock.now()
            #expect("\(await server.stop(.normal))" == "shutdown")
            #expect(runtime.clock.now() == now)
            let named = await error { try await runtime.address("server", of: Scripted.self).resolve().stop() }
            #expect(named == "no process 'server'")
        }
    }
}
