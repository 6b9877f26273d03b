import Mangrove
import MangroveTesting
import Testing

@Suite("Supervisor: restart types and strategies") struct RestartConformanceTests {
    private static let reasons: [ExitReason] = [.normal, .shutdown, .shutdownBecause(Boom()), .crash(Boom()), .killed]

    @Test("A permanent child is restarted whatever it ended with (cases 50, 51, 52)", arguments: 0..<5)
    func permanent(reason: Int) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal) })
            let before = simulation.runtime.process("a")
            try await simulation.runtime.end("a", Self.reasons[reason])
            #expect(simulation.runtime.process("a") != nil)
            #expect(simulation.runtime.process("a") != before)
            #expect(try root.children().first?.restarts == 1)
        }
    }

    @Test(
        "A transient child is restarted unless it ended cleanly, and can then be started by hand (cases 54, 55)",
        arguments: 0..<5
    )
    func transient(reason: Int) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal, restart: .transient) })
            try await simulation.runtime.end("a", Self.reasons[reason])
            if Self.reasons[reason].isClean {
                #expect(try root.children().map(\.state) == [.stopped])
                #expect(try await root.restartChild("a") != nil)
            }
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("A temporary child is never restarted, and its id can be used again (cases 56, 57)", arguments: 0..<5)
    func temporary(reason: Int) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal, restart: .temporary) })
            try await simulation.runtime.end("a", Self.reasons[reason])
            #expect(try root.childCounts().specs == 0)
            #expect(try await root.startChild(scripted("a", journal)) != nil)
        }
    }

    @Test("A restarted child has a new identity, a fresh state and its old place (case 59)")
    func newIncarnation() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", journal)
                    scripted("b", journal)
                }
            )
            let old = try root.child("a", as: Scripted.self)
            try await old.call { $0.set(7) }
            try await runtime.crash("a")
            let new = try root.child("a", as: Scripted.self)
            #expect(new != old)
            #expect(try await new.call { $0.state } == 0)
            #expect(try root.children().map(\.id) == ["a", "b"])
            await #expect(throws: CallError.self) { try await old.call { $0.state } }
        }
    }

    private func three(
        _ strategy: Strategy,
        _ expected: [String],
        crashing: String = "2",
        restart: RestartType = .permanent,
        count: Int = 3
    ) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy) {
                    for id in 1...count { scripted(ChildID(id), journal) }
                }
            )
            _ = journal.take()
            try await simulation.runtime.end(crashing, .killed)
            #expect(journal.all == expected)
            #expect(try root.childCounts().active == count)
        }
    }

    @Test("One for one replaces the child that crashed, and only it (case 64)")
    func oneForOne() {
        three(.oneForOne, ["start 2"])
    }

    @Test("One for all stops the others last first and starts all in order (case 65)")
    func oneForAll() {
        three(.oneForAll, ["stop 3 shutdown", "stop 1 shutdown", "start 1", "start 2", "start 3"])
    }

    @Test("Rest for one stops those that started later, last first, and starts them in order (cases 66, 67)")
    func restForOne() {
        three(.restForOne, ["stop 3 shutdown", "start 2", "start 3"])
        three(
            .restForOne,
            ["stop 5 shutdown", "stop 4 shutdown", "start 3", "start 4", "start 5"],
            crashing: "3",
            count: 5
        )
    }

    @Test("A group restart brings back siblings that had ended cleanly or were stopped by hand (cases 69, 70, 71)")
    func resurrection() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: .oneForAll) {
                    scripted("a", journal, restart: .transient)
                    scripted("b", journal)
                    scripted("c", journal)
                }
            )
            try await simulation.runtime.end("a", .normal)
            try await root.terminateChild("c")
            try await simulation.runtime.crash("b")
            #expect(try root.childCounts().active == 3)
        }
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
        }
    }

    @Test("Simultaneous deaths count once under one for all, and each under one for one (cases 74, 75)")
    func simultaneous() {
        for (strategy, survives) in [(Strategy.oneForAll, true), (.oneForOne, false)] {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(strategy: strategy, intensity: RestartIntensity(1)) {
                        for id in 1...3 { scripted(ChildID(id), journal) }
                    }
                )
                for id in 1...3 { _ = simulation.runtime.crash(at: "supervisor/\(id)", with: Boom(), kill: true) }
                try await simulation.runtime.quiet()
                #expect(root.isDead != survives)
            }
        }
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

    @Test(
        "A supervisor in a loop of failing restarts still answers, shows it, and can be stopped (cases 79, 80, 81, 82, 121)"
    )
    func failingLoop() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(1_000_000)) {
                    scripted("a", journal, starts: [.works, .failsForEver])
                }
            )
            _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
            while try root.children().first?.state != .restarting { await Task.yield() }
            let counts = try root.childCounts()
            #expect((counts.specs, counts.active, counts.workers) == (1, 0, 1))
            await #expect(throws: SupervisorError.self) { try await root.restartChild("a") }
            await #expect(throws: SupervisorError.self) { try await root.deleteChild("a") }
            await #expect {
                try await root.startChild(scripted("a", journal))
            } throws: { error in
                if case SupervisorError.alreadyPresent("a") = error { true } else { false }
            }
            if simulation.seed % 2 == 0 {
                try await root.terminateChild("a")
                #expect(try root.children().map(\.state) == [.stopped])
                let attempts = journal.all.count
                try await runtime.sleep(for: .seconds(1))
                #expect(journal.all.count == attempts)
            } else {
                await root.stop(.shutdown)
                #expect(root.isDead)
            }
        }
    }

    @Test("A sub-supervisor that gave up is restarted if it is permanent, and not if it is transient (cases 85, 86)")
    func givingUpIsClean() {
        for (restart, comesBack) in [(RestartType.permanent, true), (.transient, false)] {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor {
                        Supervisor("sub", intensity: RestartIntensity(0), restart: restart) { scripted("a", journal) }
                    }
                )
                try await simulation.runtime.crash("sub/a")
                #expect((simulation.runtime.process("sub/a") != nil) == comesBack)
                #expect(try root.children().first?.restarts == (comesBack ? 1 : 0))
                #expect(try root.children().first?.lastExit.map { "\($0)" } == "shutdown")
            }
        }
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
