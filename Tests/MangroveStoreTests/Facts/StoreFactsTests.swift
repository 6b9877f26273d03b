import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct StoreFactsTests {
    @Test("What the engine's process said it recorded is there after every kind of end", arguments: Seeds(20))
    func acknowledged(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            try await node.gateway.createStore("east")
            let engine = simulation.runtime.address(StoreName(store: "east").name(.engine), of: Store.self)
            for number in 0..<UInt8(20) {
                if number.isMultiple(of: 7) {
                    try await node.gateway.crash("node/stores/east/core/storage/engine", kill: number == 7)
                    try await simulation.runtime.sleep(for: .seconds(1))
                }
                try await engine.record([FactChange(.parked, FactKey([number]), [number])])
                let session = try await engine.call { $0.session }
                #expect(try session.engine.fact(.parked, FactKey([number])) == [number])
            }
            disk.crash(.dropAll)
            await node.close()
        }
        try Simulation(seed: seed + 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            _ = try await node.gateway.readAll(from: "east", start: 0, count: 1)
            let engine = simulation.runtime.address(StoreName(store: "east").name(.engine), of: Store.self)
            let session = try await engine.call { $0.session }
            #expect(try session.engine.facts(.parked).map { $0.value } == (0..<UInt8(20)).map { [$0] })
            #expect(try await node.gateway.verify("east").problems == [])
            await node.close()
        }
    }
}
