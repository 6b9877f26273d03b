import Mangrove
import MangroveTesting
import Testing

/// Ends itself from its own long-running work, and says what it learned.
private actor Quitter: ProcessActor, LongRunning {
    private let context: ProcessContext
    private let learned: Lock<ExitReason?>

    init(_ context: ProcessContext, _ learned: Lock<ExitReason?>) {
        self.context = context
        self.learned = learned
    }

    func run() async throws {
        let reason = try await context.ref(as: Quitter.self).stop(.shutdown, within: nil)
        learned.withLock { $0 = reason }
    }
}

private actor Other: ProcessActor {
    private let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }
    func mistaken() throws(CallError) -> Ref<Quitter> { try context.ref(as: Quitter.self) }
    func right() throws(CallError) -> Ref<Other> { try context.ref(as: Other.self) }
}

/// Passes a number on, one less each time.
private actor Passer: ProcessActor {
    private var next: Ref<Passer>?
    private var end: (@Sendable () -> Void)?

    func begin(_ next: Ref<Passer>, _ end: @escaping @Sendable () -> Void) {
        (self.next, self.end) = (next, end)
    }

    func pass(_ left: Int) throws {
        if left == 0 { end?() } else { try next?.cast { try $0.pass(left - 1) } }
    }
}

/// Takes its time to end.
private actor Lingerer: ProcessActor, Terminating {
    private let runtime: Runtime
    init(_ runtime: Runtime) { self.runtime = runtime }
    func fail() throws { throw Mishap() }
    func terminate(reason: ExitReason) async { try? await runtime.sleep(for: .seconds(10)) }
}

private struct Mishap: Error {}

@Suite("What a process does to itself") struct OwnEndTests {
    @Test("A process that stops itself from its run asks, and does not wait for its own end")
    func stopFromRun() {
        simulate { simulation in
            let learned = Lock<ExitReason?>(nil)
            let root = try await simulation.runtime.start(
                Supervisor { Worker("quitter", restart: .transient) { Quitter($0, learned) } }
            )
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(learned.withLock { $0 }?.description == "shutdown")
            #expect(try root.children().map(\.state) == [.stopped])
        }
    }

    @Test("A process killed in the turn that made it busy is let go, also where another task was to go on to it")
    func killedWhileFollowing() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    Worker("one", name: "one") { Other($0) }
                    Worker("two", name: "two", restart: .temporary) { Other($0) }
                }
            )
            let one = try runtime.address("one", of: Other.self).resolve()
            let two = try runtime.address("two", of: Other.self).resolve()
            try one.cast { _ in
                try two.cast { _ in Issue.record("a turn of a dead process") }
                two.kill()
            }
            // Another turn waits, so that the one is not done yet.
            #expect(try await one.call { other async in (try? other.right()) != nil })
            #expect(two.isDead)
            await runtime.shutdown()
        }
    }

    private let pair = Supervisor {
        Worker("one", name: "one") { Other($0) }
        Worker("two", name: "two", restart: .temporary) { Other($0) }
    }

    @Test("A kill reaches the turn of a process that the task of another went on to")
    func killReachesFollowedTurn() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(pair)
            let two = try runtime.address("two", of: Other.self).resolve()
            let cancelled = Lock(false)
            try runtime.address("one", of: Other.self).cast { _ in
                try two.cast { _ async in
                    do { try await runtime.sleep(for: .seconds(3_600)) } catch { cancelled.withLock { $0 = true } }
                }
            }
            try await runtime.sleep(for: .seconds(1))
            #expect(!cancelled.withLock { $0 })
            two.kill()
            try await runtime.sleep(for: .seconds(1))
            #expect(cancelled.withLock { $0 })
            await runtime.shutdown()
        }
    }

    @Test("Of what waits for a process to run in one go, nothing runs after its death")
    func nothingRunsAfterDeath() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(pair)
            let two = try runtime.address("two", of: Other.self).resolve()
            let ran = Lock<[Int]>([])
            try two.cast { _ async in try? await runtime.sleep(for: .seconds(1)) }
            try two.cast { _ in ran.withLock { $0.append(1) } }
            try two.cast { _ in two.kill() }
            try two.cast { _ in ran.withLock { $0.append(2) } }
            try await runtime.sleep(for: .seconds(2))
            #expect(two.isDead)
            #expect(ran.withLock { $0 } == [1])
            await runtime.shutdown()
        }
    }

    @Test("The task of another that went on to a process does not stay for its end")
    func endOfFollowed() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    Worker("one", name: "one") { Other($0) }
                    Worker("two", name: "two", restart: .temporary, shutdown: .infinity) { Lingerer($0.runtime) }
                }
            )
            let two = try runtime.address("two", of: Lingerer.self).resolve()
            try runtime.address("one", of: Other.self).cast { _ in try two.cast { try $0.fail() } }
            // Nobody but its process holds the actor of the one meanwhile: the simulation would notice.
            try await runtime.sleep(for: .seconds(5))
            #expect(!two.isDead)
            try await runtime.sleep(for: .seconds(10))
            #expect(two.isDead)
        }
    }

    @Test("Casts go round a ring for as long as there are any")
    func ring() {
        simulate { simulation in
            let runtime = simulation.runtime
            try await runtime.start(
                Supervisor {
                    for name in ["a", "b", "c"] { Worker(ChildID(name), name: ProcessName(name)) { Passer() } }
                }
            )
            let ring = try ["a", "b", "c"].map { try runtime.address(ProcessName($0), of: Passer.self).resolve() }
            let done = Lock(false)
            for (index, member) in ring.enumerated() {
                let next = ring[(index + 1) % 3]
                try await member.call { $0.begin(next) { done.withLock { $0 = true } } }
            }
            try ring[0].cast { try $0.pass(3_000) }
            try await simulation.quiet()
            #expect(done.withLock { $0 })
        }
    }

    @Test("A ref to itself as another kind of process is refused")
    func wrongKind() {
        simulate(seeds: 0..<1) { simulation in
            try await simulation.runtime.start(Supervisor { Worker("other", name: "other") { Other($0) } })
            let other = try simulation.runtime.address("other", of: Other.self).resolve()
            #expect(try await other.call { try $0.right() } == other)
            await #expect {
                _ = try await other.call { try $0.mistaken() }
            } throws: { error in
                guard case CallError.noProcess(let whom) = error else { return false }
                return whom.contains("as Quitter: it is another kind of process")
            }
        }
    }
}
