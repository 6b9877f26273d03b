import Mangrove
import Testing

/// Counts its turns without any protection but that of its process.
private actor Tally: ProcessActor {
    private var inside = false
    private(set) var turns = 0
    private(set) var overlaps = 0

    func quick() {
        if inside { overlaps += 1 }
        turns += 1
    }

    func push() throws { throw Pushed() }

    func slow() async {
        if inside { overlaps += 1 }
        inside = true
        await Task.yield()
        await Task.yield()
        inside = false
        turns += 1
    }
}

private struct Pushed: Error {}

/// One of many that ask each other in a row.
private actor Link: ProcessActor {
    private var next: Ref<Link>?

    func set(_ next: Ref<Link>) { self.next = next }

    func reach() async throws -> Int {
        guard let next else { return 1 }
        return try await next.call(timeout: nil) { try await $0.reach() } + 1
    }
}

/// Real threads, for races that a simulation in one thread cannot have. What they find differs from run to run; what they
/// require does not. Their calls have no timeout: beside other tests, a thread may be a long time in coming.
@Suite("Under real threads") struct StressTests {
    private func runtime() -> Runtime {
        Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    }

    @Test("A row of ten thousand processes, each asking the next in its turn, needs no deep stack")
    func longRow() async throws {
        let runtime = runtime()
        let root = try await runtime.start(Supervisor { DynamicSupervisor("row", name: "row") })
        let row = runtime.address("row", of: DynamicSupervisorProcess.self)
        var links: [Ref<Link>] = []
        for _ in 0..<10_000 {
            links.append(try #require(try await row.startChild(Worker("link") { Link() }, as: Link.self)))
        }
        for (link, next) in zip(links, links.dropFirst()) { try await link.call(timeout: nil) { $0.set(next) } }
        #expect(try await links[0].call(timeout: nil) { try await $0.reach() } == 10_000)
        await root.stop()
        await runtime.shutdown()
    }

    @Test("Calls and casts of eight tasks are all done, one turn at a time")
    func callsAndCasts() async throws {
        let runtime = runtime()
        let root = try await runtime.start(Supervisor { Worker("tally") { Tally() } })
        let tally = try root.child("tally", as: Tally.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<8 {
                group.addTask {
                    for number in 0..<500 {
                        switch (number + sender) % 4 {
                        case 0: try await tally.call(timeout: nil) { $0.quick() }
                        case 1: try tally.cast { $0.quick() }
                        case 2: try await tally.call(timeout: nil) { await $0.slow() }
                        default: try tally.cast { await $0.slow() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        let (turns, overlaps) = try await tally.call(timeout: nil) { ($0.turns, $0.overlaps) }
        #expect(turns == 4_000)
        #expect(overlaps == 0)
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }

    @Test("While a process is killed and restarted over and over, every call is answered or told why not")
    func killsAndRestarts() async throws {
        let runtime = runtime()
        try await runtime.start(
            Supervisor(intensity: RestartIntensity(1_000_000)) {
                Worker("tally", name: "tally") { Tally() }
            }
        )
        let tally = runtime.address("tally", of: Tally.self)
        let outcomes = await withTaskGroup(of: Int.self) { group in
            for sender in 0..<6 {
                group.addTask {
                    var answered = 0
                    for number in 0..<400 {
                        do {
                            switch (number + sender) % 4 {
                            case 0: try await tally.call(timeout: nil) { $0.quick() }
                            case 1: try tally.cast { try $0.push() }
                            case 2: try await tally.call(timeout: nil) { await $0.slow() }
                            default: try tally.resolve().kill()
                            }
                            answered += 1
                        } catch is CallError {} catch { Issue.record("\(error)") }
                    }
                    return answered
                }
            }
            return await group.reduce(0, +)
        }
        #expect(outcomes > 0)
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }

    @Test("Children come and go from many tasks at once, and none is left")
    func startsAndStops() async throws {
        let runtime = runtime()
        try await runtime.start(
            Supervisor {
                PartitionSupervisor("pools", name: "pools", partitions: 4) { _ in
                    DynamicSupervisor("pool", intensity: RestartIntensity(1_000_000))
                }
            }
        )
        let pools = runtime.address("pools", of: SupervisorProcess.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for sender in 0..<6 {
                group.addTask {
                    for number in 0..<150 {
                        let pool = try pools.partition(for: sender * 1_000 + number, as: DynamicSupervisorProcess.self)
                        let child = try await pool.startChild(Worker("t") { Tally() }, as: Tally.self)
                        guard let child else { continue }
                        switch number % 3 {
                        case 0: child.kill()
                        case 1: try? await pool.terminateChild(child.id)
                        default: try? await child.call { $0.quick() }
                        }
                    }
                }
            }
            try await group.waitForAll()
        }
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }

    @Test("Callers that time out or are cancelled race with their answers, and each is resumed once")
    func timeoutsAndCancellations() async throws {
        let runtime = runtime()
        let root = try await runtime.start(Supervisor { Worker("tally") { Tally() } })
        let tally = try root.child("tally", as: Tally.self)
        await withTaskGroup(of: Void.self) { group in
            for sender in 0..<6 {
                group.addTask {
                    for number in 0..<200 {
                        let caller = runtime.spawn {
                            _ = try? await tally.call(timeout: .microseconds(number % 40)) { await $0.slow() }
                        }
                        if (number + sender) % 2 == 0 { caller.cancel() }
                        await caller.value
                    }
                }
            }
        }
        let overlaps = try await tally.call(timeout: nil) { $0.overlaps }
        #expect(overlaps == 0)
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }
}
