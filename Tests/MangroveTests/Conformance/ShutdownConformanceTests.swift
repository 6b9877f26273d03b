import Mangrove
import MangroveTesting
import Testing

@Suite("Supervisor: shutdown and the management of children") struct ShutdownConformanceTests {
    @Test("A dynamic supervisor stops its children all at once (cases 109, 120)")
    func dynamicAtOnce() {
        simulate(leavingTimers: true) { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            for id in 0..<5 { try await pool.startChild(scripted(ChildID(id), journal, terminating: .seconds(3))) }
            try await pool.startChild(scripted("kill", journal, shutdown: .brutalKill))
            try await pool.startChild(
                scripted("late", journal, shutdown: .within(.seconds(4)), terminating: .seconds(9))
            )
            try await pool.startChild(scripted("patient", journal, shutdown: .infinity, terminating: .seconds(7)))
            try await root.terminateChild("pool")
            #expect(runtime.clock.now().nanoseconds == 7_000_000_000)
            #expect(journal.all.filter { $0.hasPrefix("stop") }.count == 6)
        }
    }

    @Test("A child that is killed to stop it ends with killed and does not run terminate (case 110)")
    func brutalKill() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal, shutdown: .brutalKill) })
            let child = try root.child("a", as: Scripted.self)
            try await root.terminateChild("a")
            #expect("\(await child.exitReason())" == "killed")
            #expect(journal.all == ["start a"])
        }
    }

    @Test(
        "A child gets its time to stop, is killed when it is over, and the supervisor ends with its own reason (cases 111, 112, 114)"
    )
    func limit() {
        for (limit, ends, takes) in [(5, "shutdown", 2), (1, "killed", 1), (0, "killed", 0)] {
            simulate(leavingTimers: true) { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor { scripted("a", journal, shutdown: .within(.seconds(limit)), terminating: .seconds(2)) }
                )
                let child = try root.child("a", as: Scripted.self)
                #expect("\(await root.stop(.shutdown, within: nil))" == "shutdown")
                #expect("\(await child.exitReason())" == ends)
                #expect(simulation.clock.now().nanoseconds == Int64(takes) * 1_000_000_000)
            }
        }
    }

    @Test("Without a limit a child is waited for as long as it takes (case 115)")
    func infinity() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", journal, shutdown: .infinity, terminating: .seconds(100_000)) }
            )
            await root.stop(.shutdown, within: nil)
            #expect(journal.all == ["start a", "stop a shutdown"])
        }
    }

    @Test("Stopping a supervisor normally stops its children with shutdown and ends it with normal (case 122)")
    func stopNormally() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal) })
            #expect("\(await root.stop(.normal))" == "normal")
            #expect(journal.all == ["start a", "stop a shutdown"])
        }
    }

    @Test("Two requests to stop slow children are served one after the other (case 124)")
    func oneAfterTheOther() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", journal, terminating: .seconds(3))
                    scripted("b", journal, terminating: .seconds(3))
                }
            )
            let other = runtime.spawn { try? await root.terminateChild("a") }
            try await root.terminateChild("b")
            await other.value
            #expect(runtime.clock.now().nanoseconds == 6_000_000_000)
        }
    }

    @Test("A shutdown asked for during a slow start is honoured when the start has returned (case 125)")
    func duringSlowStart() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor {})
            let slow = runtime.spawn {
                _ = try? await root.startChild(scripted("a", journal, starts: [.takes(.seconds(2))]))
            }
            try await runtime.sleep(for: .seconds(1))
            await root.stop(.shutdown, within: nil)
            await slow.value
            #expect(journal.all == ["start a", "stop a shutdown"])
            #expect(runtime.clock.now().nanoseconds == 2_000_000_000)
        }
    }

    @Test("The whole tree stops last first, from its leaves to its root")
    func wholeTree() {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal)
                    Supervisor("b") {
                        scripted("c", journal)
                        scripted("d", journal)
                    }
                    scripted("e", journal)
                }
            )
            await simulation.runtime.shutdown()
            #expect(journal.all.dropFirst(4).map { $0.prefix(6) } == ["stop e", "stop d", "stop c", "stop a"])
        }
    }

    // MARK: Management

    @Test("Requests for an unknown child say so (case 140)")
    func unknown() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor {})
            for request in 0..<3 {
                await #expect {
                    switch request {
                    case 0: try await root.terminateChild("x")
                    case 1: try await root.restartChild("x")
                    default: try await root.deleteChild("x")
                    }
                } throws: { error in
                    if case SupervisorError.notFound("x") = error { true } else { false }
                }
            }
        }
    }

    @Test(
        "The life of a child: running it cannot be deleted or restarted, stopped it can (cases 46, 47, 139, 145, 146)"
    )
    func lifeCycle() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal)
                    scripted("t", journal, restart: .temporary)
                }
            )
            func refusal(_ body: () async throws -> Void) async -> String {
                do {
                    try await body()
                    return "done"
                } catch { return "\(error)" }
            }
            #expect(await refusal { try await root.startChild(scripted("a", journal)) }.contains("already running"))
            #expect(await refusal { try await root.restartChild("a") } == "child 'a' is running")
            #expect(await refusal { try await root.deleteChild("a") } == "child 'a' is running")
            #expect(await refusal { try await root.terminateChild("a") } == "done")
            #expect(await refusal { try await root.startChild(scripted("a", journal)) }.contains("already there"))
            #expect(await refusal { try await root.deleteChild("a") } == "done")
            #expect(await refusal { try await root.restartChild("a") } == "no child 'a'")
            #expect(await refusal { try await root.startChild(scripted("a", journal)) } == "done")
            #expect(await refusal { try await root.terminateChild("t") } == "done")
            #expect(await refusal { try await root.restartChild("t") } == "no child 't'")
        }
    }

    @Test("Children are listed in the order in which they start, new ones last, and counted by kind (cases 147, 149)")
    func listing() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal)
                    Supervisor("b") {}
                }
            )
            try await root.startChild(scripted("c", journal))
            try await root.terminateChild("a")
            #expect(try root.children().map(\.id) == ["a", "b", "c"])
            let counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (3, 2, 1, 2))
        }
    }

    @Test("A thousand children that die at once are all forgotten or all restarted, exactly (cases 151, 155)")
    func many() {
        simulate(seeds: 0..<2) { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor { DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(10_000)) }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            var refs: [Ref<Scripted>] = []
            for number in 0..<1_000 {
                let restart: RestartType = number % 2 == 0 ? .temporary : .permanent
                if let ref = try await pool.startChild(scripted("x", journal, restart: restart), as: Scripted.self) {
                    refs.append(ref)
                }
            }
            #expect(try pool.childCounts().active == 1_000)
            for ref in refs { ref.kill() }
            try await runtime.quiet()
            let counts = try pool.childCounts()
            #expect((counts.specs, counts.active) == (500, 500))
        }
    }
}
