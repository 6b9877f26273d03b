import Mangrove
import MangroveTesting
import Testing

@Suite("Restart intensity") struct IntensityConformanceTests {
    /// Has a child crash after each of the gaps, given in milliseconds, and tells which crash ended the supervisor.
    private func crashThatEnds(
        _ gaps: [Int],
        _ intensity: RestartIntensity,
        seed: UInt64 = 0,
        location: SourceLocation = #_sourceLocation
    ) -> Int? {
        let outcome = Lock<Int?>(nil)
        simulate(seeds: seed..<seed + 1, location: location) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor(intensity: intensity) { scripted("a", Journal()) })
            var time = runtime.clock.now()
            for (number, gap) in gaps.enumerated() where !root.isDead {
                time = time.advanced(by: .milliseconds(gap))
                try await runtime.sleep(until: time)
                _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
                try await runtime.quiet()
                guard root.isDead else { continue }
                #expect("\(await root.exitReason())" == "shutdown", sourceLocation: location)
                outcome.withLock { $0 = number + 1 }
            }
        }
        return outcome.withLock { $0 }
    }

    @Test(
        "A restart is made if it and those no longer ago than the period are no more than the intensity allows (case 89)",
        arguments: [RestartIntensity.Resolution.nanoseconds, .wholeSeconds]
    )
    func rule(resolution: RestartIntensity.Resolution) {
        for seed in 0..<60 as Range<UInt64> {
            var chance = SeededGenerator(seed: seed)
            let gaps = (0..<30).map { _ in Int(chance.next() % 1_500) + 1 }
            let limit = Int(chance.next() % 5)
            let seconds = Int(chance.next() % 3) + 1
            var now = 0
            var stamps: [Int] = []
            let expected = gaps.firstIndex { gap in
                now += gap
                stamps.append(now)
                let counted = stamps.filter { stamp in
                    resolution == .wholeSeconds
                        ? stamp / 1_000 >= now / 1_000 - seconds : stamp >= now - seconds * 1_000
                }
                return counted.count > limit
            }
            let intensity = RestartIntensity(limit, within: .seconds(seconds), resolution: resolution)
            #expect(crashThatEnds(gaps, intensity, seed: seed) == expected.map { $0 + 1 }, "seed \(seed)")
        }
    }

    @Test("With one restart in five seconds, a second crash within them ends the supervisor with shutdown (case 90)")
    func erlangDefault() {
        #expect(crashThatEnds([0, 0], RestartIntensity(1)) == 2)
        #expect(crashThatEnds([0, 4_999], RestartIntensity(1)) == 2)
        #expect(crashThatEnds([0, 5_001, 5_001, 4_999], RestartIntensity(1)) == 4)
    }

    @Test("By default three restarts in five seconds are made and the fourth ends the supervisor (case 91)")
    func defaults() {
        #expect(crashThatEnds([0, 1_000, 1_000], RestartIntensity()) == nil)
        #expect(crashThatEnds([0, 1_000, 1_000, 1_000], RestartIntensity()) == 4)
        #expect(crashThatEnds(Array(repeating: 2_000, count: 40), RestartIntensity()) == nil)
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    Supervisor("plain", restart: .temporary) { scripted("a", Journal()) }
                    DynamicSupervisor("pool", name: "pool", restart: .temporary)
                }
            )
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            try await pool.startChild(scripted("a", Journal()))
            for path in ["plain/a", "pool/a"] {
                for _ in 0..<3 { try await runtime.crash(path) }
                #expect(runtime.process(path) != nil)
                try await runtime.crash(path)
                #expect(runtime.process(path) == nil)
            }
            #expect("\(await pool.exitReason())" == "shutdown")
        }
    }

    @Test("With an intensity of zero nothing is restarted, and the supervisor ends with shutdown (case 92)")
    func zero() {
        #expect(crashThatEnds([0], RestartIntensity(0)) == 1)
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(Supervisor(intensity: RestartIntensity(0)) { scripted("a", journal) })
            try await simulation.runtime.end("a", .normal)
            #expect(journal.all == ["start a", "stop a normal"])
        }
    }

    @Test("A restart exactly one period ago still counts, and in whole seconds up to a second longer (case 94)")
    func edgeOfTheWindow() {
        #expect(crashThatEnds([0, 5_000], RestartIntensity(1)) == 2)
        #expect(crashThatEnds([0, 5_001], RestartIntensity(1)) == nil)
        let whole = RestartIntensity(1, within: .seconds(1), resolution: .wholeSeconds)
        #expect(crashThatEnds([100, 1_800], whole) == 2)
        #expect(crashThatEnds([900, 1_101], whole) == nil)
        #expect(crashThatEnds([0, 1_999], whole) == 2)
        #expect(crashThatEnds([0, 2_000], whole) == nil)
    }

    @Test("Crashes always further apart than the period are survived for ever (case 95)")
    func farApart() {
        let spaced = Array(repeating: 2_100, count: 50)
        #expect(crashThatEnds(spaced, RestartIntensity(1, within: .seconds(1), resolution: .wholeSeconds)) == nil)
        #expect(crashThatEnds(spaced, RestartIntensity(1, within: .seconds(1))) == nil)
    }

    @Test("Every failing attempt at a restart counts as one, without a wait between attempts (case 96)")
    func attemptsCount() {
        for (failures, survives) in [(3, true), (4, false)] {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(intensity: RestartIntensity(4)) {
                        scripted("a", journal, starts: [.works] + Array(repeating: .fails, count: failures))
                    }
                )
                _ = simulation.runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
                try await simulation.runtime.quiet()
                #expect(root.isDead != survives)
                #expect(journal.all.count { $0 == "fail a" } == failures)
            }
        }
    }

    @Test(
        "With an intensity of five a child that cannot start again is tried five times, then there is shutdown (case 97)"
    )
    func fiveAttempts() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(5)) {
                    scripted("a", journal, starts: [.works, .failsForEver])
                }
            )
            try await simulation.runtime.end("a", .killed)
            #expect(journal.all == ["start a"] + Array(repeating: "fail a", count: 5))
            #expect("\(await root.exitReason())" == "shutdown")
        }
    }

    @Test("A child that can never be restarted ends its supervisor with shutdown, allowed one restart or ten (case 99)")
    func neverAgain() {
        for limit in [1, 10] {
            simulate { simulation in
                let runtime = simulation.runtime
                try await runtime.start(
                    Supervisor {
                        DynamicSupervisor(
                            "pool",
                            name: "pool",
                            intensity: RestartIntensity(limit),
                            restart: .temporary
                        )
                    }
                )
                let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
                let journal = Journal()
                try await pool.startChild(scripted("a", journal, starts: [.works, .failsForEver]))
                try await runtime.end("pool/a", .killed)
                #expect(journal.all == ["start a"] + Array(repeating: "fail a", count: limit))
                #expect(pool.isDead)
                if pool.isDead { #expect("\(await pool.exitReason())" == "shutdown") }
            }
        }
    }

    @Test("Terminating and restarting a child on request never counts (case 100)")
    func onRequest() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(0)) { scripted("a", Journal()) }
            )
            for _ in 0..<10 {
                try await root.terminateChild("a")
                #expect(try await root.restartChild("a") != nil)
            }
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("Clean ends of transient children and all ends of temporary ones never count (case 101)")
    func uncounted() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(1)) {
                    scripted("a", Journal(), restart: .transient)
                    scripted("p", Journal())
                }
            )
            for reason in [ExitReason.normal, .shutdown, .shutdownBecause(Boom()), .crash(Boom()), .killed] {
                try await root.startChild(scripted("t", Journal(), restart: .temporary))
                try await runtime.end("t", reason)
                guard reason.isClean else { continue }
                try await runtime.end("a", reason)
                try await root.restartChild("a")
            }
            try await runtime.crash("p")
            #expect(!root.isDead)
            try await runtime.crash("p")
            #expect(root.isDead)
        }
    }

    @Test(
        "A group restart counts once, however many children it restarts (case 102)",
        arguments: [Strategy.oneForAll, .restForOne]
    )
    func groupCountsOnce(strategy: Strategy) {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy, intensity: RestartIntensity(2)) {
                    for id in 0..<9 { scripted(ChildID(id), Journal()) }
                }
            )
            for _ in 0..<2 { try await simulation.runtime.crash("0") }
            #expect(!root.isDead)
            try await simulation.runtime.crash("0")
            #expect(root.isDead)
        }
    }

    @Test("A supervisor that gives up says so, stops its children last first, and ends with shutdown (case 104)")
    func givingUp() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(0)) {
                    scripted("b", journal)
                    scripted("a", journal)
                    scripted("c", journal)
                }
            )
            _ = journal.take()
            try await simulation.runtime.end("a", .killed)
            #expect(root.isDead)
            #expect(journal.all == ["stop c shutdown", "stop b shutdown"])
            let events = simulation.logs.events(named: "supervisor.gave_up")
            #expect(events.map(\.level) == [.error])
            #expect(events.first?.logfmt.contains("restarts=0 period=5.0s") == true)
            if root.isDead { #expect("\(await root.exitReason())" == "shutdown") }
        }
    }

    @Test("A supervisor that was itself restarted counts from nothing (case 105)")
    func freshHistory() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(2)) {
                    Supervisor("sub", intensity: RestartIntensity(1)) { scripted("a", Journal()) }
                }
            )
            for _ in 0..<5 { try await simulation.runtime.crash("sub/a") }
            #expect(!root.isDead)
            #expect(try root.children().first?.restarts == 2)
        }
    }

    /// A clock whose civil time is a day later at each look, or stands still.
    private struct UnsteadyClock: RuntimeClock {
        let steady: VirtualClock
        let jump: Int64
        private let looks = Lock<Int64>(0)

        init(_ steady: VirtualClock, jump: Duration) {
            self.steady = steady
            self.jump = jump.wholeNanoseconds / 1_000
        }

        func now() -> RuntimeInstant { steady.now() }

        func civilMicroseconds() -> Int64 {
            looks.withLock { looks in
                looks += 1
                return looks * jump
            }
        }

        func schedule(at deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
            steady.schedule(at: deadline, action)
        }
    }

    @Test("A jump of the civil time does not touch the counting (case 106)")
    func civilTimeJumps() {
        for (gap, jump, survives) in [
            (1, 86_400, false), (1, 0, false), (3, 86_400, true), (3, 0, true), (3, -9, true),
        ] {
            simulate(seeds: 0..<3) { simulation in
                var environment = simulation.runtime.environment
                environment.clock = UnsteadyClock(simulation.clock, jump: .seconds(jump))
                let runtime = Runtime(environment)
                let root = try await runtime.start(
                    Supervisor(intensity: RestartIntensity(2, within: .seconds(5))) { scripted("a", Journal()) }
                )
                for _ in 0..<3 {
                    _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
                    try await runtime.sleep(for: .seconds(gap))
                }
                #expect(root.isDead != survives)
                await runtime.shutdown()
            }
        }
    }

    @Test("An intensity changed while the supervisor runs applies to the restarts already counted (case 107)")
    func changed() {
        for (limit, survives) in [(2, false), (3, true)] {
            simulate { simulation in
                let runtime = simulation.runtime
                let root = try await runtime.start(
                    Supervisor(intensity: RestartIntensity(9)) { scripted("a", Journal()) }
                )
                for _ in 0..<2 { try await runtime.crash("a") }
                try await root.change(intensity: RestartIntensity(limit))
                #expect(!root.isDead)
                try await runtime.crash("a")
                #expect(root.isDead != survives)
            }
        }
    }
}
