import Mangrove
import MangroveTesting
import Testing

@Suite("Specifications: checked before anything starts") struct SpecConformanceTests {
    private func refused(
        _ expected: SpecError,
        location: SourceLocation = #_sourceLocation,
        _ make: @escaping @Sendable (Journal) -> Supervisor
    ) {
        simulate(seeds: 0..<1, location: location) { simulation in
            let journal = Journal()
            await #expect(throws: expected, sourceLocation: location) {
                try await simulation.runtime.start(
                    Supervisor("outer") {
                        scripted("first", journal)
                        make(journal)
                    }
                )
            }
            #expect(journal.all.isEmpty, sourceLocation: location)
            #expect(simulation.runtime.tree().roots.isEmpty, sourceLocation: location)
        }
    }

    @Test("The defaults are OTP's (case 29)")
    func defaults() {
        let worker = Worker("w") { Scripted("w", Journal(), Runtime(), terminating: nil) }.spec
        #expect(
            (worker.restart, worker.shutdown, worker.kind, worker.isSignificant) == (
                .permanent, .within(.seconds(5)), .worker, false
            )
        )
        let supervisor = Supervisor {}.spec
        #expect((supervisor.restart, supervisor.shutdown, supervisor.kind) == (.permanent, .infinity, .supervisor))
        let intensity = RestartIntensity()
        #expect((intensity.maxRestarts, intensity.period) == (3, .seconds(5)))
    }

    @Test("Two children with one id are refused, and none is started (case 41)")
    func duplicate() {
        refused(.duplicateID("a")) { journal in
            Supervisor {
                scripted("a", journal)
                scripted("a", journal)
            }
        }
    }

    @Test("A child without an id is refused (case 30)")
    func empty() {
        refused(.emptyID) { journal in Supervisor { scripted("", journal) } }
        refused(.emptyID) { _ in Supervisor("") {} }
    }

    @Test("A time to stop below zero is refused; zero, any other, none and kill are accepted (case 35)")
    func shutdown() {
        refused(.negativeShutdown("a", .nanoseconds(-1))) { journal in
            Supervisor { scripted("a", journal, shutdown: .within(.nanoseconds(-1))) }
        }
        for policy in [ShutdownPolicy.within(.zero), .within(.seconds(1)), .infinity, .brutalKill] {
            simulate(seeds: 0..<1) { simulation in
                let journal = Journal()
                try await simulation.runtime.start(
                    Supervisor(shutdown: policy) { scripted("a", journal, shutdown: policy) }
                )
            }
        }
    }

    @Test("A significant child needs a supervisor that shuts down by itself, in the list or added later (case 39)")
    func significantUnderNever() {
        refused(.significantWithoutAutoShutdown("a")) { journal in
            Supervisor { scripted("a", journal, restart: .transient, isSignificant: true) }
        }
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor {})
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(scripted("a", journal, restart: .transient, isSignificant: true))
            }
            #expect(try root.childCounts().specs == 0)
            #expect(try await root.startChild(scripted("a", journal)) != nil)
        }
    }

    @Test("A significant child cannot be permanent, by its own word or by default (case 40)")
    func significantPermanent() {
        refused(.significantPermanent("b")) { _ in
            Supervisor(autoShutdown: .allSignificant) {
                Worker("b", isSignificant: true) { Scripted("b", Journal(), Runtime(), terminating: nil) }
            }
        }
        refused(.significantPermanent("a")) { journal in
            Supervisor(autoShutdown: .anySignificant) { scripted("a", journal, isSignificant: true) }
        }
    }

    @Test("An intensity below zero and a period of no length are refused, each with its own error (case 44)")
    func limits() {
        refused(.negativeIntensity(-1)) { _ in Supervisor(intensity: RestartIntensity(-1)) {} }
        refused(.negativeIntensity(.min)) { _ in Supervisor { DynamicSupervisor(intensity: RestartIntensity(.min)) } }
        refused(.period(.zero)) { _ in Supervisor(intensity: RestartIntensity(1, within: .zero)) {} }
        refused(.period(.seconds(-5))) { _ in
            Supervisor { DynamicSupervisor("d", intensity: RestartIntensity(1, within: .seconds(-5))) }
        }
        refused(.period(.nanoseconds(-1))) { _ in
            Supervisor {
                PartitionSupervisor("p", partitions: 1, intensity: RestartIntensity(1, within: .nanoseconds(-1))) { _ in
                    DynamicSupervisor()
                }
            }
        }
    }

    @Test("Numbers of children, of waiting messages and of own restarts that make no sense are refused")
    func otherLimits() {
        refused(.negativeMaxChildren(-1)) { _ in Supervisor { DynamicSupervisor("d", maxChildren: -1) } }
        refused(.mailboxLimit("a", 0)) { journal in Supervisor { scripted("a", journal, mailboxLimit: 0) } }
        refused(.negativeIntensity(-2)) { journal in
            Supervisor {
                scripted("a", journal).restartBudget(-2, within: .seconds(1), whenUsedUp: .childStaysStopped)
            }
        }
        refused(.negativeMaxChildren(-7)) { _ in
            Supervisor { PartitionSupervisor("p", partitions: 2) { _ in DynamicSupervisor("d", maxChildren: -7) } }
        }
    }

    @Test("Adding a child whose id is running is refused with the running process (case 46)")
    func alreadyStarted() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { scripted("a", journal) })
            let running = try #require(simulation.runtime.process("a"))
            await #expect {
                try await root.startChild(scripted("a", journal))
            } throws: { error in
                if case SupervisorError.alreadyStarted("a", running) = error { true } else { false }
            }
            #expect(simulation.runtime.process("a") == running)
            #expect(journal.all == ["start a"])
        }
    }

    @Test("Adding a child whose id is stopped, had nothing to start, or waits for its restart is refused (case 47)")
    func alreadyPresent() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(1_000_000)) {
                    scripted("stopped", journal)
                    scripted("ignored", journal, starts: [.ignores])
                    scripted("restarting", journal, starts: [.works, .failsForEver])
                }
            )
            try await root.terminateChild("stopped")
            _ = simulation.runtime.crash(at: "supervisor/restarting", with: Boom(), kill: true)
            while try root.children().last?.state != .restarting { await Task.yield() }
            for id in ["stopped", "ignored", "restarting"] as [ChildID] {
                await #expect {
                    try await root.startChild(scripted(id, Journal()))
                } throws: { error in
                    if case SupervisorError.alreadyPresent(id) = error { true } else { false }
                }
            }
            #expect(try root.childCounts().specs == 3)
        }
    }

    @Test("In a copy of a specification with some members replaced the others stay as they were (case 49)")
    func overrides() {
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            let original = scripted(
                "a",
                journal,
                name: "n",
                restart: .transient,
                shutdown: .within(.seconds(9)),
                mailboxLimit: 7
            )
            .backoff(Backoff(initial: .seconds(1)))
            .zombies(.refuseRestart)
            let copy = original.with {
                $0.id = "b"
                $0.name = "m"
            }
            #expect((copy.id, copy.name, original.id, original.name) == ("b", "m", "a", "n"))
            #expect((copy.restart, copy.shutdown, copy.kind) == (.transient, .within(.seconds(9)), .worker))
            #expect((copy.mailboxLimit, copy.zombies) == (7, .refuseRestart))
            #expect(copy.backoff == Backoff(initial: .seconds(1)))
            let root = try await simulation.runtime.start(Supervisor { original })
            #expect(try await root.startChild(copy) != nil)
            #expect(journal.all == ["start a", "start a"])
            #expect(try root.childSpec("b").restart == .transient)
        }
    }
}
