import Mangrove
import MangroveTesting
import Testing

@Suite("Processes: start, calls, casts") struct ServerConformanceTests {
    @Test(
        "Starting returns when the start closure has; the process is tied to its supervisor, not to who asked (case 241)"
    )
    func start() {
        simulate { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor {
                    DynamicSupervisor("pool", name: "pool")
                    Worker("asker", restart: .temporary) { Member($0) }
                }
            )
            let asker = try root.child("asker", as: Member.self)
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            try await asker.call { _ in
                try await pool.startChild(
                    scripted("a", journal, name: "a", restart: .temporary, starts: [.takes(.seconds(3))])
                )
                journal.add("returned")
            }
            #expect(journal.take() == ["start a", "returned"])
            #expect(runtime.clock.now().nanoseconds == 3_000_000_000)
            let started = try runtime.address("a", of: Scripted.self).resolve()
            asker.kill()
            try await runtime.quiet()
            #expect(!started.isDead)
            try pool.resolve().kill()
            #expect("\(await started.exitReason())" == "killed")
        }
    }

    @Test("A start that takes longer than its limit is killed, and whoever asked is told (case 242)")
    func startLimit() {
        for heeds in [true, false] {
            simulate(leavingTimers: true) { simulation in
                let runtime = simulation.runtime
                let journal = Journal()
                let root = try await runtime.start(Supervisor {})
                let slow = Worker("a", name: "a", restart: .temporary) { context in
                    context.onExit { journal.add("\($0)") }
                    return try await context.start(within: .milliseconds(100)) {
                        if heeds {
                            try await runtime.sleep(for: .seconds(1))
                        } else {
                            await runtime.spawn { try? await runtime.sleep(for: .seconds(1)) }.value
                        }
                        journal.add(Task.isCancelled ? "late, cancelled" : "late")
                        return Member(context)
                    }
                }
                do {
                    try await root.startChild(slow)
                    Issue.record("it started")
                } catch SupervisorError.startFailed("a", let error) {
                    #expect((error as? StartTimedOut)?.limit == .milliseconds(100))
                }
                #expect(runtime.clock.now().nanoseconds == 100_000_000)
                #expect(journal.take() == ["killed"])
                try await root.startChild(
                    Worker("a", name: "a") { context in
                        try await context.start(within: .seconds(5)) {
                            try await runtime.sleep(for: .seconds(4))
                            return Member(context)
                        }
                    }
                )
                #expect(journal.take() == (heeds ? [] : ["late, cancelled"]))
                #expect(simulation.logs.events(named: "process.start.late").count == (heeds ? 0 : 1))
                try await runtime.sleep(for: .seconds(9))
                #expect(try root.childCounts().active == 1)
            }
        }
    }

    @Test(
        "A start that ends in a reason gives whoever asked an error with that reason, a normal one included (case 244)"
    )
    func startExits() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor {})
            for reason in [ExitReason.normal, .shutdown, .crash(Boom())] {
                let ended = Lock("")
                do {
                    try await root.startChild(
                        Worker("a") { context -> Member in
                            context.onExit { reason in ended.withLock { $0 = "\(reason)" } }
                            throw Exit(reason)
                        }
                    )
                    Issue.record("it started")
                } catch SupervisorError.startFailed("a", let error) {
                    #expect((error as? Exit).map { "\($0.reason)" } == "\(reason)")
                }
                #expect(ended.withLock { $0 } == "\(reason)")
                #expect(try root.children().isEmpty)
            }
            #expect(!root.isDead)
        }
    }

    @Test("A start that failed gives its error and does not run terminate (case 245)")
    func failedStart() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor {})
            do {
                try await root.startChild(scripted("a", journal, starts: [.fails]))
                Issue.record("it started")
            } catch SupervisorError.startFailed("a", let error) {
                #expect(error is Boom)
            }
            try await simulation.runtime.quiet()
            #expect(journal.all == ["fail a"])
        }
    }

    @Test("A second start under a name, or under a key, is refused with who has it, and is not even begun (case 247)")
    func secondStart() {
        simulate { simulation in
            let journal = Journal()
            let keys = Registry<String, Void>()
            let keyed: @Sendable (ChildID) -> Worker = { id in
                Worker(id) { context in
                    try keys.register("key", for: context)
                    journal.add("start \(id)")
                    return Member(context)
                }
            }
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("one", journal, name: "name")
                    keyed("two")
                }
            )
            #expect(journal.take() == ["start one", "start two"])
            let holders = try (root.child("one", as: Scripted.self).id, root.child("two", as: Member.self).id)
            let named = await error { try await root.startChild(scripted("three", journal, name: "name")) }
            #expect(named?.contains("\(holders.0)") == true)
            do {
                try await root.startChild(keyed("four"))
                Issue.record("it started")
            } catch SupervisorError.startFailed("four", let error) {
                #expect(error as? RegistryError == .alreadyRegistered(holders.1))
            }
            #expect(journal.take().isEmpty)
        }
    }

    @Test(
        "A call that is not answered in time fails its caller only: the work is done and the process goes on (case 249)"
    )
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
            // Five seconds, if nothing is said.
            let began = runtime.clock.now()
            let silent = await error { try await server.call { _ in try await runtime.sleep(for: .seconds(9)) } }
            #expect(silent == "no answer within 5.0 seconds")
            #expect(began.duration(to: runtime.clock.now()) == .seconds(5))
        }
    }

    @Test("An answer that comes when its caller has given up vanishes, and so does an error (case 250)")
    func lateAnswer() {
        withServer { simulation, server, journal in
            let runtime = simulation.runtime
            let replies = Lock<[Reply<Int>]>([])
            for _ in 0..<2 {
                let late = await error {
                    try await server.ask(timeout: .seconds(1)) { _, reply in replies.withLock { $0.append(reply) } }
                }
                #expect(late == "no answer within 1.0 seconds")
            }
            let kept = replies.withLock { $0 }
            #expect(!kept[0].send(1))
            #expect(!kept[1].fail(Boom()))
            // The next answer is the next call's.
            #expect(try await server.ask { _, reply in reply.send(2) } == 2)
            #expect(
                await error {
                    try await server.call(timeout: .seconds(1)) { _ in
                        try await runtime.sleep(for: .seconds(2))
                        throw Boom()
                    }
                } == "no answer within 1.0 seconds"
            )
            try await runtime.sleep(for: .seconds(2))
            #expect(!server.isDead)
            #expect(simulation.logs.events(named: "process.call.error_without_caller").count == 1)
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
                await #expect {
                    try await reference.ask { _, reply in reply.send(1) }
                } throws: { error in
                    if case CallError.noProcess = error { true } else { false }
                }
            }
            #expect(simulation.clock.now().nanoseconds == 0)
        }
    }

    @Test("A caller whose process ends before it answers learns the reason at once (case 252)")
    func diesBeforeAnswering() {
        let endings: [(ExitReason, kills: Bool)] = [(.killed, true), (.crash(Boom()), false), (.shutdown, false)]
        for (reason, kills) in endings {
            withServer(seeds: 0..<8) { simulation, server, journal in
                let runtime = simulation.runtime
                let replies = Lock<[Reply<Void>]>([])
                var callers = [
                    runtime.spawn {
                        let asked = await error {
                            try await server.ask { _, reply in replies.withLock { $0.append(reply) } } as Void
                        }
                        journal.add(asked ?? "")
                    }
                ]
                try await runtime.quiet()
                if kills {
                    // One whose turn is under way, and one that waits.
                    for _ in 0..<2 {
                        callers.append(
                            runtime.spawn {
                                let called = await error {
                                    try await server.call { _ in try await runtime.sleep(for: .seconds(4)) }
                                }
                                journal.add(called ?? "")
                            }
                        )
                    }
                }
                try await runtime.sleep(for: .seconds(1))
                if kills { server.kill() } else { try server.cast { try $0.leave(reason) } }
                for caller in callers { await caller.value }
                #expect(runtime.clock.now().nanoseconds == 1_000_000_001)
                let told = journal.all.filter { !$0.hasPrefix("st") }
                #expect(told == callers.map { _ in "the process exited: \(reason)" })
            }
        }
    }

    @Test("A cast to the dead, to nobody or to what is ending is refused at once with an error, never lost (case 256)")
    func castToNobody() {
        withServer(terminating: .seconds(1)) { simulation, server, _ in
            let stop = simulation.runtime.spawn { await server.stop() }
            try await simulation.runtime.quiet()
            #expect(throws: CallError.self) { try server.cast { $0.set(1) } }
            await stop.value
            let nobody = simulation.runtime.address("nobody", of: Scripted.self)
            for reference in [server, nobody] as [any ProcessReference<Scripted>] {
                #expect {
                    try reference.cast { $0.set(1) }
                } throws: { error in
                    if case CallError.noProcess = error { true } else { false }
                }
            }
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

    @Test("A start that hangs can be killed: whoever waits for it learns at once, and it is cancelled")
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
}
