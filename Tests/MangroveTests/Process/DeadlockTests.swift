import Mangrove
import MangroveTesting
import Testing

private actor Partner: ProcessActor {
    let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }

    /// Asks the next in line to ask the rest.
    func ask(_ others: [String]) async throws -> Int {
        guard let next = others.first else { return 1 }
        let other = context.runtime.address(ProcessName(next), of: Partner.self)
        return try await other.call(timeout: nil) { try await $0.ask(Array(others.dropFirst())) } + 1
    }
}

@Suite("Waiting in circles") struct DeadlockTests {
    private func withPartners(
        seeds: Range<UInt64> = 0..<50,
        _ body: @escaping @Sendable (Runtime, [Address<Partner>]) async throws -> Void
    ) {
        simulate(seeds: seeds) { simulation in
            try await simulation.runtime.start(
                Supervisor {
                    for name in ["a", "b", "c"] { Worker(ChildID(name), name: ProcessName(name)) { Partner($0) } }
                }
            )
            let runtime = simulation.runtime
            try await body(runtime, ["a", "b", "c"].map { runtime.address(ProcessName($0), of: Partner.self) })
        }
    }

    private func chainLength(_ error: any Error) -> Int? {
        if case CallError.deadlock(let chain) = error { chain.count } else { nil }
    }

    @Test("A process that calls itself gets an error that says so, and goes on")
    func itself() {
        withPartners { _, partners in
            await #expect {
                try await partners[0].call(timeout: nil) { try await $0.ask(["a"]) }
            } throws: { chainLength($0) == 2 }
            let answer = try await partners[0].call { try await $0.ask([]) }
            #expect(answer == 1)
        }
    }

    @Test("A call that closes a longer circle gets the whole chain")
    func chain() {
        withPartners { _, partners in
            await #expect {
                try await partners[0].call(timeout: nil) { try await $0.ask(["b", "c", "a"]) }
            } throws: { chainLength($0) == 4 }
        }
    }

    @Test("Calls that are not circles are left alone, however long")
    func noCircle() {
        withPartners { _, partners in
            let answer = try await partners[0].call { try await $0.ask(["b", "c"]) }
            #expect(answer == 3)
        }
    }

    @Test("Two processes that call each other at the same time: at least one is told, and nobody hangs")
    func crossing() {
        withPartners(seeds: 0..<200) { runtime, partners in
            let told = Lock(0)
            let tasks = [(0, "b"), (1, "a")].map { index, other in
                runtime.spawn {
                    do {
                        _ = try await partners[index].call(timeout: nil) { partner in
                            try await runtime.quiet()
                            return try await partner.ask([other])
                        }
                    } catch { told.withLock { $0 += 1 } }
                }
            }
            for task in tasks { await task.value }
            #expect(told.withLock { $0 } >= 1)
        }
    }

    @Test("A turn that asks several at once waits for all of them, and a circle through any is found")
    func parallel() {
        withPartners { runtime, partners in
            await #expect {
                try await partners[0].call(timeout: nil) { partner in
                    async let first = partners[1].call(timeout: nil) { _ in try await runtime.sleep(for: .seconds(1)) }
                    async let second = partners[2].call(timeout: nil) { partner in
                        try await runtime.quiet()
                        return try await partner.ask(["a"])
                    }
                    try await first
                    return try await second
                }
            } throws: { chainLength($0) == 3 }
        }
    }
}
