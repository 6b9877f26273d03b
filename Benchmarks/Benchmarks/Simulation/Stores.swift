import Benchmark
import Mangrove
import MangroveStore
import MangroveTesting
import World

private let seeds = 20

/// The time of one seed: a machine with two stores, whose engine is killed and whose power fails under load.
func registerStores() {
    Benchmark("seed of two stores", configuration: settings()) { benchmark in
        try await benchmark.run { watch in
            try await watch.time(operations: seeds) {
                for seed in 0..<UInt64(seeds) { try run(seed: seed) }
            }
        }
    }
}

private func run(seed: UInt64) throws {
    let simulation = Simulation(seed: seed)
    let machine = simulation.node("machine")
    try simulation.run { simulation in
        for life in 0..<2 as Range<UInt64> {
            var settings = NodeSettings(dataDirectory: "/data", owner: "benchmark")
            settings.store.partitions = 1
            settings.store.gatewayWorkers = 1
            let node = try await Node.open(settings, in: machine.runtime)
            if life == 0 { for store in ["east", "west"] { try await node.gateway.createStore(store) } }
            let clients = ["east", "west", "east", "west"].enumerated().map { number, store in
                simulation.runtime.spawn {
                    await append(to: store, through: node.gateway, client: life << 8 | UInt64(number), in: simulation)
                }
            }
            try await simulation.runtime.sleep(for: .milliseconds(20))
            try simulation.kill("machine:node/stores/east/core/storage/engine")
            for client in clients { await client.value }
            guard life == 0 else { return await node.close() }
            machine.powerOff(.random)
            machine.powerOn()
        }
    }
}

private func append(to store: String, through gateway: LocalGateway, client: UInt64, in simulation: Simulation) async {
    for number in 0..<20 as Range<UInt64> {
        let event = NewEvent(id: EventID(high: client, low: number), type: "measured", data: Array("{}".utf8))
        _ = try? await gateway.append(to: store, stream: "stream-\(client)", expecting: .any, [event])
        try? await simulation.runtime.sleep(for: .milliseconds(2))
    }
}
