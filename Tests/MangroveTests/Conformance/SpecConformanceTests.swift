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

    @Test("A significant child cannot be permanent (case 40)")
    func significantPermanent() {
        refused(.significantPermanent("a")) { journal in
            Supervisor(autoShutdown: .anySignificant) { scripted("a", journal, isSignificant: true) }
        }
    }

    @Test("A dynamic supervisor refuses significant children (case 137)")
    func significantDynamic() {
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            try await simulation.runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
            await #expect {
                try await pool.startChild(scripted("a", journal, restart: .temporary, isSignificant: true))
            } throws: { error in
                if case SupervisorError.invalid(.significantWithoutAutoShutdown("a")) = error { true } else { false }
            }
        }
    }

    @Test("Limits that make no sense are refused, each with its own error (case 177)")
    func limits() {
        refused(.negativeIntensity(-1)) { _ in Supervisor(intensity: RestartIntensity(-1)) {} }
        refused(.period(.zero)) { _ in Supervisor(intensity: RestartIntensity(1, within: .zero)) {} }
        refused(.period(.seconds(-5))) { _ in
            Supervisor { DynamicSupervisor("d", intensity: RestartIntensity(1, within: .seconds(-5))) }
        }
        refused(.negativeMaxChildren(-1)) { _ in Supervisor { DynamicSupervisor("d", maxChildren: -1) } }
        refused(.mailboxLimit("a", 0)) { journal in Supervisor { scripted("a", journal, mailboxLimit: 0) } }
        for count in [0, -1, Int.min] {
            refused(.partitions(count)) { _ in
                Supervisor { PartitionSupervisor("p", partitions: count) { _ in DynamicSupervisor("d") } }
            }
        }
        refused(.negativeMaxChildren(-7)) { _ in
            Supervisor { PartitionSupervisor("p", partitions: 2) { _ in DynamicSupervisor("d", maxChildren: -7) } }
        }
    }
}
