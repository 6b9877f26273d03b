import Mangrove
import MangroveTesting
import Testing

@Suite("Restart types against exit reasons") struct RestartTypeConformanceTests {
    private static let clean: [ExitReason] = [.normal, .shutdown, .shutdownBecause(Boom())]
    private static let unclean: [ExitReason] = [.crash(Boom()), .killed]

    /// Has a child end for each of the reasons, each time in a supervisor of its own, with a look at the outcome.
    private func ending(
        _ restart: RestartType,
        _ reasons: [ExitReason],
        location: SourceLocation = #_sourceLocation,
        _ body: @escaping @Sendable (Simulation, Ref<SupervisorProcess>, _ before: ProcessID?) async throws -> Void
    ) {
        for reason in reasons {
            simulate(location: location) { simulation in
                let root = try await simulation.runtime.start(
                    Supervisor { scripted("a", Journal(), restart: restart) }
                )
                let before = simulation.runtime.process("a")
                try await simulation.runtime.end("a", reason)
                try await body(simulation, root, before)
            }
        }
    }

    private func isRestarted(
        _ restart: RestartType,
        _ reasons: [ExitReason],
        location: SourceLocation = #_sourceLocation
    ) {
        ending(restart, reasons, location: location) { simulation, root, before async throws in
            let now = simulation.runtime.process("a")
            #expect(now != nil && now != before, sourceLocation: location)
            #expect(try root.children().map(\.restarts) == [1], sourceLocation: location)
            #expect(try root.childCounts().active == 1, sourceLocation: location)
        }
    }

    @Test("A permanent child that ends normally is restarted, and the restart counts (case 50)")
    func permanentNormal() {
        isRestarted(.permanent, [.normal])
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(1)) { scripted("a", Journal()) }
            )
            try await simulation.runtime.end("a", .normal)
            #expect(!root.isDead)
            try await simulation.runtime.end("a", .normal)
            #expect(root.isDead)
        }
    }

    @Test("A permanent child that ends with shutdown, with or without a cause, is restarted (case 51)")
    func permanentShutdown() {
        isRestarted(.permanent, [.shutdown, .shutdownBecause(Boom())])
    }

    @Test("A permanent child that crashes or is killed is restarted (case 52)")
    func permanentAbnormal() {
        isRestarted(.permanent, Self.unclean)
    }

    @Test(
        "A transient child that ends with shutdown, with or without a cause, is not restarted but can be on request (case 54)"
    )
    func transientShutdown() {
        ending(.transient, Self.clean) { simulation, root, _ in
            #expect(try root.children().map(\.state) == [.stopped])
            #expect(try root.children().map(\.restarts) == [0])
            let restarted = try await root.restartChild("a")
            #expect(restarted != nil && restarted == simulation.runtime.process("a"))
        }
    }

    @Test("A transient child that crashes or is killed is restarted (case 55)")
    func transientAbnormal() {
        isRestarted(.transient, Self.unclean)
    }

    @Test("A temporary child is never restarted, and its specification goes with it (case 56)")
    func temporary() {
        ending(.temporary, Self.clean + Self.unclean) { simulation, root, _ async throws in
            #expect(simulation.runtime.process("a") == nil)
            #expect(try root.childCounts().specs == 0)
            #expect(await refusal { try await root.restartChild("a") } == "no child 'a'")
        }
    }

    @Test("The id of a temporary child that ended can be used again (case 57)")
    func temporaryAgain() {
        ending(.temporary, Self.clean + Self.unclean) { simulation, root, before in
            let again = try await root.startChild(scripted("a", Journal()))
            #expect(again != nil && again != before)
            try await simulation.runtime.crash("a")
            #expect(try root.childCounts().active == 1)
        }
    }

    @Test("A restarted child is a new process with the original start, in its old place (case 59)")
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
            #expect(try await new.call { $0.id } == "a")
            #expect(try root.children().map(\.id) == ["a", "b"])
            await #expect(throws: CallError.self) { try await old.call { $0.state } }
        }
    }

    private final class Captured: Sendable {}

    @Test("What a temporary child's start captured is not kept once it runs, unlike that of others (case 60)")
    func captured() {
        simulate(seeds: 0..<2) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { DynamicSupervisor(name: "pool") })
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            for restart in RestartType.allCases {
                weak var kept: Captured?
                weak var pooled: Captured?
                weak var suspended: Captured?
                do {
                    let captured = [Captured(), Captured(), Captured()]
                    (kept, pooled, suspended) = (captured[0], captured[1], captured[2])
                    @Sendable func worker(_ id: ChildID, _ large: Captured) -> Worker {
                        Worker(id, restart: restart) { context in
                            withExtendedLifetime(large) { Stranger(context) }
                        }
                    }
                    let (first, second, third) = (captured[0], captured[1], captured[2])
                    try await root.startChild(worker("a", first))
                    try await pool.startChild(worker("a", second))
                    try await pool.startChild(
                        Worker("b", restart: restart) { context async throws in
                            try await context.runtime.sleep(for: .seconds(1))
                            return withExtendedLifetime(third) { Stranger(context) }
                        }
                    )
                }
                try await runtime.quiet()
                #expect((kept == nil) == (restart == .temporary), "\(restart)")
                #expect((pooled == nil) == (restart == .temporary), "\(restart)")
                #expect((suspended == nil) == (restart == .temporary), "\(restart)")
                try await root.terminateChild("a")
                if restart != .temporary { try await root.deleteChild("a") }
            }
        }
    }

    @Test("The end of a permanent child is reported even if it was normal, a clean end of another is not (case 61)")
    func reported() {
        for restart in RestartType.allCases {
            for (reason, isClean) in [(ExitReason.normal, true), (.shutdown, true), (.crash(Boom()), false)] {
                simulate(seeds: 0..<2) { simulation in
                    let runtime = simulation.runtime
                    try await runtime.start(
                        Supervisor {
                            scripted("a", Journal(), restart: restart)
                            DynamicSupervisor("pool", name: "pool")
                        }
                    )
                    let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
                    try await pool.startChild(scripted("b", Journal(), restart: restart))
                    try await runtime.end("a", reason)
                    try await runtime.end("pool/b", reason)
                    let ends = simulation.logs.events(named: "supervisor.child.ended").map(\.logfmt)
                    let isReported = restart == .permanent || !isClean
                    for child in ["child=supervisor/a ", "child=supervisor/pool/b "] {
                        #expect(ends.count { $0.contains(child) } == (isReported ? 1 : 0), "\(restart) \(reason)")
                    }
                    #expect(ends.count == (isReported ? 2 : 0))
                }
            }
        }
    }
}
