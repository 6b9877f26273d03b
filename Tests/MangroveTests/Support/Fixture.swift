import Mangrove
import MangroveTesting
import Testing

struct Boom: Error {}

/// What happened, in order, over a whole run.
typealias Journal = EventOrder

extension Scripted {
    init(_ id: String, _ journal: Journal, _ runtime: Runtime, terminating: Duration?) {
        self.init(id, journal, runtime, terminating: terminating, failure: Boom())
    }
}

/// A child that runs a ``Scripted`` process, which fails with ``Boom``.
func scripted(
    _ id: ChildID,
    _ journal: Journal,
    name: ProcessName? = nil,
    restart: RestartType = .permanent,
    shutdown: ShutdownPolicy = .within(.seconds(5)),
    isSignificant: Bool = false,
    mailboxLimit: Int = 100_000,
    starts: [Scripted.Start] = [],
    terminating: Duration? = nil
) -> ScriptedWorker {
    ScriptedWorker(
        id,
        journal,
        name: name,
        restart: restart,
        shutdown: shutdown,
        isSignificant: isSignificant,
        mailboxLimit: mailboxLimit,
        starts: starts,
        terminating: terminating,
        failure: Boom()
    )
}

/// Runs `body` under several seeds, then stops everything and checks that nothing is left: no process, no timer.
/// - Parameter leavingTimers: whether the test's own processes sleep on after they were killed.
func simulate(
    seeds: Range<UInt64> = 0..<8,
    leavingTimers: Bool = false,
    location: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (Simulation) async throws -> Void
) {
    for seed in seeds {
        let simulation = Simulation(seed: seed, stepLimit: 100_000)
        do {
            try simulation.run { simulation in
                try await body(simulation)
                await simulation.runtime.shutdown()
            }
            simulation.settle()
            #expect(simulation.runtime.processCount == 0, "seed \(seed): processes left", sourceLocation: location)
            #expect(
                leavingTimers || simulation.clock.timerCount == 0,
                "seed \(seed): timers left",
                sourceLocation: location
            )
        } catch {
            Issue.record("seed \(seed): \(error)", sourceLocation: location)
        }
    }
}

extension Runtime {
    /// Waits until everything that can happen without time passing has happened.
    func quiet() async throws {
        try await sleep(for: .nanoseconds(1))
    }

    /// Makes the child at a path below the root crash, and waits for what follows.
    func crash(_ path: String) async throws {
        #expect(crash(at: "supervisor/" + path, with: Boom()), "nobody at \(path)")
        try await quiet()
    }

    /// Makes it end with a reason of its own.
    func end(_ path: String, _ reason: ExitReason) async throws {
        let node = tree().node(at: "supervisor/" + path)
        #expect(node?.process != nil, "nobody at \(path)")
        if case .killed = reason {
            _ = crash(at: "supervisor/" + path, with: Boom(), kill: true)
        } else {
            _ = crash(at: "supervisor/" + path, with: Exit(reason))
        }
        try await quiet()
    }

    func process(_ path: String) -> ProcessID? {
        tree().node(at: "supervisor/" + path)?.process
    }
}
