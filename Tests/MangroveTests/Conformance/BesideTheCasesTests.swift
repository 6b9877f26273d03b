import Mangrove
import MangroveTesting
import Testing

@Suite("Supervisors: what OTP's suites check beside the numbered cases") struct BesideTheCasesTests {
    @Test("A supervisor that failed to start leaves its name and its key free")
    func failedStartFreesNames() {
        simulate { simulation in
            let registry = Registry<String, Void>()
            let root = try await simulation.runtime.start(Supervisor {})
            let starts: [Scripted.Start] = [.fails, .works]
            let sub = Supervisor("sub", name: "sub") {
                scripted("a", Journal(), name: "a")
                scripted("b", Journal(), starts: starts)
            }
            .registered("key", in: registry)
            await #expect(throws: SupervisorError.self) { try await root.startChild(sub) }
            #expect(registry.count == 0)
            #expect(try root.childCounts().specs == 0)
            #expect(try await root.startChild(sub) != nil)
            #expect(registry.find("key", as: SupervisorProcess.self)?.id == simulation.runtime.process("sub"))
        }
    }

    @Test("Terminating a child that is stopped already, or had nothing to start, is fine")
    func terminatedTwice() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor {
                    scripted("a", Journal())
                    scripted("i", Journal(), starts: [.ignores, .ignores, .works])
                }
            )
            try await root.terminateChild("a")
            try await root.terminateChild("a")
            try await root.terminateChild("i")
            // What had nothing to start can be asked again, and be deleted.
            #expect(try await root.restartChild("i") == nil)
            #expect(try await root.restartChild("i") == simulation.runtime.process("i"))
            try await root.terminateChild("i")
            try await root.deleteChild("i")
            #expect(try root.children().map(\.id) == ["a"])
        }
    }

    @Test("A child of the list that fails to start fails its supervisor whatever its restart type")
    func temporaryFails() {
        for restart in RestartType.allCases {
            simulate(seeds: 0..<2) { simulation in
                let journal = Journal()
                await #expect(throws: SupervisorError.self) {
                    try await simulation.runtime.start(
                        Supervisor {
                            scripted("a", journal)
                            scripted("b", journal, restart: restart, starts: [.fails])
                        }
                    )
                }
                #expect(journal.all == ["start a", "fail b", "stop a shutdown"])
            }
        }
    }

    @Test("A significant child with nothing to start does not count as one that still runs")
    func significantIgnored() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor(autoShutdown: .allSignificant) {
                    scripted("a", Journal(), restart: .transient, isSignificant: true, starts: [.ignores])
                    scripted("b", Journal(), restart: .transient, isSignificant: true)
                }
            )
            #expect(!root.isDead)
            try await simulation.runtime.end("b", .normal)
            #expect(root.isDead)
        }
    }

    @Test(
        "A sub-supervisor whose child does not start again is tried as often as its own supervisor allows, then that ends"
    )
    func escalation() {
        for strategy in Strategy.allCases {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(strategy: strategy, intensity: RestartIntensity(2)) {
                        scripted("other", journal)
                        Supervisor("sub", strategy: strategy, intensity: RestartIntensity(0)) {
                            scripted("a", journal, starts: [.works, .failsForEver])
                        }
                    }
                )
                try await simulation.runtime.end("sub/a", .killed)
                #expect(root.isDead)
                if root.isDead { #expect("\(await root.exitReason())" == "shutdown") }
                #expect(journal.all.count { $0 == "fail a" } == 2)
            }
        }
    }

    @Test("A sub-supervisor that is killed to stop it takes its children with it")
    func brutallyKilledSupervisor() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor { Supervisor("sub", shutdown: .brutalKill) { scripted("a", journal, name: "a") } }
            )
            let child = try simulation.runtime.address("a", of: Scripted.self).resolve()
            try await root.terminateChild("sub")
            #expect(child.isDead)
            #expect(try await root.restartChild("sub") != nil)
            #expect(simulation.runtime.process("sub/a") != child.id)
        }
    }

    @Test("A specification read from a dynamic supervisor while its child waits for its restart is the child's")
    func specificationBetweenAttempts() {
        withPool(intensity: RestartIntensity(1_000_000)) { _, pool, journal in
            let spec = scripted("a", journal, shutdown: .infinity, starts: [.works, .failsForEver])
            let child = try #require(try await pool.startChild(spec, as: Scripted.self))
            child.kill()
            while try pool.children().first?.state != .restarting { await Task.yield() }
            #expect(try pool.childSpec(of: child.id).shutdown == .infinity)
        }
    }
}
