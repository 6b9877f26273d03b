import Mangrove
import MangroveTesting
import Testing

#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

@Suite("The management of children") struct ManagementConformanceTests {
    @Test("A temporary child that is terminated is forgotten, and cannot be restarted (case 139)")
    func temporary() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("t", journal, restart: .temporary) })
            try await root.terminateChild("t")
            #expect(journal.all == ["start t", "stop t shutdown"])
            #expect(try root.childCounts().specs == 0)
            #expect(await refusal { try await root.restartChild("t") } == "no child 't'")
            #expect(await refusal { try await root.deleteChild("t") } == "no child 't'")
        }
    }

    @Test("Requests for an unknown child say so (case 140)")
    func unknown() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { scripted("a", Journal()) })
            #expect(await refusal { try await root.terminateChild("x") } == "no child 'x'")
            #expect(await refusal { try await root.restartChild("x") } == "no child 'x'")
            #expect(await refusal { try await root.deleteChild("x") } == "no child 'x'")
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("A static supervisor does not know its children by their processes: the child lives on (case 141)")
    func byProcess() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { scripted("a", Journal()) })
            let process = try #require(simulation.runtime.process("a"))
            let id = ChildID(process.description)
            #expect(await refusal { try await root.terminateChild(id) } == "no child '\(process)'")
            #expect(simulation.runtime.process("a") == process)
        }
    }

    @Test("Under a dynamic supervisor a child that is gone cannot be terminated: there is none (case 144)")
    func gone() {
        withPool { simulation, pool, journal in
            let spec = scripted("a", journal, restart: .temporary, shutdown: .brutalKill)
            let first = try #require(try await pool.startChild(spec) as ProcessID?)
            try await pool.terminateChild(first)
            #expect(await refusal { try await pool.terminateChild(first) } == "no child '\(first)'")
            let second = try #require(try await pool.startChild(spec, as: Scripted.self))
            second.kill()
            try await simulation.runtime.quiet()
            #expect(await refusal { try await pool.terminateChild(second.id) } == "no child '\(second.id)'")
        }
    }

    @Test("A running child cannot be restarted or deleted on request (case 145)")
    func running() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { scripted("a", Journal()) })
            let process = simulation.runtime.process("a")
            #expect(await refusal { try await root.restartChild("a") } == "child 'a' is running")
            #expect(await refusal { try await root.deleteChild("a") } == "child 'a' is running")
            #expect(simulation.runtime.process("a") == process)
        }
    }

    @Test("A stopped child can be deleted; then it cannot be restarted, and its id can be used again (case 146)")
    func deleted() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal) })
            try await root.terminateChild("a")
            try await root.deleteChild("a")
            #expect(try root.children().isEmpty)
            #expect(await refusal { try await root.restartChild("a") } == "no child 'a'")
            #expect(try await root.startChild(scripted("a", journal)) != nil)
            try await simulation.runtime.crash("a")
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("Children are listed by their places: restarted ones keep theirs, and added ones come behind (case 147)")
    func listing() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: .restForOne) {
                    scripted("a", journal)
                    scripted("b", journal)
                }
            )
            try await root.startChild(scripted("c", journal))
            try await root.terminateChild("b")
            #expect(try root.children().map(\.id) == ["a", "b", "c"])
            try await root.restartChild("b")
            try await simulation.runtime.crash("a")
            #expect(try root.children().map(\.id) == ["a", "b", "c"])
            #expect(try root.childCounts().active == 3)
            try await root.terminateChild("a")
            try await root.deleteChild("a")
            try await root.startChild(scripted("a", journal))
            #expect(try root.children().map(\.id) == ["b", "c", "a"])
        }
    }

    @Test("Specifications, running processes, supervisors and workers are counted (case 149)")
    func counts() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", journal)
                    scripted("i", journal, starts: [.ignores])
                    Supervisor("b") {}
                    DynamicSupervisor("d")
                }
            )
            var counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (4, 3, 2, 2))
            try await root.terminateChild("a")
            try await root.terminateChild("b")
            counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (4, 1, 2, 2))
            try await root.deleteChild("b")
            counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (3, 1, 1, 2))
        }
    }

    @Test("A dynamic supervisor has as many specifications as children (case 150)")
    func dynamicCounts() {
        withPool { _, pool, journal in
            for number in 0..<4 {
                #expect(try pool.childCounts().specs == number)
                try await pool.startChild(scripted("x", journal))
            }
            let counts = try pool.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (4, 4, 0, 4))
        }
    }

    @Test("Thousands of dynamic children are counted exactly, and no temporary one is left after a massacre (case 151)")
    func many() {
        withPool(seeds: 0..<1, intensity: RestartIntensity(10_000)) { simulation, pool, journal in
            var refs: [Ref<Scripted>] = []
            for count in [1_000, 2_000] {
                while refs.count < count {
                    let spec = scripted("x", journal, restart: .temporary)
                    refs.append(try #require(try await pool.startChild(spec, as: Scripted.self)))
                }
                let counts = try pool.childCounts()
                #expect((counts.specs, counts.active, counts.workers) == (count, count, count))
            }
            for _ in 0..<1_000 { try await pool.startChild(Supervisor("s", restart: .temporary) {}) }
            try await pool.startChild(scripted("p", journal))
            var counts = try pool.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (3_001, 3_001, 1_000, 2_001))
            for ref in refs { ref.kill() }
            try await simulation.runtime.quiet()
            counts = try pool.childCounts()
            #expect((counts.specs, counts.active, counts.supervisors, counts.workers) == (1_001, 1_001, 1_000, 1))
        }
    }

    @Test(
        "The whole specification of a child can be read, by its id or its process; of others there is none (case 152)"
    )
    func specification() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(autoShutdown: .anySignificant) {
                    scripted("a", Journal(), name: "n", restart: .transient, shutdown: .brutalKill, isSignificant: true)
                    DynamicSupervisor("pool", name: "pool")
                }
            )
            let spec = try root.childSpec("a")
            #expect((spec.id, spec.name, spec.kind, spec.isSignificant) == ("a", "n", .worker, true))
            #expect((spec.restart, spec.shutdown, spec.mailboxLimit) == (.transient, .brutalKill, 100_000))
            #expect(try root.childSpec("pool").shutdown == .infinity)
            #expect(await refusal { _ = try root.childSpec("x") } == "no child 'x'")
            try await root.terminateChild("a")
            // What was read can be used again.
            try await root.deleteChild("a")
            #expect(await refusal { _ = try root.childSpec("a") } == "no child 'a'")
            #expect(try await root.startChild(spec) != nil)

            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let process = try #require(try await pool.startChild(scripted("d", Journal(), shutdown: .infinity)))
            let added = try pool.childSpec(of: process)
            #expect((added.id, added.restart, added.shutdown) == ("d", .permanent, .infinity))
            let foreign = try #require(runtime.process("a"))
            #expect(await refusal { _ = try pool.childSpec(of: foreign) } == "no child '\(foreign)'")
            let once = try #require(try await pool.startChild(scripted("t", Journal(), restart: .temporary)))
            let used = try pool.childSpec(of: once)
            #expect(used.restart == .temporary)
            #expect(await refusal { try await pool.startChild(used) }?.contains("startNotKept") == true)
        }
    }

    @Test("A request to a supervisor waits for as long as it takes (case 154)")
    func noTimeout() {
        simulate(seeds: 0..<3) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", Journal())
                    DynamicSupervisor("pool", name: "pool")
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let year = Duration.seconds(365 * 86_400)
            let started = try await root.startChild(scripted("slow", Journal(), starts: [.takes(year)]))
            #expect(started != nil)
            let slow = runtime.spawn {
                _ = try? await root.startChild(scripted("slower", Journal(), starts: [.takes(year)]))
            }
            try await runtime.quiet()
            try await root.terminateChild("a")
            await slow.value
            #expect(try await pool.startChild(scripted("slow", Journal(), starts: [.takes(year)])) != nil)
            #expect(simulation.clock.now().nanoseconds >= 3 * year.wholeNanoseconds)
        }
    }

    /// The time of the processor that this thread has used, in nanoseconds.
    private static func threadTime() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Int(time.tv_sec) * 1_000_000_000 + Int(time.tv_nsec)
    }

    /// What it costs to start and terminate a child, one by one, among so many, on the average: in steps and in time.
    private static func cost(of count: Int) -> (steps: Int, time: Int) {
        let cost = Lock((steps: 0, time: 0))
        let simulation = Simulation(seed: 1)
        do {
            try simulation.run { simulation in
                try await simulation.runtime.start(
                    Supervisor {
                        DynamicSupervisor("pool", name: "pool")
                        Supervisor("static", name: "static") {}
                    }
                )
                let pool = try simulation.runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                let fixed = try simulation.runtime.address("static", of: SupervisorProcess.self).resolve()
                let (steps, time) = (simulation.steps, threadTime())
                var children: [ProcessID] = []
                let spec = Worker("x", restart: .temporary) { Stranger($0) }.spec
                for number in 0..<count {
                    if let child = try await pool.startChild(spec) as ProcessID? { children.append(child) }
                    try await fixed.startChild(spec.with { $0.id = ChildID(number) })
                }
                for (number, child) in children.enumerated() {
                    try await pool.terminateChild(child)
                    try await fixed.terminateChild(ChildID(number))
                }
                let spent = (steps: (simulation.steps - steps) / count, time: (threadTime() - time) / count)
                cost.withLock { $0 = spent }
                #expect(try pool.childCounts().specs + fixed.childCounts().specs == 0)
                await simulation.runtime.shutdown()
            }
        } catch {
            Issue.record(error)
        }
        return cost.withLock { $0 }
    }

    @Test("The cost of starting and terminating a child does not grow with the number of children (case 155)")
    func scale() {
        let few = Self.cost(of: 1_000)
        let many = Self.cost(of: 16_000)
        #expect(many.steps <= few.steps + 1)
        #expect(2 * many.time < 5 * few.time, "\(few.time) ns a child among 1,000, \(many.time) ns among 16,000")
    }
}
