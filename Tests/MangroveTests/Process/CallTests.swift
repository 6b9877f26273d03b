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
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let counter = runtime.address("counter", of: Counter.self)
        let root = try await runtime.start(Supervisor { Worker("counter", name: "counter") { Counter() } })
        #expect(try await counter.call(timeout: nil) { $0.increment() } == 1)
        #expect(try await counter.call(timeout: nil) { $0.increment() } == 2)
        let first = try counter.resolve()
        try counter.cast { try $0.fail() }
        _ = try await counter.resolve(after: first, within: nil)
        #expect(try await counter.call(timeout: nil) { $0.increment() } == 1)
        #expect(try root.children().first?.restarts == 1)
        await runtime.shutdown()
        #expect(runtime.processCount == 0)
    }
}
