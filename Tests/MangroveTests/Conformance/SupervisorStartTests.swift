import Mangrove
import MangroveTesting
import Testing

@Suite("Supervisor: start order and failure during start") struct SupervisorStartConformanceTests {
    @Test("A supervisor without children runs, answers by its name, and ends with shutdown when told to (case 1)")
    func noChildren() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor("top", name: "top") {})
            let byName = simulation.runtime.address("top", of: SupervisorProcess.self)
            #expect(try byName.childCounts().specs == 0)
            #expect("\(await root.stop(.shutdown))" == "shutdown")
            #expect(throws: CallError.self) { try byName.childCounts() }
        }
    }

    @Test("Children start left to right, each after the start of the one before has returned (case 2)")
    func order() {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal, starts: [.takes(.seconds(3))])
                    scripted("b", journal, starts: [.takes(.seconds(1))])
                    scripted("c", journal)
                }
            )
            #expect(journal.all == ["start a", "start b", "start c"])
            #expect(simulation.clock.now() == RuntimeInstant(nanoseconds: 4_000_000_000))
        }
    }

    @Test("If the closure that lists the children throws, its error comes out as it is and nothing is started (case 5)")
    func listThrows() {
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            @Sendable func missing() throws -> [any Child] { throw Boom() }
            await #expect(throws: Boom.self) {
                try await simulation.runtime.start(
                    Supervisor {
                        scripted("a", journal)
                        try Supervisor("sub") {
                            scripted("b", journal)
                            try missing()
                        }
                    }
                )
            }
            #expect(throws: Boom.self) { try PartitionSupervisor("p", partitions: 1) { _ in throw Boom() } }
            #expect(journal.all.isEmpty)
            #expect(simulation.runtime.tree().roots.isEmpty)
        }
    }

    @Test(
        "If the third of four children fails to start, the fourth is not started and the others are stopped in reverse (case 6)"
    )
    func failureInTheMiddle() {
        simulate { simulation in
            let journal = Journal()
            await #expect {
                try await simulation.runtime.start(
                    Supervisor {
                        scripted(1, journal)
                        scripted(2, journal)
                        scripted(3, journal, starts: [.fails])
                        scripted(4, journal)
                    }
                )
            } throws: { error in
                guard case SupervisorError.startFailed(3, let why) = error else { return false }
                return why is Boom
            }
            #expect(journal.all == ["start 1", "start 2", "fail 3", "stop 2 shutdown", "stop 1 shutdown"])
            #expect(simulation.runtime.tree().roots.isEmpty)
            let end = simulation.logs.events(named: "runtime.root.ended").last?.logfmt ?? ""
            #expect(end.contains("level=info") && end.contains("child '3' failed to start: Boom()"))
        }
    }

    @Test("A child that fails during the supervisor's own start is tried once, whatever the intensity (case 7)")
    func oneAttempt() {
        simulate { simulation in
            let journal = Journal()
            await #expect(throws: SupervisorError.self) {
                try await simulation.runtime.start(
                    Supervisor(intensity: RestartIntensity(100)) { scripted("a", journal, starts: [.fails, .works]) }
                )
            }
            #expect(journal.all == ["fail a"])
        }
    }

    @Test("A permanent or transient child with nothing to start keeps its specification without a process (case 9)")
    func ignored() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal, starts: [.ignores])
                    scripted("b", journal, restart: .transient, starts: [.ignores])
                }
            )
            let added = try await root.startChild(scripted("c", journal, starts: [.ignores]))
            #expect(added == nil)
            let counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.workers) == (3, 0, 3))
        }
    }

    @Test("A temporary child of the list with nothing to start is dropped completely (case 10)")
    func ignoredTemporary() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", journal, restart: .temporary, starts: [.ignores]) }
            )
            #expect(try root.childCounts().specs == 0)
            #expect(await refusal { try await root.restartChild("a") } == "no child 'a'")
        }
    }

    @Test("A temporary child that is added and has nothing to start is answered with nil and leaves nothing (case 11)")
    func ignoredAddedTemporary() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor {})
            #expect(try await root.startChild(scripted("b", journal, restart: .temporary, starts: [.ignores])) == nil)
            #expect(try root.childCounts().specs == 0)
        }
    }

    @Test(
        "Under a dynamic supervisor a child with nothing to start leaves no trace (case 12)",
        arguments: RestartType.allCases
    )
    func ignoredDynamic(restart: RestartType) {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
            let started = try await pool.startChild(scripted("a", journal, restart: restart, starts: [.ignores]))
            #expect(started == nil)
            #expect(try pool.childCounts().specs == 0)
            let ref = try pool.resolve()
            try await simulation.runtime.quiet()
            #expect("\(await ref.stop(.shutdown))" == "shutdown")
            #expect(journal.all == ["ignore a"])
        }
    }

    @Test("What a start has to say besides goes to whoever asked for it, and of other restarts to nobody (case 14)")
    func startInfo() {
        simulate { simulation in
            let runtime = simulation.runtime
            @Sendable func telling(_ id: ChildID) -> ChildSpec {
                let starts = Lock(0)
                return Worker.informing(id) { context in
                    let number = starts.withLock { starts -> Int in
                        starts += 1
                        return starts
                    }
                    return (Scripted(id.text, Journal(), context.runtime, terminating: nil), info: number)
                }
            }
            let root = try await runtime.start(Supervisor(strategy: .oneForAll) { DynamicSupervisor(name: "pool") })
            let added = try #require(try await root.startChild(telling("a"), informing: Int.self))
            #expect(added.info == 1)
            #expect(added.process == runtime.process("a"))
            try await runtime.crash("a")
            try await root.terminateChild("a")
            let restarted = try #require(try await root.restartChild("a", informing: Int.self))
            #expect(restarted.info == 3)
            try await root.terminateChild("a")
            #expect(try await root.restartChild("a") == runtime.process("a"))
            try await root.terminateChild("a")
            #expect(try await root.restartChild("a", informing: String.self)?.info == nil)

            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let template = telling("d")
            for number in 1...3 { #expect(try await pool.startChild(template, informing: Int.self)?.info == number) }
            try await pool.startChild(template)
            try await runtime.quiet()
            #expect(try await pool.startChild(template, informing: Int.self)?.info == 5)
            #expect(try await pool.startChild(scripted("plain", Journal()), informing: Int.self)?.info == nil)
        }
    }

    @Test("If an added child fails to start, whoever added it learns which and why, and nothing is kept (case 15)")
    func addedFails() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("first", journal) })
            await #expect {
                try await root.startChild(scripted("a", journal, starts: [.fails]))
            } throws: { error in
                guard case SupervisorError.startFailed("a", let why) = error else { return false }
                return why is Boom
            }
            #expect(try root.children().map(\.id) == ["first"])
            #expect(try root.childCounts().active == 1)
            #expect(try await root.startChild(scripted("a", journal)) != nil)
        }
    }

    @Test("If a dynamic child fails to start, whoever added it learns which and why, and nothing is kept (case 16)")
    func addedDynamicFails() {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
            // One start suspends, and the other does not.
            let immediate = Worker("a") { () throws -> Stranger in throw Boom() }
            for spec in [scripted("a", journal, starts: [.fails]).spec, immediate.spec] {
                await #expect {
                    try await pool.startChild(spec)
                } throws: { error in
                    guard case SupervisorError.startFailed("a", let why) = error else { return false }
                    return why is Boom
                }
            }
            try await simulation.runtime.quiet()
            #expect(try pool.childCounts().specs == 0)
        }
    }

    @Test("A stopped child whose start fails on request stays stopped, without another attempt (case 19)")
    func restartByHandFails() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", journal, starts: [.works, .fails]) }
            )
            try await root.terminateChild("a")
            await #expect(throws: SupervisorError.self) { try await root.restartChild("a") }
            try await simulation.runtime.sleep(for: .seconds(60))
            #expect(journal.all == ["start a", "stop a shutdown", "fail a"])
            #expect(try root.children().first?.state == .stopped)
            #expect(try await root.restartChild("a") != nil)
        }
    }

    @Test("While a child is slowly starting the children can be looked at, and other requests wait (case 20)")
    func slowStart() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor {})
            let slow = runtime.spawn {
                _ = try? await root.startChild(scripted("slow", journal, starts: [.takes(.seconds(3))]))
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(try root.children().map(\.state) == [.starting])
            #expect(runtime.clock.now().nanoseconds == 1_000_000_000)
            _ = try await root.startChild(scripted("quick", journal))
            #expect(runtime.clock.now().nanoseconds == 3_000_000_000)
            await slow.value
        }
    }

    @Test("A start that calls its own supervisor gets a deadlock error instead of hanging (case 21)")
    func startCallsSupervisor() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor(name: "top") {})
            await #expect {
                try await root.startChild(
                    Worker("a") { context in
                        try await context.runtime.address("top", of: SupervisorProcess.self).terminateChild("a")
                        return Scripted("a", Journal(), context.runtime, terminating: nil)
                    }
                )
            } throws: { error in
                guard case SupervisorError.startFailed("a", CallError.deadlock(let chain)) = error else { return false }
                return chain.count == 3
            }
        }
    }

    @Test("A supervisor whose name is taken is refused with the holder's identity, before its children start (case 22)")
    func nameTaken() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { Supervisor("a", name: "n") { scripted("a", journal) } }
            )
            let holder = simulation.runtime.process("a")
            await #expect {
                try await root.startChild(Supervisor("b", name: "n") { scripted("b", journal) })
            } throws: { error in
                guard case SupervisorError.startFailed("b", SupervisorError.nameTaken("n", let who)) = error else {
                    return false
                }
                return who == holder
            }
            #expect(journal.all == ["start a"])
        }
    }

    @Test("A supervisor does not mind the end of an unrelated process it is linked with (case 24)")
    func unrelatedLink() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { scripted("a", journal) })
            try await runtime.start(
                Supervisor("other", intensity: RestartIntensity(0)) {
                    Worker("linked") { context in
                        context.link(with: root)
                        return Scripted("linked", journal, context.runtime, terminating: nil)
                    }
                }
            )
            #expect(runtime.crash(at: "other/linked", with: Boom()))
            try await runtime.quiet()
            #expect(!root.isDead)
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("A supervisor that is sent a turn which throws logs it and carries on (case 25)")
    func strayTurn() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", journal)
                    DynamicSupervisor("pool", name: "pool")
                }
            )
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            try root.cast { _ in throw Boom() }
            try root.cast { _ in
                try await runtime.sleep(for: .seconds(1))
                throw Boom()
            }
            try pool.cast { _ in throw Boom() }
            try await runtime.sleep(for: .seconds(2))
            #expect(!root.isDead && !pool.isDead)
            #expect(journal.all == ["start a"])
            #expect(simulation.logs.events(named: "supervisor.turn.failed").count == 3)
            #expect(try await root.startChild(scripted("b", journal)) != nil)
            #expect(try await pool.startChild(scripted("c", journal)) != nil)
        }
    }

    @Test("A supervisor is managed alike through its ref, its name's address and its entry in a registry (case 26)")
    func formsOfNames() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let registry = Registry<String, Void>()
            let root = try await runtime.start(
                Supervisor { Supervisor("sub", name: "sub") {}.registered("key", in: registry) }
            )
            let address = runtime.address("sub", of: SupervisorProcess.self)
            func manage(_ supervisor: some ProcessReference<SupervisorProcess>) async throws {
                #expect(try await supervisor.startChild(scripted("a", journal)) != nil)
                #expect(try supervisor.childCounts().active == 1)
                try await supervisor.terminateChild("a")
                #expect(try await supervisor.restartChild("a") != nil)
                try await supervisor.terminateChild("a")
                try await supervisor.deleteChild("a")
                #expect(try supervisor.children().isEmpty)
            }
            try await manage(root.child("sub", as: SupervisorProcess.self))
            try await manage(address)
            try await manage(#require(registry.find("key", as: SupervisorProcess.self)))
            let second = await refusal {
                try await root.startChild(
                    Supervisor("other") { scripted("b", journal) }.registered("key", in: registry)
                )
            }
            #expect(second?.contains("alreadyRegistered") == true)
            #expect(!journal.all.contains("start b"))
            try await root.terminateChild("sub")
            #expect(registry.find("key", as: SupervisorProcess.self) == nil)
        }
    }
}
