import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Many stores of a node") struct ManyStoresTests {
    private func configuration(_ change: (inout StoreConfiguration) -> Void) -> StoreConfiguration {
        var configuration = StoreConfiguration()
        change(&configuration)
        return configuration
    }

    typealias Life = @Sendable (Simulation, Node) async throws -> Void

    /// Runs one life of a node after the other on a disk.
    private func live(
        on disk: SimulatedDisk = SimulatedDisk(seed: 1),
        seed: UInt64 = 1,
        by settings: NodeSettings = .simulated,
        _ lives: [Life]
    ) throws {
        for (number, life) in lives.enumerated() {
            try Simulation(seed: seed + UInt64(number) * 1_000, disk: disk).run { simulation in
                let node = try await Node.open(settings, in: simulation.runtime)
                try await life(simulation, node)
                await node.close()
                #expect(simulation.runtime.processCount == 0)
            }
        }
    }

    @Test("A removed store's files are kept, no restart brings it back, and it can be brought back as it was")
    func removeAndRevive() throws {
        let disk = SimulatedDisk(seed: 1)
        let kept = Lock<KeptStore?>(nil)
        try live(
            on: disk,
            [
                { _, node in
                    try await node.gateway.createStore("east", configuration { $0.segmentBytes = 8_192 })
                    _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<5))
                    let removed = try await node.gateway.removeStore("east", erasing: false)
                    #expect(removed.kept?.id == "east")
                    kept.withLock { $0 = removed.kept }
                    #expect(try await node.gateway.stores().isEmpty)
                },
                { _, node in
                    #expect(try await node.gateway.stores().isEmpty)
                    #expect(try await node.gateway.keptStores() == [kept.withLock { $0 }].compactMap { $0 })
                    await #expect(throws: StoreError.noSuchStore("east")) {
                        try await node.gateway.readAll(from: "east", start: 0, count: 9)
                    }
                    // The name is free meanwhile.
                    try await node.gateway.createStore("east")
                    await #expect(throws: StoreError.storeExists("east")) { try await node.gateway.reviveStore("east") }
                    try await node.gateway.removeStore("east")
                    await #expect(throws: StoreError.self) { try await node.gateway.reviveStore("east") }
                    let name = try #require(kept.withLock { $0?.name })
                    try await node.gateway.reviveStore(name)
                    #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == 5)
                    #expect(try await node.gateway.ownConfiguration(of: "east").segmentBytes == 8_192)
                    #expect(try await node.gateway.keptStores().count == 1)
                    try await node.gateway.eraseKeptStore("east")
                    #expect(try await node.gateway.keptStores().isEmpty)
                },
                { _, node in
                    #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == 5)
                    let removed = try await node.gateway.removeStore("east", erasing: true)
                    #expect(removed.kept == nil)
                    #expect(try await node.gateway.keptStores().isEmpty)
                },
            ]
        )
        #expect(try disk.list("/data") == ["lock"])
    }

    @Test("A store that starts when it is first asked for has no process before, after a restart neither")
    func lazy() throws {
        let settings = configuration { $0.autoStart = false }
        try live([
            { simulation, node in
                try await node.gateway.createStore("lazy", settings)
                #expect(try await node.gateway.storeStatus("lazy").status == .stopped)
                #expect(simulation.runtime.tree().node(at: "node/stores/lazy") == nil)
                #expect(try await node.gateway.version(of: "a", in: "lazy") == -1)
                #expect(try await node.gateway.storeStatus("lazy").status == .running)
            },
            { simulation, node in
                #expect(try await node.gateway.stores().map(\.status) == [.stopped])
                #expect(simulation.runtime.tree().node(at: "node/stores/lazy") == nil)
                _ = try await node.gateway.append(to: "lazy", stream: "a", expecting: .noStream, happenings(0..<1))
                #expect(try await node.gateway.stores().map(\.status) == [.running])
            },
        ])
    }

    @Test("A slow store keeps nobody: others are made, listed, used and removed while it starts", arguments: Seeds(20))
    func slowStore(seed: UInt64) throws {
        try live(
            seed: seed,
            by: .faulty,
            [
                { simulation, node in
                    let gateway = node.gateway
                    for id in ["fast", "slow"] { try await gateway.createStore(id) }
                    simulation.faults.inject(
                        .hang,
                        at: .point("store.beforeOpen"),
                        of: "node/stores/slow/core/storage/engine"
                    )
                    try await gateway.crash("node/stores/slow", kill: true)
                    try await simulation.runtime.sleep(for: .seconds(1))
                    #expect(try await gateway.storeStatus("slow").status == .starting)
                    try await gateway.createStore("third")
                    _ = try await gateway.append(to: "third", stream: "a", expecting: .noStream, happenings(0..<1))
                    _ = try await gateway.append(to: "fast", stream: "a", expecting: .noStream, happenings(0..<1))
                    #expect(try await gateway.removeStore("third").kept != nil)
                    #expect(try await gateway.stores().map(\.id) == ["fast", "slow"])
                }
            ]
        )
    }

    @Test(
        "What is configured for a store is in force at once or after a restart of it alone, and after one of the node"
    )
    func configure() throws {
        try live([
            { simulation, node in
                let gateway = node.gateway
                for id in ["east", "west"] { try await gateway.createStore(id) }
                _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<5))
                func processes(_ id: String) -> [ProcessID?] {
                    // A stream's writer is there when there is something to write.
                    let all = simulation.runtime.tree().node(at: "node/stores/\(id)")?.subtree ?? []
                    return all.filter { $0.id != "a" }.map(\.process)
                }
                let (east, west) = (processes("east"), processes("west"))
                var own = configuration { $0.maximumAppendEvents = 3 }
                #expect(try await !gateway.configureStore("east", own))
                #expect(processes("east") == east)
                await #expect(throws: StoreError.self) {
                    try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(5..<9))
                }
                _ = try await gateway.append(to: "west", stream: "a", expecting: .any, happenings(5..<9))
                own.partitions = 3
                #expect(try await gateway.configureStore("east", own))
                #expect(try await !gateway.configureStore("east", own))
                #expect(Set(processes("east")).isDisjoint(with: east))
                #expect(processes("west") == west)
                let readers = "node/stores/east/core/persistence/streams/readers"
                #expect(simulation.runtime.tree().node(at: readers)?.children.count == 3)
                #expect(try await gateway.readAll(from: "east", start: 0, count: 9).count == 5)
            },
            { simulation, node in
                let gateway = node.gateway
                let readers = "node/stores/east/core/persistence/streams/readers"
                #expect(simulation.runtime.tree().node(at: readers)?.children.count == 3)
                #expect(try await gateway.storeConfiguration("east")["maximumAppendEvents"] == "3")
                #expect(try await gateway.storeConfiguration("west")["maximumAppendEvents"] == "100000")
                var wrong = configuration { $0.partitions = 0 }
                wrong.segmentBytes = 1
                do {
                    _ = try await gateway.configureStore("east", wrong)
                    Issue.record("a configuration that cannot be was taken")
                } catch StoreError.invalid(let what) {
                    #expect(what.contains("partitions") && what.contains("segmentBytes"))
                }
                await #expect(
                    throws: StoreError.invalid("the directory of store 'east' cannot be changed while it is there")
                ) {
                    try await gateway.configureStore("east", configuration { $0.directory = "/other" })
                }
                await #expect(throws: StoreError.noSuchStore("north")) {
                    try await gateway.configureStore("north", configuration { $0.partitions = 1 })
                }
            },
        ])
    }

    @Test(
        "Nothing acknowledged is lost while a store is restarted for its configuration again and again",
        arguments: Seeds(40)
    )
    func configureUnderLoad(seed: UInt64) throws {
        try live(
            seed: seed,
            [
                { simulation, node in
                    try await node.gateway.createStore("east")
                    let load = StoreLoad(node.gateway, simulation.runtime)
                    load.start("east", clients: 5)
                    for round in 1...4 {
                        try await simulation.runtime.sleep(for: .milliseconds(30))
                        #expect(
                            try await node.gateway.configureStore("east", configuration { $0.partitions = round + 2 })
                        )
                    }
                    try await load.stop()
                    #expect(load.failures == [])
                    let acknowledged = load.acknowledged("east")
                    #expect(acknowledged.count > 20)
                    #expect(try await problems(of: "east", in: node.gateway, acknowledged: acknowledged) == [])
                }
            ]
        )
    }

    @Test("A store on another disk is there after a restart, waits for its disk, and leaves it when it is erased")
    func elsewhere() throws {
        let disk = SimulatedDisk(seed: 3)
        let elsewhere = configuration { $0.directory = "/mnt/fast/east" }
        try live(
            on: disk,
            [
                { _, node in
                    try await node.gateway.createStore("east", elsewhere)
                    _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<5))
                    #expect(try await node.gateway.storeStatus("east").directory == "/mnt/fast/east")
                    #expect(try disk.kind(of: "/mnt/fast/east/manifest") == .file)
                    #expect(try disk.list("/data/east") == ["elsewhere"])
                    await #expect(throws: StoreError.self) { try await node.gateway.createStore("west", elsewhere) }
                    #expect(try await node.gateway.stores().map(\.id) == ["east"])
                }
            ]
        )
        try disk.rename("/mnt/fast", to: "/mnt/away")
        try live(
            on: disk,
            [
                { simulation, node in
                    let status = try await node.gateway.storeStatus("east")
                    #expect(status.status == .stopped || status.status == .starting)
                    #expect(status.problem?.contains("is its disk mounted?") ?? false, "\(status)")
                    try disk.rename("/mnt/away", to: "/mnt/fast")
                    try await simulation.runtime.sleep(for: .seconds(60))
                    #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == 5)
                    // Another node is not let into the same directory.
                    var other = NodeSettings(dataDirectory: "/other", owner: "2")
                    other.stores = ["east": elsewhere]
                    let second = Runtime(simulation.runtime.environment)
                    await #expect(throws: StoreError.self) { try await Node.open(other, in: second) }
                },
                { _, node in
                    let kept = try await node.gateway.removeStore("east")
                    #expect(kept.directory == "/mnt/fast/east")
                    #expect(try disk.kind(of: "/mnt/fast/east/manifest") == .file)
                    try await node.gateway.reviveStore("east")
                    #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == 5)
                    #expect(try await node.gateway.removeStore("east", erasing: true).kept == nil)
                    #expect(try disk.kind(of: "/mnt/fast/east") == nil)
                },
                { _, node in
                    let left = try await node.gateway.stores()
                    #expect(left.isEmpty)
                },
            ]
        )
        #expect(try disk.list("/data") == ["lock"])
    }

    @Test("An erasing that another disk does not let come to its end keeps no node from its other stores")
    func stuckErasing() throws {
        let disk = SimulatedDisk(seed: 5)
        let elsewhere = configuration { $0.directory = "/mnt/fast/east" }
        try live(
            on: disk,
            [
                { _, node in
                    try await node.gateway.createStore("east", elsewhere)
                    try await node.gateway.createStore("west")
                }
            ]
        )
        let link = try #require(try StoreLink.read(disk, "/data/east", store: "east"))
        try StoreLink(.erasing, link.identity, path: link.path).write(disk, "/data/east", store: "east")
        try Simulation(seed: 6, disk: disk).run { simulation in
            let troubled = TroubledDisk(disk)
            var environment = simulation.runtime.environment
            environment.disk = troubled
            let runtime = Runtime(environment)
            troubled.remount("/mnt", readOnly: true)
            let node = try await Node.open(.simulated, in: runtime)
            #expect(try await node.gateway.stores().map(\.id) == ["west"])
            await #expect(throws: StoreError.self) { try await node.gateway.createStore("east") }
            await node.close()
            troubled.remount("/mnt", readOnly: false)
            let next = try await Node.open(.simulated, in: runtime)
            #expect(try disk.kind(of: "/mnt/fast/east") == nil)
            try await next.gateway.createStore("east")
            await next.close()
        }
    }

    @Test("Stores that are declared are made once, by what the node has configured for them, and stay as they are then")
    func declared() throws {
        var settings = NodeSettings.simulated
        settings.stores = ["first": configuration { $0.partitions = 3 }, "second": StoreConfiguration()]
        let first: Life = { (_: Simulation, node: Node) async throws in
            #expect(try await node.gateway.stores().map(\.id) == ["first", "second"])
            #expect(try await node.gateway.storeConfiguration("first")["partitions"] == "3")
            #expect(try await node.gateway.configureStore("first", configuration { $0.partitions = 4 }))
        }
        let second: Life = { (_: Simulation, node: Node) async throws in
            #expect(try await node.gateway.storeConfiguration("first")["partitions"] == "4")
            #expect(try await node.gateway.stores().count == 2)
        }
        try live(by: settings, [first, second])
    }

    @Test("A request that nobody waits for is done, and its failure is logged and counted")
    func casts() throws {
        try live([
            { simulation, node in
                let gateway = node.gateway
                try await gateway.requestStore("east", StoreConfiguration())
                try await gateway.requestStore("east", StoreConfiguration())
                try await gateway.requestRemoval(of: "north")
                try await simulation.runtime.sleep(for: .seconds(1))
                #expect(try await gateway.stores().map(\.id) == ["east"])
                let failures = simulation.logs.events.filter { $0.name == "store.request.failed" }
                #expect(failures.count == 2)
                #expect(try await gateway.metrics().contains("mangrove_store_requests_failed_total 2"))
                try await gateway.requestRemoval(of: "east")
                try await simulation.runtime.sleep(for: .seconds(1))
                #expect(try await gateway.stores().isEmpty)
                #expect(try await gateway.keptStores().map(\.id) == ["east"])
            }
        ])
    }
}
