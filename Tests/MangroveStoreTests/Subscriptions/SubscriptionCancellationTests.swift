import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Loops over subscriptions that are cancelled")
struct SubscriptionCancellationTests {
    @Test(
        "A loop that is cancelled ends without an error, also while its store is away",
        arguments: Seeds(20),
        [0, 1_000]
    )
    func cancelled(seed: UInt64, milliseconds: Int) throws {
        try Simulation(seed: seed).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            let end = Lock("none")
            let loop = runtime.spawn {
                do {
                    for try await _ in try gateway.subscribe(to: "east", .all) {}
                    end.withLock { $0 = "ended" }
                } catch {
                    end.withLock { $0 = "\(error)" }
                }
            }
            try await runtime.sleep(for: .seconds(1))
            if milliseconds > 0 {
                simulation.faults.inject(.crash, at: .start, of: "node/stores/east/core/storage/engine", times: 100)
                try simulation.kill("node/stores/east/core/storage/engine")
                try await runtime.sleep(for: .milliseconds(milliseconds))
            }
            loop.cancel()
            await loop.value
            #expect(end.withLock { $0 } == "ended")
            await node.close()
        }
    }
}
