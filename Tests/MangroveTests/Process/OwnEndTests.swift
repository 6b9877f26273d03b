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
