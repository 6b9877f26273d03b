import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct StoreManagerTests {
    @Test("A store that gives up is started again, as often as it takes, and its neighbour never notices")
    func givesUp() throws {
        try Simulation(seed: 2).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.faulty, in: runtime)
            for store in ["east", "west"] { try await node.gateway.createStore(store) }
            let neighbour = runtime.tree().node(at: "node/stores/west")?.subtree.map(\.process)
            // Far more often than any intensity in the store's subtree allows.
            for _ in 0..<20 {
                _ = try? await node.gateway.crash("node/stores/east/core/storage/engine", kill: false)
                try await runtime.sleep(for: .milliseconds(100))
            }
            let result = try await node.gateway.append(to: "east", stream: "a", expecting: .noStream, happenings(0..<1))
            #expect(result.version == 0)
            #expect(runtime.tree().node(at: "node/stores/west")?.subtree.map(\.process) == neighbour)
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test("After a crash of the manager alone its stores go on, and it knows them", arguments: [false, true])
    func managerCrash(kill: Bool) throws {
        try Simulation(seed: 4).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.faulty, in: runtime)
            for store in ["east", "west"] { try await node.gateway.createStore(store) }
            let stores = runtime.tree().node(at: "node/stores")?.subtree.map(\.process)
            try await node.gateway.crash("node/store-manager", kill: kill)
            try await runtime.sleep(for: .milliseconds(10))
            #expect(try await node.gateway.stores().map(\.status) == [.running, .running])
            #expect(runtime.tree().node(at: "node/stores")?.subtree.map(\.process) == stores)
            // It watches them as before.
            try await node.gateway.crash("node/stores/east", kill: true)
            try await runtime.sleep(for: .milliseconds(100))
            let status = try await node.gateway.storeStatus("east")
            #expect(status.status == .running, "\(status) \(simulation.logs.events.map(\.logfmt))")
            await node.close()
        }
    }

    @Test("A removed store is gone, its neighbour is not, and its name can be used again")
    func remove() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["east", "west"] {
                try await node.gateway.createStore(store)
                _ = try await node.gateway.append(to: store, stream: "a", expecting: .any, happenings(0..<3))
            }
            try await node.gateway.removeStore("east")
            #expect(try await node.gateway.stores().map(\.id) == ["west"])
            #expect(simulation.runtime.tree().node(at: "node/stores/east") == nil)
            #expect(try disk.kind(of: "/data/east") == nil)
            try await node.gateway.createStore("east")
            #expect(try await node.gateway.readAll(from: "east", start: 0, count: 10).isEmpty)
            #expect(try await node.gateway.readAll(from: "west", start: 0, count: 10).count == 3)
            await node.close()
        }
    }

    @Test("A full disk refuses appends with a typed error, loses nothing, and takes appends again when there is room")
    func fullDisk() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<10))
            disk.capacity = disk.usedSpace + 64
            var refused = false
            var count = 10
            // The space that is prepared is there already: it still takes some.
            while !refused, count < 10_000 {
                do {
                    let more = happenings(count..<count + 20)
                    _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, more)
                    count += 20
                } catch StoreError.limitReached("east", let use) where use.kind == .free {
                    refused = true
                }
            }
            #expect(refused)
            disk.capacity = nil
            let more = happenings(count..<count + 20)
            let result = try await node.gateway.append(to: "east", stream: "a", expecting: .any, more)
            #expect(result.version == count + 19)
            #expect(try await node.gateway.readAll(from: "east", start: 0, count: 20_000).count == count + 20)
            await node.close()
        }
    }

    @Test("The names of two stores never collide, and without a store they are unscoped")
    func names() {
        var all: Set<ProcessName> = []
        let ids: [String?] = ["east", "west", nil]
        for id in ids {
            for role in StoreName.Role.allCases { all.insert(StoreName(store: id).name(role, key: "k")) }
        }
        #expect(all.count == ids.count * StoreName.Role.allCases.count)
        #expect(StoreName(store: nil).name(.engine) == ProcessName("engine"))
    }
}
