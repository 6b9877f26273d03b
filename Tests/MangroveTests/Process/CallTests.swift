import Mangrove
import Testing

actor Counter: ProcessActor {
    private var value = 0

    func increment() -> Int {
        value += 1
        return value
    }

    func fail() throws { throw Failure() }

    struct Failure: Error {}
}

@Suite struct CallTests {
    @Test("A supervised process answers, crashes, and answers again with a fresh state")
    func crashAndComeBack() async throws {
        let runtime = Runtime()
        let counter = runtime.address("counter", of: Counter.self)
        let root = try await runtime.start(Supervisor { Worker("counter", name: "counter") { Counter() } })
        #expect(try await counter.call { $0.increment() } == 1)
        #expect(try await counter.call { $0.increment() } == 2)
        let first = try counter.resolve()
        try counter.cast { try $0.fail() }
        _ = await first.exitReason()
        while (try? counter.resolve()) == nil { await Task.yield() }
        #expect(try await counter.call { $0.increment() } == 1)
        #expect(try root.children().first?.restarts == 1)
        print(runtime.tree().text)
        print(runtime.tree().json)
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }
}
