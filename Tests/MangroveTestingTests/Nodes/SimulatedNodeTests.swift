import Mangrove
import MangroveTesting
import Testing

@Suite("Simulated nodes") struct SimulatedNodeTests {
    private static func write(_ text: String, to path: String, on disk: any Disk, flushing: Bool) throws {
        let file = try disk.open(path, .replace)
        try Array(text.utf8).withUnsafeBytes { try file.write($0, at: 0) }
        guard flushing else { return }
        try file.flush()
        try disk.syncDirectory("/")
    }

    @Test("A node that loses its power has no process left, and finds what its disk kept when it comes back")
    func power() throws {
        let simulation = Simulation(seed: 5, keepsTasks: true)
        let (first, second) = (simulation.node("a"), simulation.node("b"))
        try simulation.run { simulation in
            let order = EventOrder()
            for node in [first, second] {
                try await node.runtime.start(
                    Supervisor("shop") { ScriptedWorker("stock", order, terminating: .seconds(1)) }
                )
                try Self.write("kept", to: "/kept", on: node.runtime.environment.disk, flushing: true)
                try Self.write("lost", to: "/lost", on: node.runtime.environment.disk, flushing: false)
            }
            let before = first.runtime
            let file = try before.environment.disk.open("/kept", .readWrite)
            first.powerOff(.dropAll)
            #expect(!first.isOn && second.isOn)
            #expect(before.processCount == 0)
            #expect(throws: DiskError.self) { try file.flush() }
            #expect(throws: DiskError.self) { try before.environment.disk.list("/") }
            #expect(order.take() == ["start stock", "start stock"], "nothing stopped in good order")
            let after = first.powerOn()
            #expect(after !== before && after === first.runtime && after === first.powerOn())
            #expect(try after.environment.disk.list("/") == ["kept"])
            #expect(try second.runtime.environment.disk.list("/") == ["kept", "lost"])
            try await after.start(Supervisor("shop") { ScriptedWorker("stock", order) })
            #expect(second.runtime.processCount == 2)
            for node in [first, second] { await node.runtime.shutdown() }
        }
        try simulation.expectNoTaskWaits()
        #expect(simulation.clock.timerCount == 0)
    }

    @Test("A crash that its disk has planned takes the whole node", arguments: Seeds(10))
    func planned(seed: UInt64) throws {
        let simulation = Simulation(seed: seed)
        let node = simulation.node("a")
        try simulation.run { simulation in
            let order = EventOrder()
            let runtime = node.runtime
            try await runtime.start(Supervisor("shop") { ScriptedWorker("stock", order) })
            node.disk.crash(after: 2, .random)
            simulation.runtime.spawn {
                while (try? Self.write("x", to: "/x", on: runtime.environment.disk, flushing: true)) != nil {}
            }
            try await simulation.eventually(within: .seconds(1)) { !node.isOn }
            #expect(runtime.processCount == 0)
            #expect(simulation.events.contains { "\($0)" == "ended a:shop/stock: killed" })
        }
    }

    @Test("Faults, events and traces know which node a process is of")
    func paths() throws {
        let simulation = Simulation(seed: 2)
        let nodes = ["a", "b"].map { simulation.node($0) }
        try simulation.run { simulation in
            let order = EventOrder()
            for node in nodes { try await node.runtime.start(Supervisor("shop") { ScriptedWorker("stock", order) }) }
            try simulation.crash("b:shop/stock")
            try await simulation.quiet()
            #expect(nodes.map { $0.runtime.tree().node(at: "shop/stock")?.restarts } == [0, 1])
            #expect(simulation.events.contains { "\($0)" == "started a:shop/stock" })
            #expect(throws: NobodyToHit.self) { try simulation.kill("shop/stock") }
            let hit = try simulation.hitOne(of: .where { $0.path.hasPrefix("a:") && !$0.isSupervisor }, with: .kill)
            #expect(hit == "a:shop/stock")
            simulation.faults.inject(.crash, at: .start, of: "a:shop/stock")
            try simulation.crash("a:shop")
            for node in nodes { await node.runtime.shutdown() }
        }
    }

    @Test("A clock that goes wrong shows another time, and its timers are due by it", arguments: [-50_000, 0, 300])
    func skew(drift: Int) throws {
        let simulation = Simulation(seed: 1)
        let node = simulation.node("a", skew: ClockSkew(offset: .seconds(-7), drift: drift))
        try simulation.run { simulation in
            let begin = node.runtime.clock.now()
            try await simulation.runtime.sleep(for: .seconds(100))
            #expect(begin.duration(to: node.runtime.clock.now()) == .microseconds(100 * (1_000_000 + drift)))
            let ahead = node.runtime.clock.civilMicroseconds() - simulation.runtime.clock.civilMicroseconds()
            #expect(ahead == -7_000_000 + Int64(100 * drift))
            let (mine, theirs) = (node.runtime.clock.now(), simulation.runtime.clock.now())
            try await node.runtime.sleep(for: .seconds(10))
            let passed = mine.duration(to: node.runtime.clock.now())
            #expect(passed >= .seconds(10) && passed < .seconds(10) + .microseconds(1))
            let real = Double(theirs.duration(to: simulation.runtime.clock.now()).components.seconds)
            #expect(abs(real - 10 / (1 + Double(drift) / 1e6)) < 1)
            try await simulation.runtime.sleep(for: .seconds(1))
            #expect(node.runtime.clock.pendingTimers == simulation.clock.timerCount)
        }
    }
}
