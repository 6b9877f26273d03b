import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// More faults that event stores have been seen to have; each by what it would look like here.
@Suite struct KnownStoreFaultTests {
    private func withNode(
        seed: UInt64 = 1,
        _ settings: NodeSettings = .faulty,
        _ body: @escaping @Sendable (Node, Simulation) async throws -> Void
    ) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(settings, in: simulation.runtime)
            try await body(node, simulation)
            await node.close()
            #expect(simulation.runtime.processCount == 0)
        }
    }

    @Test("What is asked of a store is done by that store, and by no other's worker, also while some restart")
    func ownWorkers() throws {
        try withNode { node, simulation in
            let (gateway, stores) = (node.gateway, (0..<6).map { "store-\($0)" })
            for store in stores { try await gateway.createStore(store) }
            for round in 0..<20 {
                for (number, store) in stores.enumerated() {
                    if round == 7 + number {
                        try await gateway.crash("node/stores/\(stores[(number + 1) % 6])/gateway/0", kill: true)
                    }
                    let event = NewEvent(
                        id: EventID(high: UInt64(number), low: UInt64(round)),
                        type: store,
                        data: Array("1".utf8)
                    )
                    _ = try await gateway.append(to: store, stream: "s\(round % 3)", expecting: .any, [event])
                }
            }
            for store in stores {
                let all = try await gateway.readAll(from: store, start: 0, count: 100)
                #expect(all.count == 20 && all.allSatisfy { $0.type == store })
                #expect(try await gateway.streams(of: store).count == 3)
            }
        }
    }

    @Test("Streams that nobody uses any more have no process and no name, however many there were")
    func nothingPilesUp() throws {
        try withNode { node, simulation in
            let (gateway, runtime) = (node.gateway, simulation.runtime)
            try await gateway.createStore("east")
            _ = try await gateway.append(to: "east", stream: "s", expecting: .any, happenings(0..<1))
            try await runtime.sleep(for: .seconds(60))
            let (processes, places) = (runtime.processCount, runtime.tree().nodes.count)
            for number in 0..<500 {
                let stream = "stream-\(number)"
                _ = try await gateway.append(to: "east", stream: stream, expecting: .noStream, happenings(0..<1))
                _ = try await gateway.read(from: "east", stream: stream, start: 0, count: 1, direction: .forward)
                let id = SnapshotID(source: "x", stream: stream, version: 0)
                try await gateway.recordSnapshot(Snapshot(id, data: Array("1".utf8)), in: "east", keeping: 1)
            }
            #expect(runtime.processCount > processes)
            try await runtime.sleep(for: .seconds(60))
            #expect(runtime.processCount == processes)
            #expect(runtime.tree().nodes.count == places)
            // And is there again when somebody does.
            let again = try await gateway.append(
                to: "east",
                stream: "stream-7",
                expecting: .exactly(0),
                happenings(1..<2)
            )
            #expect(again.version == 1)
        }
    }

    @Test("What is configured for a store holds for that store, whoever asks, and for no other")
    func ownConfiguration() throws {
        try withNode { node, simulation in
            let (gateway, runtime) = (node.gateway, simulation.runtime)
            var brief = StoreConfiguration()
            brief.writerIdle = .seconds(1)
            var long = StoreConfiguration()
            long.writerIdle = .seconds(1_000)
            try await gateway.createStore("brief", brief)
            try await gateway.createStore("long", long)
            try await gateway.createStore("usual")
            for store in ["brief", "long", "usual"] {
                _ = try await gateway.append(to: store, stream: "s", expecting: .any, happenings(0..<1))
            }
            func living() -> [Bool] {
                ["brief", "long", "usual"].map { store in
                    let name = StoreName(store: store).name(.writer, key: "s")
                    return (try? runtime.address(name, of: StreamWriter.self).resolve()) != nil
                }
            }
            #expect(living() == [true, true, true])
            try await runtime.sleep(for: .seconds(5))
            #expect(living() == [false, true, true])
            try await runtime.sleep(for: .seconds(30))
            #expect(living() == [false, true, false])
        }
    }

    @Test("There is no secret by default, and none that somebody else could know opens anything")
    func noDefaultSecret() throws {
        let disk = SimulatedDisk(seed: 3)
        #expect(try AccessSecret.read("/data", on: disk) == nil)
        try disk.createDirectory("/data")
        try disk.createDirectory("/other")
        var generator = SeededGenerator(seed: 4)
        let first = try AccessSecret.readOrMake("/data", on: disk, random: SeededBits(seed: generator.next()))
        let second = try AccessSecret.readOrMake("/other", on: disk, random: SeededBits(seed: generator.next()))
        #expect(first != second && first.count >= CapabilityToken.minimumSecret)
        #expect(try AccessSecret.readOrMake("/data", on: disk, random: SeededBits(seed: 9)) == first)
        var session = AccessSession(.tokens(secret: first, revoked: []))
        for secret in [second, [], [UInt8](repeating: 0, count: 32), Array("dev_cluster_secret".utf8)] {
            let token = CapabilityToken(for: AccessRestriction(), secret: secret, id: EventID(high: 1, low: 1))
            #expect(throws: StoreError.self) { try session.present(token.text, now: Timestamp(microseconds: 0)) }
        }
    }

    @Test(
        "Stores made at run time are supervised and there after a restart, and of two that make one, one does",
        arguments: Seeds(10)
    )
    func dynamicStores(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        for round in 0..<2 {
            try Simulation(seed: seed &+ UInt64(round) * 100, disk: disk).run { simulation in
                let runtime = simulation.runtime
                let node = try await Node.open(.faulty, in: runtime)
                let gateway = node.gateway
                if round == 0 {
                    let outcomes = await withTaskGroup(of: StoreError?.self) { group in
                        for _ in 0..<4 {
                            group.addTask {
                                do { try await gateway.createStore("new") } catch { return error as? StoreError }
                                return nil
                            }
                        }
                        return await group.reduce(into: []) { $0.append($1) }
                    }
                    #expect(outcomes.count { $0 == nil } == 1)
                    #expect(outcomes.count { $0 == .storeExists("new") } == 3)
                    try await gateway.crash("node/stores/new/core/storage/engine", kill: true)
                }
                _ = try await gateway.append(to: "new", stream: "s", expecting: .any, happenings(round..<round + 1))
                #expect(try await gateway.version(of: "s", in: "new") == round)
                #expect(try await gateway.stores().map(\.id) == ["new"])
                await node.close()
            }
        }
    }
}

/// Bits that a seed decides.
private struct SeededBits: RuntimeRandomness {
    private let generator: Lock<SeededGenerator>

    init(seed: UInt64) { generator = Lock(SeededGenerator(seed: seed)) }

    func next() -> UInt64 { generator.withLock { $0.next() } }
}
