import MangroveTesting
import Testing

@testable import Mangrove

@Suite("Restarts that wait, and budgets of single children") struct BackoffTests {
    private let steady = Backoff(
        initial: .seconds(1),
        maximum: .seconds(5),
        factor: 2,
        jitter: 0,
        resetAfter: .seconds(60)
    )

    private func seconds(_ runtime: Runtime) -> Double {
        Double(runtime.clock.now().nanoseconds / 1_000_000) / 1_000
    }

    @Test("Waits double up to the longest, and start over once the child has stayed up long enough")
    func doubling() {
        simulate { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(100)) { scripted("a", journal, name: "a").backoff(steady) }
            )
            for (wait, up) in [(1, 0), (2, 59), (4, 0), (5, 0), (5, 0), (1, 60), (2, 0), (1, 61), (2, 3)] {
                try await runtime.sleep(for: .seconds(up))
                let before = try root.child("a", as: Scripted.self)
                let ended = runtime.clock.now()
                try await runtime.crash("a")
                let info = try #require(try root.children().first)
                #expect(info.state == .restarting)
                #expect(info.nextAttempt.map { ended.duration(to: $0) } == .seconds(wait))
                let node = runtime.tree().node(at: "supervisor/a")
                #expect(node?.state == .restarting)
                #expect(node?.retryIn == .seconds(wait) - .nanoseconds(1))
                _ = try await runtime.address("a", of: Scripted.self).resolve(after: before, within: .seconds(9))
                #expect(ended.duration(to: runtime.clock.now()) == .seconds(wait))
                #expect(try root.children().first?.nextAttempt == nil)
            }
            #expect(try root.children().first?.restarts == 9)
        }
    }

    @Test("Chance shortens a wait by its part at most, and differently each time")
    func jitter() {
        let limits = RestartLimits(Backoff(initial: .seconds(8), maximum: .seconds(8), jitter: 0.5), nil)
        var tracks = RestartTracks<Int>(seed: 7)
        let waits = (0..<1_000).compactMap { _ in tracks.wait(1, limits, at: nil) }
        #expect(waits.count == 1_000)
        #expect(waits.allSatisfy { $0 > .seconds(4) && $0 <= .seconds(8) })
        #expect(Set(waits).count > 990)
        #expect((waits.min() ?? .zero) < .milliseconds(4_100))
        #expect((waits.max() ?? .zero) > .milliseconds(7_900))
    }

    @Test(
        "A factor so large that the product cannot be represented leads to the longest wait, not to a trap",
        arguments: [1e300, .greatestFiniteMagnitude, 1e21],
        [Duration.seconds(30), .seconds(Int64.max)]
    )
    func hugeFactor(factor: Double, maximum: Duration) {
        let backoff = Backoff(initial: .milliseconds(100), maximum: maximum, factor: factor, jitter: 0)
        #expect(backoff.isValid)
        var tracks = RestartTracks<Int>(seed: 7)
        let waits = (0..<3).compactMap { _ in tracks.wait(1, RestartLimits(backoff, nil), at: nil) }
        #expect(waits == [.milliseconds(100), maximum, maximum])
    }

    @Test("No factor makes a wait of nothing longer")
    func zeroInitial() {
        let backoff = Backoff(initial: .zero, factor: 1e300, jitter: 0)
        var tracks = RestartTracks<Int>(seed: 7)
        let waits = (0..<3).compactMap { _ in tracks.wait(1, RestartLimits(backoff, nil), at: nil) }
        #expect(waits == [.zero, .zero, .zero])
    }

    @Test(
        "Siblings that are restarted with a child stop at once, wait with it, and start with it",
        arguments: Strategy.allCases
    )
    func siblings(strategy: Strategy) {
        simulate { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            try await runtime.start(
                Supervisor(strategy: strategy) {
                    scripted("a", journal)
                    scripted("b", journal).backoff(steady)
                    scripted("c", journal)
                }
            )
            _ = journal.take()
            try await runtime.crash("b")
            let stops = ["stop c shutdown", "stop a shutdown"].prefix(
                strategy == .oneForOne ? 0 : strategy == .restForOne ? 1 : 2
            )
            #expect(journal.take().filter { $0.hasSuffix("shutdown") } == Array(stops))
            try await runtime.sleep(for: .seconds(2))
            let starts: [String] =
                switch strategy {
                case .oneForOne: ["start b"]
                case .oneForAll: ["start a", "start b", "start c"]
                case .restForOne: ["start b", "start c"]
                }
            #expect(journal.take() == starts)
        }
    }

    @Test(
        "A restart counts when it is made: waits keep a supervisor from giving up, and what is called off does not count"
    )
    func intensity() {
        simulate { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(1, within: .milliseconds(900))) {
                    scripted("a", journal, starts: [.works, .fails, .fails, .works]).backoff(steady)
                }
            )
            try await runtime.crash("a")
            try await runtime.sleep(for: .seconds(7.5))
            #expect(journal.take() == ["start a", "stop a crash: Boom()", "fail a", "fail a", "start a"])
            #expect(try root.childCounts().active == 1)
            for _ in 0..<10 {
                try await runtime.crash("a")
                try await root.terminateChild("a")
                try await root.restartChild("a")
            }
            #expect(!root.isDead)
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("While a child waits it can be terminated, restarted at once with those that wait with it, and shut down")
    func requests() {
        simulate(seeds: 0..<20) { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted("a", journal, starts: [.works, .fails]).backoff(steady)
                    scripted("b", journal)
                }
            )
            try await runtime.crash("a")
            await #expect(throws: SupervisorError.self) { try await root.deleteChild("a") }
            await #expect(throws: SupervisorError.self) { try await root.restartChild("a") }
            #expect(try root.children().map(\.state) == [.restarting, .stopped])
            let process = try await root.restartChild("a")
            #expect(try root.childCounts().active == 2)
            #expect(process == runtime.process("a"))
            #expect(seconds(runtime) < 0.1)
            try await runtime.sleep(for: .seconds(20))
            #expect(process == runtime.process("a"))
            try await runtime.crash("a")
            try await root.terminateChild("a")
            try await runtime.sleep(for: .seconds(20))
            #expect(try root.children().first?.state == .stopped)
            try await root.restartChild("a")
            try await runtime.crash("a")
            let now = runtime.clock.now()
            await root.stop(.shutdown, within: nil)
            #expect(runtime.clock.now() == now)
        }
    }

    @Test("A child that has used its own budget up is left stopped while its siblings go on, and can be started again")
    func leftStopped() {
        for wait in [nil, steady] {
            simulate { simulation in
                let runtime = simulation.runtime
                let journal = Journal()
                let child = scripted("b", journal)
                    .restartBudget(2, within: .seconds(100), whenUsedUp: .childStaysStopped)
                let root = try await runtime.start(
                    Supervisor(strategy: .oneForAll, intensity: RestartIntensity(2, within: .seconds(100))) {
                        scripted("a", journal)
                        if let wait { child.backoff(wait) } else { child }
                        scripted("c", journal)
                    }
                )
                for _ in 0..<3 {
                    try await runtime.crash("b")
                    try await runtime.sleep(for: .seconds(6))
                }
                #expect(try root.children().map { $0.process != nil } == [true, false, true])
                #expect(try root.children().map(\.state)[1] == .stopped)
                #expect(simulation.logs.events(named: "supervisor.child.left_stopped").count == 1)
                try await root.restartChild("b")
                #expect(try root.childCounts().active == 3)
                // The refused restart has not been counted twice: the supervisor's own limit is used up exactly now.
                try await runtime.crash("a")
                #expect(root.isDead)
            }
        }
    }

    @Test("A budget can end the supervisor, before its own intensity would")
    func givesUp() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(100)) {
                    scripted("a", Journal()).restartBudget(1, within: .seconds(5), whenUsedUp: .supervisorGivesUp)
                }
            )
            try await runtime.crash("a")
            #expect(!root.isDead)
            try await runtime.crash("a")
            #expect("\(await root.exitReason())" == "shutdown")
        }
    }

    @Test("A dynamic supervisor's children wait and use up budgets each for itself; one that is used up is forgotten")
    func dynamic() {
        simulate { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            try await runtime.start(
                Supervisor { DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(9)) }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            for id: ChildID in ["a", "b"] {
                try await pool.startChild(
                    scripted(id, journal).backoff(steady)
                        .restartBudget(1, within: .seconds(50), whenUsedUp: .childStaysStopped)
                )
            }
            let b = try #require(runtime.process("pool/b"))
            try await runtime.crash("pool/a")
            try await runtime.crash("pool/b")
            #expect(try pool.children().map(\.state) == [.restarting, .restarting])
            #expect(try pool.children().allSatisfy { $0.nextAttempt != nil })
            try await pool.terminateChild(b)
            #expect(try pool.children().count == 1)
            try await runtime.sleep(for: .seconds(2))
            #expect(try pool.childCounts().active == 1)
            try await runtime.crash("pool/a")
            try await runtime.sleep(for: .seconds(3))
            #expect(try pool.children().isEmpty)
            #expect(runtime.process("pool") != nil)
        }
    }

    @Test("A dynamic supervisor's child whose restart fails waits longer; a budget can end that supervisor too")
    func dynamicFails() {
        simulate { [steady] simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor {
                    DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(9), restart: .temporary)
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            try await pool.startChild(scripted("a", journal, starts: [.works, .fails, .works]).backoff(steady))
            _ = journal.take()
            try await runtime.crash("pool/a")
            try await runtime.sleep(for: .milliseconds(2_900))
            #expect(journal.take() == ["stop a crash: Boom()", "fail a"])
            try await runtime.sleep(for: .milliseconds(200))
            #expect(journal.take() == ["start a"])
            try await pool.startChild(
                scripted("b", journal).restartBudget(0, within: .seconds(5), whenUsedUp: .supervisorGivesUp)
            )
            try await runtime.crash("pool/b")
            #expect(runtime.process("pool") == nil)
            #expect(!root.isDead)
        }
    }

    @Test("A significant child that has used its budget up has ended for good: its supervisor may end with it")
    func significant() {
        for wait in [nil, steady] {
            simulate { simulation in
                let child = scripted("a", Journal(), restart: .transient, isSignificant: true)
                    .restartBudget(0, within: .seconds(5), whenUsedUp: .childStaysStopped)
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .anySignificant) {
                        if let wait { child.backoff(wait) } else { child }
                        scripted("b", Journal())
                    }
                )
                try await simulation.runtime.crash("a")
                try await simulation.runtime.sleep(for: .seconds(2))
                #expect("\(await root.exitReason())" == "shutdown")
            }
        }
    }

    @Test("A backoff or budget that makes no sense is refused before anything starts")
    func invalid() {
        simulate(seeds: 0..<1) { simulation in
            let wrong = [
                Backoff(initial: .seconds(-1)), Backoff(initial: .seconds(2), maximum: .seconds(1)),
                Backoff(factor: 0.5),
                Backoff(factor: .nan), Backoff(jitter: 1.1), Backoff(jitter: -0.1), Backoff(resetAfter: .zero),
            ]
            for backoff in wrong {
                await #expect(throws: SpecError.self) {
                    try await simulation.runtime.start(Supervisor { scripted("a", Journal()).backoff(backoff) })
                }
            }
            await #expect(throws: SpecError.negativeIntensity(-1)) {
                try await simulation.runtime.start(
                    Supervisor {
                        scripted("a", Journal()).restartBudget(-1, within: .seconds(1), whenUsedUp: .supervisorGivesUp)
                    }
                )
            }
        }
    }
}
