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

    @Test("A temporary child with nothing to start is dropped, in the list or added later (cases 10, 11)")
    func ignoredTemporary() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", journal, restart: .temporary, starts: [.ignores]) }
            )
            #expect(try root.childCounts().specs == 0)
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
        }
    }

    @Test("A failed start of an added child goes to whoever added it, and leaves no specification (cases 15, 16)")
    func addedFails() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(scripted("a", journal, starts: [.fails]))
            }
            await #expect(throws: SupervisorError.self) {
                try await pool.startChild(scripted("a", journal, starts: [.fails]))
            }
            #expect(try root.childCounts().specs == 1)
            #expect(try pool.childCounts().specs == 0)
            #expect(try await root.startChild(scripted("a", journal)) != nil)
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

    @Test("A name that is taken refuses the second process, which is never started (case 22)")
    func nameTaken() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal, name: "n") })
            let holder = simulation.runtime.process("a")
            await #expect {
                try await root.startChild(scripted("b", journal, name: "n"))
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
}
