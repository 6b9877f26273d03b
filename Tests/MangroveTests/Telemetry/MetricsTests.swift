import MangroveTesting
import Testing

@testable import Mangrove

/// Can be held up, and calls others.
private actor Held: ProcessActor {
    private let runtime: Runtime
    init(_ context: ProcessContext) { runtime = context.runtime }
    func hold(_ time: Duration) async throws { try await runtime.sleep(for: time) }
    /// Does not look at its cancellation.
    func work(_ time: Duration) async { await runtime.spawn { [runtime] in try? await runtime.sleep(for: time) }.value }
    func call(_ other: Ref<Held>) async throws { try await other.call { _ in } }
}

@Suite("Metrics") struct MetricsTests {
    private func expect(
        _ runtime: Runtime,
        _ expected: [(name: String, labels: [String], value: Double)],
        _ location: SourceLocation = #_sourceLocation
    ) {
        let metrics = runtime.metrics()
        for (name, labels, value) in expected {
            #expect(metrics.value("mangrove_" + name, labels) == value, "\(name) \(labels)", sourceLocation: location)
        }
    }

    @Test("Starts, ends by reason, failed starts and names are counted")
    func processes() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor(intensity: RestartIntensity(100)) {
                    for id in ["a", "b", "c", "d", "e"] {
                        scripted(ChildID(id), Journal(), name: id == "a" ? "name" : nil, restart: .temporary)
                    }
                }
            )
            expect(runtime, [("processes", [], 6), ("processes_started_total", [], 6), ("registered_names", [], 1)])
            try await runtime.end("a", .normal)
            try await runtime.end("b", .shutdownBecause(Boom()))
            try await runtime.end("c", .killed)
            try await runtime.crash("d")
            try await runtime.end("e", .program(.status(1)))
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(scripted("f", Journal(), starts: [.fails]))
            }
            expect(
                runtime,
                [
                    ("processes", [], 1), ("processes_started_total", [], 7), ("process_starts_failed_total", [], 1),
                    ("registered_names", [], 0), ("processes_ended_total", ["normal"], 1),
                    ("processes_ended_total", ["shutdown"], 1), ("processes_ended_total", ["killed"], 1),
                    ("processes_ended_total", ["crash"], 1), ("processes_ended_total", ["program"], 1),
                    ("processes_ended_total", ["no_process"], 0),
                ]
            )
        }
    }

    @Test("Restarts are counted by supervisor, below a dynamic supervisor together, and those that give up as well")
    func restarts() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor(intensity: RestartIntensity(100)) {
                    scripted("a", Journal())
                    Supervisor("sub", intensity: RestartIntensity(1)) { scripted("b", Journal()) }
                    DynamicSupervisor("pool", name: "pool", intensity: RestartIntensity(100))
                }
            )
            let pool = runtime.address("pool", of: DynamicSupervisorProcess.self)
            try await pool.startChild(scripted("c", Journal()))
            for id in ["x", "y"] {
                try await pool.startChild(Supervisor(ChildID(id)) { scripted("d", Journal()) })
            }
            for path in ["a", "pool/c", "pool/x/d", "pool/y/d", "sub/b", "sub/b"] { try await runtime.crash(path) }
            expect(
                runtime,
                [
                    ("restarts_total", ["supervisor"], 2), ("restarts_total", ["supervisor/sub"], 1),
                    ("restarts_total", ["supervisor/pool"], 1), ("restarts_total", ["supervisor/pool/*"], 2),
                    ("supervisors_gave_up_total", [], 1),
                ]
            )
        }
    }

    @Test("Overflows by policy and waiting messages are counted", arguments: MailboxOverflow.allCases)
    func overflow(_ policy: MailboxOverflow) {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("a") { Held($0) }.mailbox(limit: 2, overflow: policy)
                    Worker("b") { Held($0) }
                }
            )
            let (a, b) = (try root.child("a", as: Held.self), try root.child("b", as: Held.self))
            for ref in [a, b] { try ref.cast { try await $0.hold(.seconds(1)) } }
            try await runtime.quiet()
            for _ in 0..<5 { try? a.cast { _ in } }
            try b.cast { _ in }
            expect(runtime, [("mailbox_messages", [], 3), ("mailbox_messages_max", [], 2)])
            for other in MailboxOverflow.allCases {
                expect(runtime, [("mailbox_overflows_total", ["\(other)"], other == policy ? 3 : 0)])
            }
            try await runtime.sleep(for: .seconds(2))
            expect(runtime, [("mailbox_messages", [], 0), ("mailbox_messages_max", [], 0)])
        }
    }

    @Test("Timeouts, the answers that come after them, and circles of calls are counted, and what goes well is not")
    func calls() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("a") { Held($0) }
                    Worker("b") { Held($0) }
                }
            )
            let (a, b) = (try root.child("a", as: Held.self), try root.child("b", as: Held.self))
            try await a.call { try await $0.hold(.seconds(1)) }
            try await b.call { _ in }
            expect(runtime, [("call_timeouts_total", [], 0), ("late_replies_total", [], 0), ("timers", [], 0)])
            await #expect(throws: CallError.self) {
                try await a.call(timeout: .seconds(1)) { try await $0.hold(.seconds(3)) }
            }
            expect(runtime, [("call_timeouts_total", [], 1), ("late_replies_total", [], 0), ("timers", [], 1)])
            try await runtime.sleep(for: .seconds(3))
            expect(runtime, [("call_timeouts_total", [], 1), ("late_replies_total", [], 1)])
            await #expect(throws: CallError.self) { try await a.call { try await $0.call(a) } }
            expect(runtime, [("deadlocks_total", [], 1), ("call_timeouts_total", [], 1)])
        }
    }

    @Test("Zombies are counted while they are, and for ever; who overran a shutdown is counted")
    func zombies() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { Worker("a") { Held($0) } })
            let ref = try root.child("a", as: Held.self)
            try ref.cast { await $0.work(.seconds(10)) }
            try await runtime.quiet()
            ref.kill()
            try await runtime.sleep(for: .seconds(2))
            expect(runtime, [("zombies", [], 1), ("zombies_total", [], 1)])
            try await runtime.sleep(for: .seconds(10))
            expect(runtime, [("zombies", [], 0), ("zombies_total", [], 1)])
            let next = try root.child("a", as: Held.self)
            try next.cast { await $0.work(.seconds(10)) }
            try await runtime.quiet()
            _ = await root.shutdown(within: .seconds(1))
            expect(runtime, [("shutdown_overruns_total", [], 1)])
            try await runtime.sleep(for: .seconds(20))
        }
    }

    @Test("Every declared metric is there, whatever has happened or not, and no other")
    func complete() {
        simulate(seeds: 0..<1) { simulation in
            try await simulation.runtime.start(Supervisor { scripted("a", Journal()) })
            try await simulation.runtime.crash("a")
            let families = simulation.runtime.metrics().families.map(\.kind)
            #expect(families == RuntimeMetrics.all)
        }
    }

    @Test("Metrics follow Prometheus's rules for names, and are declared once")
    func names() {
        #expect(Set(RuntimeMetrics.all.map(\.name)).count == RuntimeMetrics.all.count)
        for kind in RuntimeMetrics.all {
            #expect(kind.name.wholeMatch(of: /mangrove_[a-z_]+/) != nil, "\(kind.name)")
            #expect(kind.name.hasSuffix("_total") == (kind.form == .counter), "\(kind.name)")
            #expect(kind.help.hasSuffix("."), "\(kind.name)")
        }
    }

    @Test("Labels that are too many count together")
    func bounded() {
        var counts = BoundedCounts(limit: 2)
        for label in ["b", "a", "c", "d", "a"] { counts.add(label) }
        #expect(counts.sorted.map(\.label) == ["(others)", "a", "b"])
        #expect(counts.sorted.map(\.count) == [2, 2, 1])
    }
}

@Suite("Prometheus's text format") struct PrometheusTests {
    private let plain = MetricKind("m_total", .counter, help: "Help with a \\ and a\nline end, \"quoted\".")
    private let labelled = MetricKind("g", .gauge, labels: ["a", "b"], help: "G.")

    @Test("Families have their help and type, and samples their labels, escaped")
    func text() {
        var metrics = Metrics()
        metrics.add(plain, [], 3)
        metrics.add(labelled, ["x", "\"q\" \\ \n\r\n ü"], 0.5)
        metrics.add(labelled, ["y"], .infinity)
        metrics.add(labelled, ["z", "", "surplus"], -.infinity)
        metrics.add(labelled, [], .nan)
        #expect(
            metrics.prometheus == #"""
                # HELP m_total Help with a \\ and a\nline end, "quoted".
                # TYPE m_total counter
                m_total 3
                # HELP g G.
                # TYPE g gauge
                g{a="x",b="\"q\" \\ \n\#r\n ü"} 0.5
                g{a="y",b=""} +Inf
                g{a="z",b=""} -Inf
                g{a="",b=""} NaN

                """#
        )
    }

    @Test("A histogram's buckets are cumulative, and end with all")
    func histogram() {
        var metrics = Metrics()
        let kind = MetricKind("h_seconds", .histogram, labels: ["s"], help: "H.")
        metrics.add(kind, ["x"], MetricHistogram(bounds: [0.5, 1], counts: [2, 0, 3], sum: 10.25))
        #expect(
            metrics.prometheus == """
                # HELP h_seconds H.
                # TYPE h_seconds histogram
                h_seconds_bucket{s="x",le="0.5"} 2
                h_seconds_bucket{s="x",le="1"} 2
                h_seconds_bucket{s="x",le="+Inf"} 5
                h_seconds_sum{s="x"} 10.25
                h_seconds_count{s="x"} 5

                """
        )
    }

    @Test("Metrics of two sources are joined by family")
    func merge() {
        var (first, second) = (Metrics(), Metrics())
        first.add(labelled, ["x", "1"], 1)
        second.add(plain, [], 2)
        second.add(labelled, ["y", "2"], 3)
        first.merge(second)
        #expect(first.families.map(\.kind.name) == ["g", "m_total"])
        #expect(first.value("g", ["x", "1"]) == 1)
        #expect(first.value("g", ["y", "2"]) == 3)
        #expect(first.value("m_total") == 2)
        #expect(first.value("g", ["y"]) == nil)
        #expect(first.value("none") == nil)
    }
}
