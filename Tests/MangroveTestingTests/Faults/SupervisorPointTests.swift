import Mangrove
import MangroveTesting
import Testing

@Suite("Fault points of supervisors") struct SupervisorPointTests {
    @Test(
        "A supervisor that crashes between two steps of its work leaves nothing behind",
        arguments: ["supervisor.beforeStart", "supervisor.afterStart", "supervisor.beforeStop"],
        [Fault.crash, .kill]
    )
    func leavesNothing(point: String, fault: Fault) throws {
        for seed in 0..<6 as Range<UInt64> {
            let simulation = Simulation(seed: seed, keepsTasks: true)
            try simulation.run { simulation in
                let runtime = simulation.runtime
                let order = EventOrder()
                try await runtime.start(
                    Supervisor("shop", intensity: RestartIntensity(9, within: .seconds(5))) {
                        Supervisor("back", strategy: .oneForAll, intensity: RestartIntensity(9, within: .seconds(5))) {
                            ScriptedWorker("stock", order)
                            ScriptedWorker("orders", order, terminating: .seconds(1))
                        }
                        DynamicSupervisor("carts", name: "carts")
                    }
                )
                let carts = runtime.address("carts", of: DynamicSupervisorProcess.self)
                let id = simulation.faults.inject(fault, at: .point(point), of: .anyone, skipping: Int(seed) / 3)
                let cart = try? await carts.startChild(ScriptedWorker("cart", order), as: Scripted.self)
                if let cart = cart ?? nil { try? await carts.terminateChild(cart.id) }
                try? simulation.crash("shop/back/stock")
                try await runtime.sleep(for: .seconds(3))
                #expect(simulation.faults.count(of: id) == 1, "seed \(seed)")
                await runtime.shutdown()
                try await simulation.eventually(within: .seconds(10)) { runtime.processCount == 0 }
            }
            #expect(simulation.clock.timerCount == 0)
            try simulation.expectNoTaskWaits()
        }
    }

    @Test("A turn that is stuck ignores its cancellation: killed, it leaves a zombie until it is over")
    func stuck() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let order = EventOrder()
            try await runtime.start(Supervisor("shop") { ScriptedWorker("stock", order, name: "stock") })
            simulation.faults.inject(.stuck(.seconds(60)), at: .anyTurn, of: "shop/stock")
            let stock = try runtime.address("stock", of: Scripted.self).resolve()
            try stock.cast { $0.set(1) }
            try await simulation.quiet()
            stock.kill()
            try await simulation.never(for: .milliseconds(900), "it is called a zombie") { runtime.zombieCount > 0 }
            try await simulation.eventually(within: .seconds(1)) { runtime.zombies.map(\.process) == [stock.id] }
            try simulation.expectRestarts(of: "shop/stock", 1)
            try await simulation.eventually(within: .seconds(60)) { runtime.zombieCount == 0 }
            await runtime.shutdown()
        }
    }
}
