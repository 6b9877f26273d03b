import Mangrove
import MangroveTesting
import Testing

@Suite("Dynamic supervisors") struct DynamicConformanceTests {
    @Test(
        "By default three restarts in five seconds are made, each child for itself, and any number is taken (case 156)"
    )
    func defaults() {
        let spec = DynamicSupervisor().spec
        #expect((spec.restart, spec.shutdown, spec.kind) == (.permanent, .infinity, .supervisor))
        simulate(seeds: 0..<2) { simulation in
            let (runtime, journal) = (simulation.runtime, Journal())
            try await runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let ref = try pool.resolve()
            for _ in 0..<500 { try await pool.startChild(scripted("x", journal)) }
            let before = try pool.children().map(\.process)
            for _ in 0..<3 { try await runtime.crash("pool/x") }
            let after = try pool.children().map(\.process)
            #expect(zip(before, after).count { $0 != $1 } == 1)
            #expect(!ref.isDead)
            try await runtime.sleep(for: .nanoseconds(4_999_999_990))
            try await runtime.crash("pool/x")
            #expect(ref.isDead)
        }
    }

    @Test("Two children may have one id, and each is restarted for itself (case 159)")
    func sameID() {
        withPool { simulation, pool, journal in
            let first = try #require(try await pool.startChild(scripted("a", journal), as: Scripted.self))
            let second = try #require(try await pool.startChild(scripted("a", journal), as: Scripted.self))
            #expect(try pool.childCounts().active == 2)
            first.kill()
            try await simulation.runtime.quiet()
            #expect(try pool.childCounts().active == 2)
            #expect(!second.isDead)
        }
    }

    @Test("A child whose name is taken fails to start with the holder's identity, and nothing is kept (case 160)")
    func nameTaken() {
        withPool { _, pool, journal in
            let holder = try #require(try await pool.startChild(scripted("a", journal, name: "n")))
            await #expect {
                try await pool.startChild(scripted("a", journal, name: "n"))
            } throws: { error in
                if case SupervisorError.startFailed("a", SupervisorError.nameTaken("n", holder)) = error {
                    true
                } else {
                    false
                }
            }
            #expect(try pool.childCounts().specs == 1)
            #expect(journal.all == ["start a"])
        }
    }

    @Test("A wrong specification is refused in the caller, before the supervisor hears of it (case 161)")
    func invalid() {
        withPool { simulation, pool, journal in
            let runtime = simulation.runtime
            // A supervisor that is busy for long would let a caller wait.
            let busy = runtime.spawn {
                _ = try? await pool.startChild(scripted("slow", journal, starts: [.takes(.seconds(60))]))
            }
            try await runtime.quiet()
            let begin = runtime.clock.now()
            await #expect {
                try await pool.startChild(scripted("a", journal, shutdown: .within(.seconds(-1))))
            } throws: { error in
                if case SupervisorError.invalid(.negativeShutdown("a", .seconds(-1))) = error { true } else { false }
            }
            #expect(runtime.clock.now() == begin)
            await busy.value
            #expect(journal.all == ["start slow"])
        }
    }

    @Test("With as many children as allowed no start is run; none allowed forbids any (case 162)")
    func maxChildren() {
        for limit in [0, 1, 3] {
            withPool(maxChildren: limit) { _, pool, journal in
                for _ in 0..<limit { try await pool.startChild(scripted("a", journal)) }
                await #expect {
                    try await pool.startChild(scripted("b", journal))
                } throws: { error in
                    if case SupervisorError.maxChildren(limit) = error { true } else { false }
                }
                #expect(journal.all == Array(repeating: "start a", count: limit))
                guard let child = try pool.children().first?.process else { return }
                try await pool.terminateChild(child)
                #expect(try await pool.startChild(scripted("b", journal)) != nil)
            }
        }
    }

    @Test("A child that was restarted, or waits for its restart, still counts against the number allowed (case 164)")
    func maxChildrenRestarted() {
        for starts in [[], [.works, .failsForEver]] as [[Scripted.Start]] {
            withPool(maxChildren: 1, intensity: RestartIntensity(1_000_000)) { simulation, pool, journal in
                let child = try #require(
                    try await pool.startChild(scripted("a", journal, starts: starts), as: Scripted.self)
                )
                child.kill()
                if starts.isEmpty {
                    try await simulation.runtime.quiet()
                } else {
                    while try pool.children().first?.state != .restarting { await Task.yield() }
                }
                await #expect {
                    try await pool.startChild(scripted("b", journal))
                } throws: { error in
                    if case SupervisorError.maxChildren(1) = error { true } else { false }
                }
                #expect(!journal.all.contains("start b"))
            }
        }
    }

    @Test("What is given to every child beside its own arguments is there at its start and every restart (case 165)")
    func extraArguments() {
        withPool { simulation, pool, journal in
            // What Elixir's extra arguments do, a closure does.
            let extra = "shared"
            @Sendable func child(_ own: String) -> Worker {
                Worker("a") { context in
                    journal.add("\(extra) \(own)")
                    return Stranger(context)
                }
            }
            let first = try #require(try await pool.startChild(child("one"), as: Stranger.self))
            try await pool.startChild(child("two"))
            first.kill()
            try await simulation.runtime.quiet()
            #expect(journal.all == ["shared one", "shared two", "shared one"])
        }
    }

    @Test("A child with nothing to start is answered with nil, and nothing is kept (case 166)")
    func ignored() {
        withPool { _, pool, journal async throws in
            #expect(try await pool.startChild(scripted("a", journal, starts: [.ignores])) == nil)
            #expect(try await pool.startChild(scripted("a", journal, starts: [.ignores]), as: Scripted.self) == nil)
            let immediate = Worker("a") { () throws -> Stranger in throw IgnoreStart() }
            #expect(try await pool.startChild(immediate) == nil)
            #expect(try pool.childCounts().specs == 0)
        }
    }

    @Test("A restart that finds nothing to start forgets the child")
    func ignoredOnRestart() {
        withPool { simulation, pool, journal in
            try await pool.startChild(scripted("a", journal, starts: [.works, .ignores]))
            try await simulation.runtime.crash("pool/a")
            #expect(try pool.childCounts().specs == 0)
        }
    }

    @Test("A restarted child is found by its new process and not by its old one (case 167)")
    func keyedByProcess() {
        withPool { simulation, pool, journal in
            let first = try #require(try await pool.startChild(scripted("a", journal), as: Scripted.self))
            first.kill()
            try await simulation.runtime.quiet()
            let second = try #require(simulation.runtime.process("pool/a"))
            #expect(second != first.id)
            #expect(await refusal { try await pool.terminateChild(first.id) } == "no child '\(first.id)'")
            #expect(simulation.runtime.process("pool/a") == second)
            try await pool.terminateChild(second)
            #expect(try pool.childCounts().specs == 0)
        }
    }

    @Test("Several dynamic supervisors without id and name clash in one supervisor; a name is the id (case 169)")
    func defaultIDs() {
        simulate(seeds: 0..<1) { simulation in
            await #expect(throws: SpecError.duplicateID("dynamic-supervisor")) {
                try await simulation.runtime.start(
                    Supervisor {
                        DynamicSupervisor()
                        DynamicSupervisor()
                    }
                )
            }
            let root = try await simulation.runtime.start(
                Supervisor {
                    DynamicSupervisor(name: "first")
                    DynamicSupervisor(name: "second")
                    DynamicSupervisor("third", name: "other")
                }
            )
            #expect(try root.children().map(\.id) == ["first", "second", "third"])
        }
    }

    @Test("An added child survives whoever added it, and not the supervisor (case 170)")
    func belongsToTheSupervisor() {
        withPool { simulation, pool, journal in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor("other") { Worker("adder", restart: .temporary) { Member($0) } }
            )
            let adder = try root.child("adder", as: Member.self)
            let child = try #require(
                try await adder.call { _ in try await pool.startChild(scripted("a", journal), as: Scripted.self) }
            )
            adder.kill()
            try await runtime.quiet()
            #expect(!child.isDead)
            try pool.resolve().kill()
            try await runtime.quiet()
            #expect(child.isDead)
            #expect(try pool.childCounts().specs == 0)
        }
    }
}
