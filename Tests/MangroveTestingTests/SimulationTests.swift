import Mangrove
import MangroveTesting
import Testing

private actor Ticker: ProcessActor, LongRunning {
    private let runtime: Runtime
    private(set) var ticks = 0

    init(_ runtime: Runtime) { self.runtime = runtime }

    func run() async throws {
        while true {
            try await runtime.sleep(for: .seconds(1))
            ticks += 1
        }
    }
}

private actor Nothing: ProcessActor {}

@Suite struct SimulationTests {
    @Test("An hour of a supervised process's life takes no time and is counted to the second")
    func virtualTime() throws {
        let ticks = try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let ticker = runtime.address("ticker", of: Ticker.self)
            try await runtime.start(Supervisor { Worker("ticker", name: "ticker") { Ticker(runtime) } })
            try await runtime.sleep(for: .seconds(3_600) + .milliseconds(500))
            let ticks = try await ticker.call { $0.ticks }
            await runtime.shutdown()
            return ticks
        }
        #expect(ticks == 3_600)
    }

    @Test("Equal seeds give equal runs, and different seeds different ones")
    func replay() throws {
        func trace(_ seed: UInt64) throws -> UInt64 {
            let simulation = Simulation(seed: seed)
            try simulation.run { simulation in
                let runtime = simulation.runtime
                let root = try await runtime.start(
                    Supervisor(strategy: .oneForAll) {
                        for number in 0..<5 { Worker(ChildID(number)) { Nothing() } }
                    }
                )
                for number in 0..<5 {
                    _ = runtime.crash(at: "supervisor/\(number)", with: CallError.timedOut(.zero))
                    try await runtime.sleep(for: .seconds(10))
                }
                #expect(try root.childCounts().active == 5)
                await runtime.shutdown()
            }
            return simulation.trace
        }
        let first = try (0..<20).map { try trace($0) }
        let second = try (0..<20).map { try trace($0) }
        #expect(first == second)
        #expect(Set(first).count > 1)
    }

    @Test("A run that waits for something that can never come ends with an error that shows the tree")
    func stuck() throws {
        #expect(throws: SimulationError.self) {
            try Simulation(seed: 3).run { simulation in
                let root = try await simulation.runtime.start(Supervisor { Worker("idle") { Nothing() } })
                _ = await root.exitReason()
            }
        }
    }

    @Test("What the program under test finds wrong is put down to the test that runs it")
    func currentTest() throws {
        let outside = Test.current?.name
        let inside = try Simulation(seed: 4).run { _ in Test.current?.name }
        #expect(outside != nil)
        #expect(inside == outside)
    }
}
