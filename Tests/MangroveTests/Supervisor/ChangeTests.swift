import Mangrove
import MangroveTesting
import Testing

@Suite("Changing the rules of a running supervisor") struct ChangeTests {
    @Test("A new strategy applies to the next end, and the change itself touches nobody")
    func strategy() {
        simulate { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", journal)
                    scripted("b", journal)
                }
            )
            try await runtime.crash("a")
            _ = journal.take()
            try await root.change(strategy: .oneForAll)
            try await runtime.quiet()
            #expect(journal.all.isEmpty)
            try await runtime.crash("a")
            #expect(journal.take() == ["stop a crash: Boom()", "stop b shutdown", "start a", "start b"])
        }
    }

    @Test("A new intensity applies to the restarts already counted, narrower or wider, in seconds or finer")
    func intensity() {
        let changes: [(RestartIntensity, Bool)] = [
            (RestartIntensity(2, within: .seconds(5)), true), (RestartIntensity(3, within: .seconds(5)), false),
            (RestartIntensity(2, within: .seconds(5), resolution: .wholeSeconds), true),
            (RestartIntensity(1, within: .milliseconds(900)), false),
            // The first of the three is two seconds and a moment old.
            (RestartIntensity(2, within: .seconds(2)), false),
            (RestartIntensity(2, within: .seconds(2), resolution: .wholeSeconds), true),
        ]
        for (intensity, ends) in changes {
            simulate { simulation in
                let runtime = simulation.runtime
                let root = try await runtime.start(
                    Supervisor(intensity: RestartIntensity(9)) { scripted("a", Journal()) }
                )
                for _ in 0..<2 {
                    try await runtime.crash("a")
                    try await runtime.sleep(for: .seconds(1))
                }
                try await root.change(intensity: intensity)
                try await runtime.crash("a")
                #expect(root.isDead == ends)
            }
        }
    }

    @Test(
        "A child follows its new specification: how it is restarted and stopped at once, how it starts from the next start"
    )
    func children() {
        simulate { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(Supervisor { scripted("a", journal) })
            let process = runtime.process("a")
            let other = Journal()
            try await root.change { scripted("a", other, name: "n", shutdown: .brutalKill) }
            #expect(runtime.process("a") == process)
            try await runtime.crash("a")
            #expect(other.take() == ["start a"])
            #expect(try runtime.address("n", of: Scripted.self).resolve().id == runtime.process("a"))
            try await root.change { scripted("a", other, restart: .temporary, shutdown: .brutalKill) }
            try await root.terminateChild("a")
            #expect(other.all.isEmpty)
            #expect(try root.children().isEmpty)
        }
    }

    @Test("A new backoff, budget or significance of a child, and a new auto-shutdown, apply to its next end")
    func limits() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    scripted("a", Journal())
                    scripted("b", Journal(), restart: .transient)
                }
            )
            let backoff = Backoff(initial: .seconds(5), maximum: .seconds(5), jitter: 0)
            try await root.change { scripted("a", Journal()).backoff(backoff) }
            try await runtime.crash("a")
            #expect(try root.children().first?.state == .restarting)
            try await runtime.sleep(for: .seconds(6))
            try await root.change {
                scripted("a", Journal()).restartBudget(0, within: .seconds(5), whenUsedUp: .childStaysStopped)
            }
            try await runtime.crash("a")
            #expect(try root.children().first?.state == .stopped)
            try await root.change(autoShutdown: .anySignificant) {
                scripted("b", Journal(), restart: .transient, isSignificant: true)
            }
            try await runtime.end("b", .normal)
            #expect("\(await root.exitReason())" == "shutdown")
        }
    }

    @Test("A change that makes no sense is refused as a whole, and everything stays as it was")
    func refused() {
        simulate { simulation in
            let runtime = simulation.runtime
            let journal = Journal()
            let root = try await runtime.start(
                Supervisor(autoShutdown: .anySignificant) {
                    scripted("a", journal, restart: .transient, isSignificant: true)
                    scripted("b", journal)
                }
            )
            func refusal(_ body: () async throws -> Void) async -> String {
                do {
                    try await body()
                    return "done"
                } catch { return "\(error)" }
            }
            let refusals = [
                await refusal { try await root.change(strategy: .oneForAll, autoShutdown: .never) },
                await refusal { try await root.change(strategy: .oneForAll) { scripted("c", journal) } },
                await refusal { try await root.change(strategy: .oneForAll, intensity: RestartIntensity(-1)) },
                await refusal {
                    try await root.change(strategy: .oneForAll) {
                        scripted("b", journal, restart: .temporary)
                        scripted("b", journal)
                    }
                },
                await refusal {
                    try await root.change(strategy: .oneForAll) { scripted("b", journal, isSignificant: true) }
                },
            ]
            #expect(refusals.count { $0.hasPrefix("invalid specification") } == 4)
            #expect(refusals[1] == "no child 'c'")
            _ = journal.take()
            try await runtime.crash("b")
            #expect(journal.take() == ["stop b crash: Boom()", "start b"])
            try await root.change(autoShutdown: .never) { scripted("a", journal, restart: .transient) }
            try await runtime.end("a", .normal)
            #expect(!root.isDead)
        }
    }
}
