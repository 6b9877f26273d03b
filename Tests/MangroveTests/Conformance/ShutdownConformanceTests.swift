import Mangrove
import MangroveTesting
import Testing

@Suite("Shutdown") struct ShutdownConformanceTests {
    @Test("A dynamic supervisor stops its children all at once and waits for them together (case 109)")
    func dynamicAtOnce() {
        withPool { simulation, pool, journal in
            for id in 0..<5 { try await pool.startChild(scripted(ChildID(id), journal, terminating: .seconds(3))) }
            let begin = simulation.clock.now()
            let ref = try pool.resolve()
            #expect("\(await ref.stop(.shutdown, within: nil))" == "shutdown")
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(3))
            #expect(journal.all.count { $0.hasPrefix("stop") && $0.hasSuffix(" shutdown") } == 5)
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
        withPool { _, pool, journal in
            let spec = scripted("a", journal, shutdown: .brutalKill)
            let first = try #require(try await pool.startChild(spec, as: Scripted.self))
            let second = try #require(try await pool.startChild(spec, as: Scripted.self))
            try await pool.terminateChild(first.id)
            await (try pool.resolve()).stop(.shutdown)
            #expect("\(await first.exitReason())" == "killed")
            #expect("\(await second.exitReason())" == "killed")
            #expect(journal.all == ["start a", "start a"])
        }
    }

    /// Stops a supervisor whose child takes two seconds to stop, within a limit.
    private func stopping(
        _ limit: ShutdownPolicy,
        childEnds: String,
        after: Int,
        location: SourceLocation = #_sourceLocation
    ) {
        simulate(leavingTimers: true, location: location) { simulation in
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", Journal(), shutdown: limit, terminating: .seconds(2)) }
            )
            let child = try root.child("a", as: Scripted.self)
            #expect("\(await root.stop(.shutdown, within: nil))" == "shutdown", sourceLocation: location)
            #expect("\(await child.exitReason())" == childEnds, sourceLocation: location)
            let time = simulation.clock.now().nanoseconds
            #expect(time == Int64(after) * 1_000_000_000, sourceLocation: location)
        }
    }

    @Test("A child that stops within its limit ends with shutdown (case 111)")
    func inTime() {
        stopping(.within(.seconds(5)), childEnds: "shutdown", after: 2)
    }

    @Test(
        "A child that does not stop within its limit is killed, and the supervisor ends with its own reason (case 112)"
    )
    func tooLate() {
        stopping(.within(.seconds(1)), childEnds: "killed", after: 1)
        withPool(leavingTimers: true) { simulation, pool, journal in
            let spec = scripted("a", journal, shutdown: .within(.seconds(1)), terminating: .seconds(2))
            let child = try #require(try await pool.startChild(spec, as: Scripted.self))
            let ref = try pool.resolve()
            #expect("\(await ref.stop(.shutdown, within: nil))" == "shutdown")
            #expect("\(await child.exitReason())" == "killed")
            #expect(simulation.clock.now().nanoseconds == 1_000_000_000)
        }
    }

    @Test("A child with no time at all to stop is killed at once if it does not stop (case 114)")
    func noTime() {
        stopping(.within(.zero), childEnds: "killed", after: 0)
    }

    @Test("Without a limit a child, worker or supervisor, is waited for as long as it takes (case 115)")
    func infinity() {
        stopping(.infinity, childEnds: "shutdown", after: 2)
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    Supervisor("sub") {
                        scripted("a", journal, shutdown: .infinity, terminating: .seconds(100_000))
                    }
                }
            )
            let sub = try root.child("sub", as: SupervisorProcess.self)
            await root.stop(.shutdown, within: nil)
            #expect(journal.all == ["start a", "stop a shutdown"])
            #expect("\(await sub.exitReason())" == "shutdown")
            #expect(simulation.clock.now().nanoseconds == 100_000_000_000_000)
        }
    }

    /// Stops supervisors while their children are already ending with a reason of their own.
    /// - Returns: the children that were reported.
    private func reported(_ reason: ExitReason) -> Set<String> {
        let reported = Lock<Set<String>>([])
        simulate(seeds: 0..<3) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(shutdown: .infinity) {
                    for restart in RestartType.allCases {
                        scripted(ChildID("\(restart)"), Journal(), restart: restart, terminating: .seconds(2))
                    }
                    DynamicSupervisor("pool", name: "pool")
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            for restart in RestartType.allCases {
                try await pool.startChild(
                    scripted(ChildID("\(restart)"), Journal(), restart: restart, terminating: .seconds(2))
                )
            }
            for child in runtime.tree().nodes where child.kind == .worker {
                _ = runtime.crash(at: child.path, with: Exit(reason))
            }
            try await runtime.sleep(for: .seconds(1))
            await root.stop(.shutdown, within: nil)
            let events = simulation.logs.events(named: "supervisor.child.stopped_badly")
            let children = events.flatMap(\.fields).filter { $0.key == "child" }.map(\.value.description)
            reported.withLock { $0.formUnion(children) }
        }
        return reported.withLock { $0 }
    }

    @Test(
        "A child that ends with shutdown because of something is reported if it is static and permanent only (case 116)"
    )
    func endsWithCause() {
        #expect(reported(.shutdownBecause(Boom())) == ["supervisor/permanent"])
        #expect(reported(.shutdown) == [])
        #expect(reported(.crash(Boom())).count == 6)
    }

    @Test(
        "A child that ends with normal when it is stopped is reported if it is permanent, and not otherwise (case 117)"
    )
    func endsNormally() {
        #expect(reported(.normal) == ["supervisor/permanent", "supervisor/pool/permanent"])
    }

    @Test("A child that has untied itself from its supervisor is stopped like any other (case 119)")
    func untied() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { Worker("a") { Member($0) } })
            let child = try root.child("a", as: Member.self)
            try await child.call { $0.context.unlink(from: root) }
            try await root.terminateChild("a")
            #expect("\(await child.exitReason())" == "shutdown")
            #expect(try root.children().map(\.state) == [.stopped])
            #expect(simulation.clock.now().nanoseconds == 0)
        }
    }

    @Test("A dynamic supervisor stops each child as its own policy says, all at the same time (case 120)")
    func mixed() {
        withPool(leavingTimers: true) { simulation, pool, journal in
            func start(_ shutdown: ShutdownPolicy, _ seconds: Int) async throws -> Ref<Scripted> {
                let spec = scripted("x", journal, shutdown: shutdown, terminating: .seconds(seconds))
                return try #require(try await pool.startChild(spec, as: Scripted.self))
            }
            let patient = try await start(.infinity, 7)
            let killed = try await start(.brutalKill, 9)
            let late = try await start(.within(.seconds(4)), 9)
            let other = try await start(.within(.seconds(4)), 3)
            let short = try await start(.within(.seconds(2)), 3)
            let begin = simulation.clock.now()
            await (try pool.resolve()).stop(.shutdown, within: nil)
            #expect(begin.duration(to: simulation.clock.now()) == .seconds(7))
            let reasons = [patient, killed, late, other, short]
            var ends: [String] = []
            for child in reasons { ends.append("\(await child.exitReason())") }
            #expect(ends == ["shutdown", "killed", "killed", "shutdown", "killed"])
        }
    }

    @Test("A child between two attempts at its restart needs no stopping when the supervisor stops (case 121)")
    func midRetry() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(1_000_000)) {
                    scripted("b", journal)
                    scripted("a", journal, starts: [.works, .failsForEver])
                }
            )
            _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
            while try root.children().last?.state != .restarting { await Task.yield() }
            await root.stop(.shutdown, within: nil)
            #expect(journal.all.count { $0.hasPrefix("stop a") } == 0)
            #expect(journal.all.last == "stop b shutdown")
            let attempts = journal.all.count
            try await runtime.sleep(for: .seconds(9))
            #expect(journal.all.count == attempts)
        }
        // Where it waits between two attempts, neither is it started nor is there anything to wait for.
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { scripted("a", journal).backoff(Backoff(initial: .seconds(9), jitter: 0)) }
            )
            try await simulation.runtime.end("a", .killed)
            #expect(try root.children().map(\.state) == [.restarting])
            await root.stop(.shutdown, within: nil)
            #expect(simulation.clock.now().nanoseconds < 10)
            #expect(journal.all == ["start a"])
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
        withPool { _, pool, journal in
            try await pool.startChild(scripted("a", journal))
            let ref = try pool.resolve()
            #expect("\(await ref.stop(.normal))" == "normal")
            #expect(journal.all == ["start a", "stop a shutdown"])
        }
    }

    @Test("Two requests to stop slow children are served one after the other (case 124)")
    func oneAfterTheOther() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", Journal(), terminating: .seconds(3))
                    scripted("b", Journal(), terminating: .seconds(3))
                }
            )
            let other = runtime.spawn { try? await root.terminateChild("a") }
            try await root.terminateChild("b")
            await other.value
            #expect(runtime.clock.now().nanoseconds == 6_000_000_000)
        }
        withPool { simulation, pool, journal in
            let first = try #require(try await pool.startChild(scripted("a", journal, terminating: .seconds(3))))
            let second = try #require(try await pool.startChild(scripted("b", journal, terminating: .seconds(3))))
            let other = simulation.runtime.spawn { try? await pool.terminateChild(first) }
            try await pool.terminateChild(second)
            await other.value
            #expect(simulation.clock.now().nanoseconds == 6_000_000_000)
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
}
