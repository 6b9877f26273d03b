import Mangrove
import MangroveTesting
import Testing

/// Shows a status that the test chooses, and crashes when it is told to.
private actor Vault: ProcessActor, StatusShowing, Terminating {
    private let fails: Bool
    private var opened = 0
    private let secret = "sesame"

    init(fails: Bool) { self.fails = fails }

    func status() throws -> ProcessStatus {
        if fails { throw Boom() }
        return ["opened": .integer(Int64(opened)), "secret": .redacted]
    }

    func terminate(reason: ExitReason) { opened = -1 }

    func open() -> String {
        opened += 1
        return secret
    }

    func crash() throws { throw Boom() }
}

/// Shows a status, and has nothing to finish.
private actor Window: ProcessActor, StatusShowing {
    func status() -> ProcessStatus { ["panes": 4] }
}

@Suite("What a process shows of its state") struct StatusConformanceTests {
    private func start(_ simulation: Simulation, fails: Bool) async throws -> Ref<Vault> {
        let root = try await simulation.runtime.start(
            Supervisor { Worker("vault", restart: .temporary) { _ in Vault(fails: fails) } }
        )
        return try root.child("vault", as: Vault.self)
    }

    @Test(
        "A status hook that throws has a fallback shown in its place, when asked, in the tree and in the report of a crash, and the process is unharmed (case 284)"
    )
    func fallback() {
        simulate { simulation in
            let runtime = simulation.runtime
            let ref = try await start(simulation, fails: true)
            #expect(try await ref.status().problem == "its status failed: Boom()")
            let node = await runtime.tree(statusesWithin: .seconds(1)).node(at: "supervisor/vault")
            #expect(node?.status?.problem == "its status failed: Boom()")
            #expect(node?.state == .running)
            #expect(!ref.isDead)
            #expect(try await ref.call { $0.open() } == "sesame")
            #expect(simulation.logs.events.isEmpty)
            // It ends with its own error, not with that of its status, and its supervisor goes on.
            try ref.cast { try $0.crash() }
            #expect("\(await ref.exitReason())" == "crash: Boom()")
            let report = try #require(simulation.logs.events(named: "process.crashed").first)
            #expect(report["status"] == "its status failed: Boom()")
            #expect(report["reason"] == "crash: Boom()")
            #expect(runtime.processCount == 1)
        }
    }

    @Test("A process shows what its status says, redacted as it says, and nothing else of its state")
    func shown() {
        simulate { simulation in
            let runtime = simulation.runtime
            let ref = try await start(simulation, fails: false)
            _ = try await ref.call { $0.open() }
            let status = try await ref.status()
            #expect("\(status)" == "opened: 1, secret: [redacted]")
            #expect(status["opened"] == 1)
            #expect(runtime.tree().node(at: "supervisor/vault")?.status == nil)
            let tree = await runtime.tree(statusesWithin: .seconds(1))
            #expect(tree.text.contains("opened: 1, secret: [redacted]"))
            #expect(tree.json.contains(#""status":{"opened":1,"secret":"[redacted]"}"#))
            #expect(!tree.json.contains("sesame"))
            try ref.cast { try $0.crash() }
            _ = await ref.exitReason()
            // As it was before it gave up what it held.
            let report = try #require(simulation.logs.events(named: "process.crashed").first)
            #expect(report["status"] == "opened: 1, secret: [redacted]")
        }
    }

    @Test("A crash from outside of an idle process is reported with its status too; ends of other kinds are not")
    func idle() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(9)) {
                    Worker("vault") { _ in Vault(fails: false) }
                    Worker("window") { _ in Window() }
                    scripted("mute", Journal())
                }
            )
            for path in ["vault", "window", "mute"] { try await runtime.crash(path) }
            #expect(
                simulation.logs.events(named: "process.crashed").map { $0["status"] } == [
                    "opened: 0, secret: [redacted]", "panes: 4",
                ]
            )
            try await runtime.end("window", .killed)
            try await runtime.end("window", .normal)
            await root.stop(.shutdown)
            #expect(simulation.logs.events(named: "process.crashed").count == 2)
        }
    }

    @Test("A process that is too busy to show its status in time is shown as such, and holds up no other")
    func busy() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("busy") { _ in Vault(fails: false) }
                    Worker("idle") { _ in Vault(fails: false) }
                    scripted("mute", Journal())
                }
            )
            let ref = try root.child("busy", as: Vault.self)
            try ref.cast { _ in try await runtime.sleep(for: .seconds(5)) }
            try await runtime.quiet()
            let asked = runtime.clock.now()
            let tree = await runtime.tree(statusesWithin: .seconds(1))
            #expect(asked.duration(to: runtime.clock.now()) == .seconds(1))
            #expect(tree.node(at: "supervisor/busy")?.status?.problem?.hasPrefix("no status: no answer") == true)
            #expect(tree.node(at: "supervisor/idle")?.status?["opened"] == 0)
            #expect(tree.node(at: "supervisor/mute")?.status == nil)
            let mute = try root.child("mute", as: Scripted.self)
            #expect(try await mute.status().fields.isEmpty)
            mute.kill()
            await #expect(throws: CallError.self) { try await mute.status() }
        }
    }

    @Test("What a crash's error says is shown in the environment's words everywhere: log, tree, diagnosis")
    func redacted() {
        for seed in UInt64(0)..<4 {
            let simulation = Simulation(seed: seed) { $0.redaction = .typeOnly }
            #expect(throws: Never.self) {
                try simulation.run { simulation in
                    let runtime = simulation.runtime
                    let tree = Supervisor("shop", intensity: RestartIntensity(1)) {
                        Worker("vault") { _ in Vault(fails: false) }
                        scripted("late", Journal(), starts: [.works, .failsForEver])
                    }
                    let run = Attempt(in: runtime) { try await runtime.run(tree) }
                    try await runtime.quiet()
                    #expect(runtime.crash(at: "shop/vault", with: Secret()))
                    try await runtime.quiet()
                    let seen = runtime.tree()
                    #expect(seen.text.contains("last: crash: Secret"))
                    #expect(!(seen.text + seen.json).contains("4711"))
                    #expect(runtime.crash(at: "shop/late", with: Secret()))
                    let error = await #expect(throws: RunError.self) { try await run.end() }
                    let text = error.map { "\($0)" } ?? ""
                    #expect(text.contains("shop/vault: crash: Secret\n"))
                    #expect(!text.contains("4711"))
                    let log = simulation.logs.events.map(\.logfmt).joined(separator: "\n")
                    #expect(log.contains("crash: Secret"))
                    #expect(!log.contains("4711"))
                }
            }
        }
    }
}

private struct Secret: Error, CustomStringConvertible {
    var description: String { "card 4711" }
}
