import Mangrove
import MangroveTesting
import Testing

// The code of the guide on testing that is about machines, networks, and what must hold.

private actor Cashier: ProcessActor {
    static let child = Worker("cashier") { Cashier() }
}

@Suite("Machines of the guide on testing") struct MachineTests {
    @Test(.replayable, arguments: Seeds(20)) func neverTwoCashiers(seed: UInt64) throws {
        let simulation = Simulation(seed: seed)
        let open = Lock((seen: 0, count: 0))
        simulation.invariant("at most one cashier") { [unowned simulation] in
            open.withLock { open in
                for event in simulation.events(after: open.seen) where event.path == "shop/cashier" {
                    if case .started = event.kind { open.count += 1 }
                    if case .ended = event.kind { open.count -= 1 }
                }
                open.seen = simulation.events.count
                return open.count <= 1 ? nil : "there are \(open.count)"
            }
        }
        try simulation.run { simulation in
            try await simulation.runtime.start(Supervisor("shop") { Cashier.child })
            for _ in 0..<3 {
                try simulation.crash("shop/cashier")
                try await simulation.quiet()
            }
            await simulation.runtime.shutdown()
        }
        #expect(open.withLock { $0.seen } > 8)
    }

    @Test(arguments: Seeds(20)) func power(seed: UInt64) throws {
        let simulation = Simulation(seed: seed, keepsTasks: true)
        let warehouse = simulation.node("warehouse", skew: ClockSkew(offset: .seconds(-3), drift: 200))
        let shop = simulation.node("shop")
        try simulation.run { simulation in
            for node in [warehouse, shop] { try await node.runtime.start(Supervisor("work") { Cashier.child }) }

            warehouse.powerOff(.random)
            #expect(warehouse.runtime.processCount == 0)
            try await warehouse.powerOn().start(Supervisor("work") { Cashier.child })
            try simulation.kill("shop:work/cashier")

            simulation.network.conditions.loss = 0.05
            simulation.network.cut(from: "warehouse", to: "shop")
            simulation.network.clog(from: "shop", to: "warehouse", for: .seconds(3))
            simulation.network.heal()

            try await simulation.quiet()
            try simulation.expectRestarts(of: "shop:work/cashier", 1)
            for node in [warehouse, shop] { await node.runtime.shutdown() }
        }
        try simulation.expectNoTaskWaits()
    }
}
