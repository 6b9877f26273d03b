import Mangrove
import MangroveStore
import MangroveTesting
import Testing

/// The code of the guide to several stores, compiled and run.
@Suite struct AcrossStoresSnippets {
    @Test("What the guide to several stores shows works")
    func several() throws {
        try Simulation(seed: 1).run { simulation in
            var lines: [String] = []
            func print(_ words: String...) { lines.append(words.joined(separator: " ")) }
            func event(_ number: UInt64, _ type: String) -> NewEvent {
                NewEvent(id: EventID(high: 1, low: number), type: type, data: [0x31])
            }
            let (debited, entered, customer) = (event(1, "debited"), event(2, "entered"), "ann")
            let settings = NodeSettings(dataDirectory: "/data", owner: "me")
            let node = try await Node.open(settings, in: simulation.runtime)
            let gateway = node.gateway
            for store in ["accounts", "ledger"] { try await gateway.createStore(store) }

            let results = try await gateway.append(acrossStores: [
                StoreBatch(store: "accounts", stream: "ann", expecting: .noStream, [debited]),
                StoreBatch(store: "ledger", stream: "entries", [entered]),
            ])
            #expect(results.map(\.version) == [0, 0])

            for try await element in gateway.mergedEvents(of: ["accounts", "ledger"]) {
                print(element.store, element.event.type)
            }
            #expect(lines.sorted() == ["accounts debited", "ledger entered"])

            let spread = try StoreSpread(["orders-1", "orders-2", "orders-3"])
            let store = spread.store(for: customer)
            #expect(spread.stores.contains(store))
            await node.close()
        }
    }
}
