import Mangrove
import MangroveTesting
import Testing

@Suite("Automatic shutdown and significant children") struct AutoShutdownConformanceTests {
    private static let reasons: [ExitReason] = [.normal, .shutdown, .shutdownBecause(Boom()), .crash(Boom()), .killed]

    private func insignificant(_ auto: AutoShutdown, location: SourceLocation = #_sourceLocation) {
        for reason in Self.reasons {
            simulate(seeds: 0..<2, location: location) { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: auto) {
                        scripted("a", Journal(), restart: .temporary)
                        scripted("b", Journal(), restart: .transient)
                        scripted("c", Journal())
                    }
                )
                for id in ["a", "b", "c"] { try await simulation.runtime.end(id, reason) }
                #expect(!root.isDead, sourceLocation: location)
            }
        }
    }

    @Test("Without automatic shutdown no end of a child ends the supervisor (case 126)")
    func never() {
        insignificant(.never)
        // It is the default.
        simulate(seeds: 0..<1) { simulation in
            await #expect(throws: SpecError.significantWithoutAutoShutdown("a")) {
                try await simulation.runtime.start(
                    Supervisor { scripted("a", Journal(), restart: .temporary, isSignificant: true) }
                )
            }
        }
    }

    @Test("Children that are not significant end as they like under any kind of automatic shutdown (case 131)")
    func notSignificant() {
        insignificant(.anySignificant)
        insignificant(.allSignificant)
    }

    @Test("The end of any significant temporary child ends the supervisor with shutdown, after the others (case 127)")
    func anySignificant() {
        for reason in Self.reasons {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .anySignificant) {
                        scripted("a", journal)
                        scripted("b", journal, restart: .temporary, isSignificant: true)
                        scripted("c", journal, restart: .temporary, isSignificant: true)
                    }
                )
                _ = journal.take()
                try await simulation.runtime.end("b", reason)
                #expect(root.isDead)
                if root.isDead { #expect("\(await root.exitReason())" == "shutdown") }
                #expect(journal.all.suffix(2) == ["stop c shutdown", "stop a shutdown"])
            }
        }
    }

    @Test("A significant transient child counts when it ended cleanly, and is restarted otherwise")
    func transient() {
        for reason in Self.reasons {
            simulate(seeds: 0..<2) { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .anySignificant) {
                        scripted("a", Journal(), restart: .transient, isSignificant: true)
                    }
                )
                try await simulation.runtime.end("a", reason)
                #expect(root.isDead == reason.isClean)
            }
        }
    }

    @Test("A significant child stopped on request does not end the supervisor (case 129)")
    func stoppedOnRequest() {
        for auto in [AutoShutdown.anySignificant, .allSignificant] {
            simulate { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: auto) {
                        scripted("a", Journal(), restart: .transient, isSignificant: true)
                        scripted("b", Journal(), restart: .temporary, isSignificant: true)
                    }
                )
                try await root.terminateChild("a")
                try await root.terminateChild("b")
                try await simulation.runtime.quiet()
                #expect(!root.isDead)
            }
        }
    }

    @Test(
        "A significant child that a group restart stops does not end the supervisor",
        arguments: AutoShutdown.allCases
    )
    func stoppedByGroup(auto: AutoShutdown) {
        guard auto != .never else { return }
        for strategy in [Strategy.oneForAll, .restForOne] {
            simulate { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(strategy: strategy, autoShutdown: auto) {
                        scripted("a", Journal())
                        scripted("b", Journal(), restart: .temporary, isSignificant: true)
                        scripted("c", Journal(), restart: .transient, isSignificant: true)
                    }
                )
                try await simulation.runtime.crash("a")
                #expect(!root.isDead)
                #expect(try root.children().map(\.id) == ["a", "c"])
            }
        }
    }

    @Test("All significant: the last one's end counts, whoever else still runs (case 130)")
    func allSignificant() {
        for order in [["a", "b"], ["b", "a"]] {
            simulate { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .allSignificant) {
                        scripted("a", Journal(), restart: .transient, isSignificant: true)
                        scripted("b", Journal(), restart: .temporary, isSignificant: true)
                        scripted("c", Journal())
                    }
                )
                try await simulation.runtime.end(order[0], .normal)
                #expect(!root.isDead)
                try await simulation.runtime.end(order[1], .normal)
                #expect(root.isDead)
                if root.isDead { #expect("\(await root.exitReason())" == "shutdown") }
            }
        }
    }

    @Test("Of equal significant children the first end counts where any does, the last where all must (case 132)")
    func template() {
        for auto in [AutoShutdown.anySignificant, .allSignificant] {
            simulate { simulation in
                let root = try await simulation.runtime.start(Supervisor(autoShutdown: auto) {})
                let template = scripted("x", Journal(), restart: .temporary, isSignificant: true)
                for number in 0..<4 { try await root.startChild(template.with { $0.id = ChildID(number) }) }
                for number in 0..<4 where !root.isDead {
                    try await simulation.runtime.end("\(number)", .normal)
                    #expect(root.isDead == (auto == .anySignificant || number == 3))
                }
            }
        }
    }

    @Test("Automatic shutdown goes up through a significant supervisor, and stops at one that is not (case 134)")
    func escalation() {
        for significant in [true, false] {
            simulate { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .anySignificant) {
                        Supervisor(
                            "b",
                            autoShutdown: .anySignificant,
                            restart: .transient,
                            isSignificant: significant
                        ) {
                            scripted("c", Journal(), restart: .transient, isSignificant: true)
                        }
                        scripted("d", Journal())
                    }
                )
                try await simulation.runtime.end("b/c", .normal)
                #expect(root.isDead == significant)
                #expect(simulation.runtime.process("b") == nil)
                #expect((simulation.runtime.process("d") == nil) == significant)
            }
        }
    }

    @Test("A supervisor that shut down by itself is not restarted if it is transient, and is if permanent (case 135)")
    func afterwards() {
        for restart in RestartType.allCases {
            simulate { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor {
                        Supervisor("b", autoShutdown: .anySignificant, restart: restart) {
                            scripted("c", Journal(), restart: .temporary, isSignificant: true)
                        }
                    }
                )
                try await simulation.runtime.end("b/c", .crash(Boom()))
                #expect((simulation.runtime.process("b/c") != nil) == (restart == .permanent))
                #expect(try root.childCounts().specs == (restart == .temporary ? 0 : 1))
            }
        }
    }

    @Test(
        "A change of significance or of automatic shutdown rules later ends; nonsense is refused as a whole (case 136)"
    )
    func changed() {
        let kinds = AutoShutdown.allCases
        for (before, after) in kinds.flatMap({ before in kinds.map { (before, $0) } }) {
            simulate(seeds: 0..<2) { simulation in
                let runtime = simulation.runtime
                @Sendable func child(_ id: ChildID, _ auto: AutoShutdown) -> ScriptedWorker {
                    scripted(id, Journal(), restart: .transient, isSignificant: auto != .never)
                }
                let root = try await runtime.start(
                    Supervisor(autoShutdown: before) {
                        child("a", before)
                        child("b", before)
                        child("c", before)
                    }
                )
                if before == .allSignificant { try await runtime.end("a", .normal) }
                if before != .never {
                    await #expect(throws: SupervisorError.self) { try await root.change(autoShutdown: .never) }
                } else {
                    await #expect(throws: SupervisorError.self) {
                        try await root.change { child("a", .anySignificant) }
                    }
                }
                try await root.change(autoShutdown: after) {
                    child("a", after)
                    child("b", after)
                    child("c", after)
                }
                try await runtime.quiet()
                #expect(!root.isDead)
                if before != .allSignificant {
                    try await runtime.end("a", .normal)
                    #expect(root.isDead == (after == .anySignificant))
                }
                guard after != .anySignificant || before == .allSignificant else { return }
                try await runtime.end("b", .normal)
                #expect(root.isDead == (after == .anySignificant))
                guard after != .anySignificant else { return }
                try await runtime.end("c", .normal)
                #expect(root.isDead == (after == .allSignificant))
            }
        }
    }

    @Test("A dynamic and a partition supervisor refuse significant children (case 137)")
    func refused() {
        simulate(seeds: 0..<1) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(Supervisor { DynamicSupervisor("pool", name: "pool") })
            let pool = simulation.runtime.address("pool", of: DynamicSupervisorProcess.self)
            let child = scripted("a", journal, restart: .temporary, isSignificant: true)
            for request in 0..<3 {
                await #expect {
                    switch request {
                    case 0: try await pool.startChild(child)
                    case 1: try await pool.startChild(child, informing: Int.self)
                    default: try await root.startChild(PartitionSupervisor("p", partitions: 1) { _ in child })
                    }
                } throws: { error in
                    guard case SupervisorError.invalid(.significantWithoutAutoShutdown(let id)) = error else {
                        return false
                    }
                    return id == (request == 2 ? "0" : "a")
                }
            }
            #expect(journal.all.isEmpty)
        }
    }
}
