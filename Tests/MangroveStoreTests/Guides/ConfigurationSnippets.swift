import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct ConfigurationSnippets {
    @Test("A node keeps records, as the guide on configuration shows") func records() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings(dataDirectory: "grove-data", owner: "me")
            settings.keepsConfiguration = true
            let node = try await Node.open(settings, in: runtime)
            var configuration = StoreConfiguration()
            configuration.limits.eventsPerSecond = 200
            let record = try await node.gateway.putConfiguration(of: "tenant-3", configuration, by: "me")
            for listing in try await node.gateway.configurations() {
                print(listing.record.store, listing.record.version, listing.problem ?? "as it should be")
            }
            #expect(record.version == 1)
            #expect(try await node.gateway.storeStatus("tenant-3").status == .running)
            await node.close()
        }
    }

    @Test("A store's configuration is a value whose parts are set one by one") func configuration() throws {
        var configuration = StoreConfiguration()
        configuration.segmentBytes = 16 << 20
        configuration.limits.connections = 50
        #expect(configuration.json == Array(#"{"segmentBytes":16777216,"limits":{"connections":50}}"#.utf8))
    }
}
