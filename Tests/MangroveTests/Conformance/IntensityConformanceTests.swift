import Mangrove
import MangroveTesting
import Testing

@Suite("Supervisor: restart intensity and automatic shutdown") struct IntensityConformanceTests {
    private func crashes(
        _ count: Int,
        every interval: Duration,
        _ intensity: RestartIntensity,
        offset: Duration = .zero,
        survives: Bool,
        location: SourceLocation = #_sourceLocation
    ) {
        simulate(seeds: 0..<3, location: location) { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            try await runtime.sleep(for: offset)
            let root = try await runtime.start(Supervisor(intensity: intensity) { scripted("a", journal) })
            for _ in 0..<count {
                _ = runtime.crash(at: "supervisor/a", with: Boom(), kill: true)
                try await runtime.sleep(for: interval)
            }
            #expect(root.isDead != survives, sourceLocation: location)
        }
    }

    @Test("By default three restarts in five seconds are made and the fourth ends the supervisor (case 91)")
    func defaults() {
        crashes(3, every: .seconds(1), RestartIntensity(), survives: true)
        crashes(4, every: .seconds(1), RestartIntensity(), survives: false)
        crashes(40, every: .seconds(2), RestartIntensity(), survives: true)
    }

    @Test("One restart in five seconds: the second within them ends the supervisor (case 90)")
    func erlangDefault() {
        crashes(2, every: .seconds(5), RestartIntensity(1), survives: false)
        crashes(2, every: .nanoseconds(5_000_000_001), RestartIntensity(1), survives: true)
    }

    @Test("With an intensity of zero nothing is restarted (case 92)")
    func zero() {
        crashes(1, every: .seconds(1), RestartIntensity(0), survives: false)
    }

    @Test("In whole seconds the window is up to a second longer (cases 94, 95)")
    func wholeSeconds() {
        let intensity = RestartIntensity(1, within: .seconds(1), resolution: .wholeSeconds)
        crashes(2, every: .milliseconds(1_800), intensity, offset: .milliseconds(100), survives: false)
        crashes(9, every: .milliseconds(2_100), intensity, survives: true)
    }

    @Test(
        "Every failing attempt counts: intensity five means five attempts, then the supervisor ends with shutdown (cases 96, 97, 99, 104)"
    )
    func failingAttempts() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(5)) {
                    scripted("a", journal, starts: [.works, .failsForEver])
                    scripted("b", journal)
                }
            )
            try await simulation.runtime.end("a", .killed)
            #expect(journal.all == ["start a", "start b"] + Array(repeating: "fail a", count: 5) + ["stop b shutdown"])
            #expect("\(await root.exitReason())" == "shutdown")
            #expect(simulation.logs.events(named: "supervisor.gave_up").count == 1)
        }
    }

    @Test("Restarts by hand, clean ends of transient and all ends of temporary children do not count (cases 100, 101)")
    func uncounted() {
        simulate { simulation in
            let journal = Journal()
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(0)) { scripted("a", journal, restart: .transient) }
            )
            for _ in 0..<10 {
                try await root.terminateChild("a")
                try await root.restartChild("a")
                try await runtime.end("a", .normal)
                try await root.restartChild("a")
                try await root.startChild(scripted("t", journal, restart: .temporary))
                try await runtime.crash("t")
            }
            #expect(!root.isDead)
        }
    }

    @Test(
        "A group restart counts once, however many children it restarts (case 102)",
        arguments: [Strategy.oneForAll, .restForOne]
    )
    func groupCountsOnce(strategy: Strategy) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(strategy: strategy, intensity: RestartIntensity(1)) {
                    for id in 0..<9 { scripted(ChildID(id), journal) }
                }
            )
            try await simulation.runtime.crash("0")
            #expect(!root.isDead)
        }
    }

    @Test("A supervisor that was itself restarted counts from nothing (case 105)")
    func freshHistory() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(intensity: RestartIntensity(2)) {
                    Supervisor("sub", intensity: RestartIntensity(1)) { scripted("a", journal) }
                }
            )
            for _ in 0..<5 { try await simulation.runtime.crash("sub/a") }
            #expect(!root.isDead)
            #expect(try root.children().first?.restarts == 2)
        }
    }

    // MARK: Automatic shutdown

    private static let reasons: [ExitReason] = [.normal, .crash(Boom()), .killed]

    @Test("Without automatic shutdown, and for other children, no end of a child ends the supervisor (cases 126, 131)")
    func notSignificant() {
        for auto in AutoShutdown.allCases {
            for reason in 0..<3 {
                simulate(seeds: 0..<2) { simulation in
                    let journal = Journal()
                    let root = try await simulation.runtime.start(
                        Supervisor(autoShutdown: auto) {
                            scripted("a", journal, restart: .temporary)
                            scripted("b", journal, restart: .transient)
                        }
                    )
                    try await simulation.runtime.end("a", Self.reasons[reason])
                    try await simulation.runtime.end("b", Self.reasons[reason])
                    #expect(!root.isDead)
                }
            }
        }
    }

    @Test(
        "The end of any significant temporary child ends the supervisor with shutdown, after the others (case 127)",
        arguments: 0..<3
    )
    func anySignificant(reason: Int) {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(autoShutdown: .anySignificant) {
                    scripted("a", journal)
                    scripted("b", journal, restart: .temporary, isSignificant: true)
                }
            )
            try await simulation.runtime.end("b", Self.reasons[reason])
            #expect("\(await root.exitReason())" == "shutdown")
            #expect(journal.all.last == "stop a shutdown")
        }
    }

    @Test("A significant child stopped on request does not end the supervisor (case 129)")
    func stoppedOnRequest() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(autoShutdown: .anySignificant) {
                    scripted("a", journal, restart: .transient, isSignificant: true)
                    scripted("b", journal, restart: .temporary, isSignificant: true)
                }
            )
            try await root.terminateChild("a")
            try await root.terminateChild("b")
            #expect(!root.isDead)
        }
    }

    @Test("All significant: the last one's end counts, whoever else still runs (case 130)")
    func allSignificant() {
        simulate { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor(autoShutdown: .allSignificant) {
                    scripted("a", journal, restart: .transient, isSignificant: true)
                    scripted("b", journal, restart: .temporary, isSignificant: true)
                    scripted("c", journal)
                }
            )
            try await simulation.runtime.end("a", .normal)
            #expect(!root.isDead)
            try await simulation.runtime.end("b", .normal)
            #expect(root.isDead)
        }
    }

    @Test("Automatic shutdown goes up through significant supervisors, and stops at one that is not (cases 134, 135)")
    func escalation() {
        for significant in [true, false] {
            simulate { simulation in
                let journal = Journal()
                let root = try await simulation.runtime.start(
                    Supervisor(autoShutdown: .anySignificant) {
                        Supervisor(
                            "b",
                            autoShutdown: .anySignificant,
                            restart: .transient,
                            isSignificant: significant
                        ) {
                            scripted("c", journal, restart: .transient, isSignificant: true)
                        }
                    }
                )
                try await simulation.runtime.end("b/c", .normal)
                #expect(root.isDead == significant)
                #expect(simulation.runtime.process("b") == nil)
            }
        }
    }
}
