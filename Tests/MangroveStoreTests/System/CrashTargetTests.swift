import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct CrashTargetTests {
    @Test(
        "A process to be hit is found by its path, its name, or a pattern; the first that fits",
        arguments: [
            ("node/stores/east/core/storage/engine", "node/stores/east/core/storage/engine"),
            ("name:west/engine", "node/stores/west/core/storage/engine"),
            ("node/stores/*/engine", "node/stores/east/core/storage/engine"),
            ("*/west/*/engine", "node/stores/west/core/storage/engine"),
            ("*", "node"), ("*/stores", "node/stores"), ("node*manager", "node/store-manager"),
            ("name:engine", nil), ("name:", nil), ("", nil), ("engine", nil), ("*/core/*/west/*", nil),
            ("node/stores/east/core/storage/engine/*", nil),
        ] as [(String, String?)]
    )
    func find(text: String, path: String?) throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["east", "west"] { try await node.gateway.createStore(store) }
            #expect(CrashTarget(text: text).find(in: simulation.runtime.tree()) == path)
            await node.close()
        }
    }
}
