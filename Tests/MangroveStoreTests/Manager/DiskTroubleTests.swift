import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Trouble with the disk of one store") struct DiskTroubleTests {
    private struct Scene: Sendable {
        let runtime: Runtime
        let disk: SimulatedDisk
        let troubled: TroubledDisk
        let node: Node

        /// Makes trouble in the middle of a load on east and west, and waits until nobody asks for anything any more.
        func load(_ trouble: @Sendable () async throws -> Void) async throws -> StoreLoad {
            let load = StoreLoad(node.gateway, runtime)
            for id in ["east", "west"] { load.start(id, clients: 3) }
            try await runtime.sleep(for: .milliseconds(50))
            try await trouble()
            try await runtime.sleep(for: .milliseconds(50))
            try await load.stop()
            #expect(load.failures == [])
            for id in ["east", "west"] { #expect(load.acknowledged(id).count > 10) }
            return load
        }

        func check(_ load: StoreLoad, _ stores: String...) async throws {
            for id in stores {
                let acknowledged = load.acknowledged(id)
                #expect(try await problems(of: id, in: node.gateway, acknowledged: acknowledged) == [], "\(id)")
                let event = NewEvent(id: EventID(high: 9, low: 9), type: "t", data: Array("{}".utf8))
                _ = try await node.gateway.append(to: id, stream: "later", expecting: .noStream, [event])
            }
        }
    }

    private func play(seed: UInt64, _ scene: @escaping @Sendable (Scene) async throws -> Void) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let troubled = TroubledDisk(disk)
            var environment = simulation.runtime.environment
            environment.disk = troubled
            let runtime = Runtime(environment)
            let node = try await Node.open(.faulty, in: runtime)
            for id in ["east", "west"] { try await node.gateway.createStore(id) }
            try await scene(Scene(runtime: runtime, disk: disk, troubled: troubled, node: node))
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test(
        "A store whose disk became read-only loses nothing, says so, and serves again when it can be written",
        arguments: Seeds(20)
    )
    func readOnly(seed: UInt64) throws {
        try play(seed: seed) { scene in
            let load = try await scene.load { scene.troubled.remount("/data/east", readOnly: true) }
            try await scene.runtime.sleep(for: .seconds(20))
            let status = try await scene.node.gateway.storeStatus("east")
            #expect(status.problem?.contains("the file system is read-only") ?? false, "\(status)")
            #expect(status.problem?.contains("/data/east") ?? false)
            try await scene.check(load, "west")
            scene.troubled.remount("/data/east", readOnly: false)
            try await scene.runtime.sleep(for: .seconds(60))
            try await scene.check(load, "east")
        }
    }

    @Test(
        "Of a store whose directory was deleted nothing more is acknowledged, and what to do is said",
        arguments: Seeds(20)
    )
    func deletedDirectory(seed: UInt64) throws {
        try play(seed: seed) { scene in
            let before = Lock(0)
            let load = StoreLoad(scene.node.gateway, scene.runtime)
            for id in ["east", "west"] { load.start(id, clients: 3) }
            try await scene.runtime.sleep(for: .milliseconds(50))
            try scene.disk.removeTree("/data/east")
            before.withLock { $0 = load.acknowledged("east").count }
            try await scene.runtime.sleep(for: .milliseconds(200))
            try await load.stop()
            // What was durable before the deletion may have been on its way to those who waited, nothing that came later.
            #expect(load.acknowledged("east").count <= before.withLock { $0 } + 9)
            try await scene.runtime.sleep(for: .seconds(20))
            let status = try await scene.node.gateway.storeStatus("east")
            #expect(status.status == .stopped)
            #expect(status.problem?.contains("put them back") ?? false, "\(status)")
            try await scene.check(load, "west")
            #expect(try await scene.node.gateway.removeStore("east").kept == nil)
            #expect(try await scene.node.gateway.stores().map(\.id) == ["west"])
        }
    }

    @Test("A store whose directory was moved away and put back goes on where it was", arguments: Seeds(20))
    func movedAway(seed: UInt64) throws {
        try play(seed: seed) { scene in
            let load = try await scene.load { try scene.disk.rename("/data/east", to: "/moved") }
            try await scene.runtime.sleep(for: .seconds(20))
            #expect(try await scene.node.gateway.storeStatus("east").status == .stopped)
            try scene.disk.rename("/moved", to: "/data/east")
            try await scene.runtime.sleep(for: .seconds(60))
            try await scene.check(load, "east", "west")
        }
    }

    @Test(
        "On a full disk reading and deleting go on, appends say what is free, and are taken again when there is room",
        arguments: Seeds(20)
    )
    func fullDisk(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            for id in ["east", "west"] { try await gateway.createStore(id) }
            disk.capacity = disk.usedSpace + StoreRoom.reserve + 20_000
            var taken = 0
            var refusals = 0
            while refusals < 5, taken < 10_000 {
                do {
                    let event = happenings(taken..<taken + 1)
                    _ = try await gateway.append(to: "east", stream: "a", expecting: .exactly(taken - 1), event)
                    taken += 1
                    try await simulation.runtime.sleep(for: .milliseconds(200))
                } catch StoreError.limitReached("east", let use) {
                    #expect(use.kind == .free && use.used < use.limit)
                    refusals += 1
                }
            }
            #expect(refusals == 5 && taken > 20)
            // The engine has not come upon the end of the disk.
            #expect(!simulation.logs.events.contains { $0.name == "supervisor.child.ended" })
            #expect(try await gateway.readAll(from: "east", start: 0, count: 10_000).count == taken)
            try await gateway.truncate("a", in: "east", before: taken)
            disk.capacity = nil
            try await simulation.runtime.sleep(for: .seconds(6))
            let event = happenings(taken..<taken + 1)
            #expect(try await gateway.append(to: "east", stream: "a", expecting: .any, event).version == taken)
            await node.close()
        }
    }
}
