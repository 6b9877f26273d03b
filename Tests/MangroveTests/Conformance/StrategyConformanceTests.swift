import Mangrove
import MangroveTesting
import Testing

@Suite("Strategies") struct StrategyConformanceTests {
    private func three(
        _ strategy: Strategy,
        _ expected: [String],
        crashing: String = "2",
        count: Int = 3,
        location: SourceLocation = #_sourceLocation
    ) {
        simulate(location: location) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy) {
                    for id in 1...count { scripted(ChildID(id), journal) }
                }
            )
            _ = journal.take()
            let before = try root.children().map(\.process)
            try await simulation.runtime.end(crashing, .killed)
            #expect(journal.all == expected, sourceLocation: location)
            #expect(try root.childCounts().active == count, sourceLocation: location)
            // Who was not started again is the same process as before.
            for (child, process) in zip(try root.children(), before) {
                let isNew = expected.contains("start \(child.id)")
                #expect((child.process != process) == isNew, sourceLocation: location)
            }
        }
    }

    @Test("One for one replaces the child that crashed, and only it (case 64)")
    func oneForOne() {
        three(.oneForOne, ["start 2"])
    }

    @Test("One for all stops the others last first, each as its own policy says, and starts all in order (case 65)")
    func oneForAll() {
        three(.oneForAll, ["stop 3 shutdown", "stop 1 shutdown", "start 1", "start 2", "start 3"])
        three(.oneForAll, ["stop 3 shutdown", "stop 2 shutdown", "start 1", "start 2", "start 3"], crashing: "1")
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted("killed", journal, shutdown: .brutalKill)
                    scripted("crashing", journal)
                    scripted("patient", journal, shutdown: .infinity, terminating: .seconds(60))
                }
            )
            _ = journal.take()
            try await simulation.runtime.end("crashing", .killed)
            try await simulation.runtime.sleep(for: .seconds(61))
            #expect(journal.all == ["stop patient shutdown", "start killed", "start crashing", "start patient"])
        }
    }

    @Test("Rest for one stops those that started later and starts them again behind the one that crashed (case 66)")
    func restForOne() {
        three(.restForOne, ["stop 3 shutdown", "start 2", "start 3"])
        three(.restForOne, ["start 3"], crashing: "3")
    }

    @Test("With five under rest for one, those behind the third stop backwards and start forwards (case 67)")
    func restForOneOfFive() {
        three(
            .restForOne,
            ["stop 5 shutdown", "stop 4 shutdown", "start 3", "start 4", "start 5"],
            crashing: "3",
            count: 5
        )
    }

    @Test("Under one for all a transient child that had ended cleanly comes back with a crashed sibling (case 69)")
    func endedComesBack() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted("a", journal, restart: .transient)
                    scripted("b", journal)
                }
            )
            try await simulation.runtime.end("a", .normal)
            #expect(try root.childCounts().active == 1)
            try await simulation.runtime.crash("b")
            #expect(try root.childCounts().active == 2)
        }
    }

    @Test("Under one for all a child stopped on request comes back with a crashed sibling (case 70)")
    func stoppedComesBack() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted("a", journal)
                    scripted("b", journal)
                }
            )
            try await root.terminateChild("a")
            #expect(try root.childCounts().active == 1)
            try await simulation.runtime.crash("b")
            #expect(try root.childCounts().active == 2)
        }
    }

    @Test("Under rest for one a stopped child comes back with a crashed sibling before it, not behind it (case 71)")
    func laterStoppedComesBack() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: .restForOne) {
                    scripted("a", journal)
                    scripted("b", journal)
                    scripted("d", journal)
                }
            )
            try await root.terminateChild("a")
            try await root.terminateChild("d")
            try await simulation.runtime.crash("b")
            #expect(try root.children().map { $0.process != nil } == [false, true, true])
        }
    }

    @Test(
        "A temporary bystander that a group restart stops is gone for good (case 72)",
        arguments: [Strategy.oneForAll, .restForOne]
    )
    func temporaryBystander(strategy: Strategy) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy) {
                    scripted("a", journal)
                    scripted("b", journal, restart: .temporary)
                }
            )
            try await simulation.runtime.crash("a")
            #expect(try root.children().map(\.id) == ["a"])
            #expect(journal.all.count { $0 == "start b" } == 1)
            #expect(journal.all.contains("stop b shutdown"))
        }
    }

    private func dyingTogether(
        _ strategy: Strategy,
        _ intensity: Int,
        survives: Bool,
        location: SourceLocation = #_sourceLocation
    ) {
        simulate(location: location) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy, intensity: RestartIntensity(intensity)) {
                    for id in 1...3 { scripted(ChildID(id), journal) }
                }
            )
            for id in 1...3 { _ = simulation.runtime.crash(at: "supervisor/\(id)", with: Boom(), kill: true) }
            try await simulation.runtime.quiet()
            #expect(root.isDead != survives, sourceLocation: location)
            if survives { #expect(try root.childCounts().active == 3, sourceLocation: location) }
        }
    }

    @Test("Under one for all children that die together count as one restart (case 74)")
    func togetherUnderOneForAll() {
        dyingTogether(.oneForAll, 1, survives: true)
        dyingTogether(.oneForAll, 0, survives: false)
    }

    @Test("Under one for one children that die together count one restart each (case 75)")
    func togetherUnderOneForOne() {
        dyingTogether(.oneForOne, 1, survives: false)
        dyingTogether(.oneForOne, 2, survives: false)
        dyingTogether(.oneForOne, 3, survives: true)
    }

    @Test("One for all starts the whole set again when a member fails to come back (case 76)")
    func oneForAllMemberFails() {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted(1, journal)
                    scripted(2, journal, starts: [.works, .fails])
                }
            )
            _ = journal.take()
            try await simulation.runtime.end("1", .killed)
            #expect(journal.all == ["stop 2 shutdown", "start 1", "fail 2", "stop 1 shutdown", "start 1", "start 2"])
        }
    }

    @Test("Rest for one tries again from the member that failed to come back (case 77)")
    func restForOneMemberFails() {
        simulate { simulation in
            let journal = Journal()
            try await simulation.runtime.start(
                Supervisor(strategy: .restForOne) {
                    scripted(1, journal)
                    scripted(2, journal, starts: [.works, .fails])
                    scripted(3, journal)
                }
            )
            _ = journal.take()
            try await simulation.runtime.end("1", .killed)
            #expect(journal.all == ["stop 3 shutdown", "stop 2 shutdown", "start 1", "fail 2", "start 2", "start 3"])
        }
    }

    /// Runs `body` while the child `a` of a supervisor fails to restart, over and over.
    private func inFailingLoop(
        _ body: @escaping @Sendable (Simulation, Ref<SupervisorProcess>, Journal) async throws -> Void
    ) {
        for strategy in Strategy.allCases {
            simulate(seeds: 0..<4) { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(strategy: strategy, intensity: RestartIntensity(1_000_000)) {
                        scripted("a", journal, starts: [.works, .failsForEver])
                    }
                )
                _ = simulation.runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
                while try root.children().first?.state != .restarting { await Task.yield() }
                try await body(simulation, root, journal)
            }
        }
    }

    @Test("A child between two attempts at its restart shows as restarting and counts, but not as active (case 79)")
    func showsAsRestarting() {
        inFailingLoop { _, root, _ async throws in
            #expect(try root.children().map(\.state) == [.restarting])
            #expect(try root.children().map(\.process) == [nil])
            let counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.workers) == (1, 0, 1))
        }
    }

    @Test(
        "A child between two attempts at its restart is not restarted or deleted on request, and its id is kept (case 80)"
    )
    func restartingIsRefused() {
        inFailingLoop { _, root, journal async throws in
            #expect(await refusal { try await root.restartChild("a") } == "child 'a' is being restarted")
            #expect(await refusal { try await root.deleteChild("a") } == "child 'a' is being restarted")
            await #expect {
                try await root.startChild(scripted("a", journal))
            } throws: { error in
                if case SupervisorError.alreadyPresent("a") = error { true } else { false }
            }
        }
    }

    @Test(
        "Terminating a child between two attempts at its restart calls them off and keeps its specification (case 81)"
    )
    func restartingIsTerminated() {
        inFailingLoop { simulation, root, journal async throws in
            try await root.terminateChild("a")
            #expect(try root.children().map(\.state) == [.stopped])
            let attempts = journal.all.count
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(journal.all.count == attempts)
            // On request it is tried again, once.
            await #expect(throws: SupervisorError.self) { try await root.restartChild("a") }
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(journal.all.count == attempts + 1)
        }
    }

    @Test("A supervisor whose child fails to restart over and over answers requests and stops promptly (case 82)")
    func loopCanBeStopped() {
        inFailingLoop { simulation, root, journal async throws in
            #expect(try await root.startChild(scripted("b", journal)) != nil)
            #expect(journal.all.count < 1_000)
            #expect("\(await root.stop(.shutdown, within: nil))" == "shutdown")
            #expect(simulation.clock.now().nanoseconds == 0)
        }
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor { DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(1_000_000)) }
            )
            let pool = try runtime.address("pool", of: DynamicSupervisorProcess.self).resolve()
            try await pool.startChild(scripted("a", journal, starts: [.works, .failsForEver]), as: Scripted.self)?
                .kill()
            while try pool.children().first?.state != .restarting { await Task.yield() }
            #expect(try await pool.startChild(scripted("b", journal)) != nil)
            let stopped = pool
            await stopped.stop(.shutdown, within: nil)
            #expect(journal.all.contains("stop b shutdown"))
        }
    }

    @Test("A dynamic child between two attempts at its restart is terminated by the process it last was (case 84)")
    func dynamicRestarting() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor { DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(1_000_000)) }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            let child = try await pool.startChild(
                scripted("b", journal, starts: [.works, .failsForEver]),
                as: Scripted.self
            )
            child?.kill()
            while try pool.children().first?.state != .restarting { await Task.yield() }
            let counts = try pool.childCounts()
            #expect((counts.specs, counts.active, counts.workers) == (1, 0, 1))
            try await pool.terminateChild(try #require(child?.id))
            #expect(try pool.childCounts().specs == 0)
            let attempts = journal.all.count
            try await runtime.sleep(for: .seconds(1))
            #expect(journal.all.count == attempts)
        }
    }

    private func givingUp(_ restart: RestartType, comesBack: Bool, location: SourceLocation = #_sourceLocation) {
        simulate(location: location) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(1)) {
                    Supervisor("sub", intensity: RestartIntensity(0), restart: restart) { scripted("a", journal) }
                }
            )
            try await simulation.runtime.crash("sub/a")
            #expect((simulation.runtime.process("sub/a") != nil) == comesBack, sourceLocation: location)
            #expect(try root.children().first?.restarts == (comesBack ? 1 : 0), sourceLocation: location)
            let reason = try root.children().first?.lastExit
            #expect(reason.map { "\($0)" } == "shutdown", sourceLocation: location)
            guard comesBack else { return }
            try await simulation.runtime.crash("sub/a")
            #expect(root.isDead, sourceLocation: location)
        }
    }

    @Test("A permanent sub-supervisor that gave up is restarted, which counts in its own supervisor (case 85)")
    func permanentGaveUp() {
        givingUp(.permanent, comesBack: true)
    }

    @Test("A transient sub-supervisor that gave up is not restarted, for giving up is a clean end (case 86)")
    func transientGaveUp() {
        givingUp(.transient, comesBack: false)
    }

    @Test("When a supervisor is killed its children end, and its successor starts when they have (case 87)")
    func supervisorKilled() {
        simulate(seeds: 0..<100, leavingTimers: true) { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    Supervisor("sub") {
                        scripted("a", journal, name: "a", terminating: .seconds(2))
                        Supervisor("deep") { scripted("b", journal, name: "b", terminating: .seconds(9)) }
                    }
                }
            )
            _ = journal.take()
            _ = runtime.crash(at: "supervisor/sub", with: Boom(), kill: true)
            try await runtime.sleep(for: .seconds(60))
            // b overran its five seconds; what it writes after that is a dead process speaking.
            #expect(journal.all.prefix(3) == ["stop a killed", "start a", "start b"])
            #expect(runtime.process("sub/deep/b") != nil)
        }
    }
}
