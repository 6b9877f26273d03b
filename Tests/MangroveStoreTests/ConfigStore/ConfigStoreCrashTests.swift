import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// What is wrong with the stores of a node, measured by what is on record of them.
func differences(of node: Node, in runtime: Runtime) async throws -> [String] {
    let gateway = node.gateway
    var problems: [String] = []
    let listings = try await gateway.configurations()
    for listing in listings {
        if let problem = listing.problem { problems.append("\(listing.record.store): \(problem)") }
        if listing.record.status == .pendingDeletion { problems.append("\(listing.record.store) is still going") }
    }
    let records = Dictionary(uniqueKeysWithValues: listings.map { ($0.record.store, $0.record) })
    let stores = try await gateway.stores()
    if Set(stores.map(\.id)) != Set(records.keys) {
        problems.append("there are \(stores.map(\.id)), on record \(records.keys.sorted())")
    }
    for store in stores {
        guard let record = records[store.id] else { continue }
        let runs = store.status == .running
        if runs != (record.status == .active) { problems.append("\(store.id) is \(store.status), \(record.status)") }
        let own = try await gateway.ownConfiguration(of: store.id)
        if own != record.configuration { problems.append("\(store.id) is run by another configuration") }
    }
    return problems
}

@Suite("The configuration store, cut off anywhere")
struct ConfigStoreCrashTests {
    /// One change of what is on record.
    enum Change: CaseIterable {
        case create
        case change
        case restartless
        case delete
        case erase
        case rollback
        case deactivate
        case activate

        func make(_ gateway: LocalGateway) async throws -> ConfigurationRecord {
            var limited = ConfigStoreTests.partitions(3)
            limited.limits.eventsPerSecond = 1_000
            return switch self {
            case .create: try await gateway.putConfiguration(of: "new", ConfigStoreTests.partitions(3), by: "x")
            case .change: try await gateway.putConfiguration(of: "orders", ConfigStoreTests.partitions(3), by: "x")
            case .restartless: try await gateway.putConfiguration(of: "orders", limited, by: "x")
            case .delete:
                try await gateway.deleteConfiguration(of: "orders", expecting: nil, erasing: false, by: "x")
            case .erase: try await gateway.deleteConfiguration(of: "orders", expecting: nil, erasing: true, by: "x")
            case .rollback: try await gateway.rollBackConfiguration(of: "orders", to: 1, expecting: nil, by: "x")
            case .deactivate:
                try await gateway.putConfiguration(
                    of: "orders",
                    ConfigStoreTests.partitions(2),
                    status: .inactive,
                    expecting: nil,
                    by: "x"
                )
            case .activate: try await gateway.putConfiguration(of: "idle", StoreConfiguration(), by: "x")
            }
        }
    }

    @Test(
        "Cut off at every step of the disk, a change is on record or is not, and the stores come to be as is on record",
        arguments: Change.allCases
    )
    func everyStep(_ change: Change) throws {
        let prepared = SimulatedDisk(seed: 1)
        try Simulation(seed: 1, disk: prepared.mount()).run { simulation in
            let node = try await Node.open(.keeping(), in: simulation.runtime)
            for count in 1...2 {
                let configuration = ConfigStoreTests.partitions(count)
                _ = try await node.gateway.putConfiguration(of: "orders", configuration, by: "a")
            }
            _ = try await node.gateway.putConfiguration(
                of: "idle",
                StoreConfiguration(),
                status: .inactive,
                expecting: 0,
                by: "a"
            )
            _ = try await node.gateway.append(to: "orders", stream: "s", expecting: .any, happenings(0..<3))
            await node.close()
        }
        for step in 0... {
            let policy: CrashPolicy = step % 3 == 0 ? .dropAll : .random
            let disk = prepared.copy(seed: UInt64(step))
            let made = Lock<ConfigurationRecord?>(nil)
            // The simulation ends in the middle of whatever waits for the disk that is gone.
            try? Simulation(seed: UInt64(step), disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                disk.crash(after: step, policy)
                let changing = simulation.runtime.spawn {
                    let record = try? await change.make(node.gateway)
                    made.withLock { $0 = record }
                }
                try await simulation.runtime.sleep(for: .milliseconds(500))
                _ = changing
                if !disk.isCrashPlanned { throw Cut() }
                await changing.value
                await node.close()
            }
            let wasCut = !disk.isCrashPlanned
            disk.mend()
            // Another seed: ids are random, and those of two lives are not the same.
            try Simulation(seed: UInt64(step) + 1_000_000, disk: disk.mount()).run { simulation in
                let node = try await Node.open(.keeping(), in: simulation.runtime)
                let problems = try await differences(of: node, in: simulation.runtime)
                #expect(problems == [], "\(change), step \(step)")
                if let record = made.withLock({ $0 }) {
                    let history = try await node.gateway.configurationHistory(of: record.store)
                    #expect(history.contains(record), "\(change), step \(step): an acknowledged change is lost")
                }
                let ids = try await node.gateway.stores().map(\.id)
                if ids.contains("orders"), try await node.gateway.configuration(of: "orders").status == .active {
                    let events = try await node.gateway.readAll(from: "orders", start: 0, count: 10)
                    #expect(events.count == 3, "\(change), step \(step)")
                }
                await node.close()
            }
            if wasCut { continue }
            #expect(step > 2, "\(change) took \(step) steps")
            break
        }
    }

    private struct Cut: Error {}

    @Test(
        "Whatever crashes while records change, what was acknowledged stays, and after quiet the stores are as is on record",
        arguments: Seeds(200)
    )
    func converges(_ seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        var random = SeededGenerator(seed: seed &+ 77)
        let acknowledged = Lock<[ConfigurationRecord]>([])
        for life in 0..<2 {
            let endsHard = life < 1 && Bool.random(using: &random)
            let plan = random.next()
            try Simulation(seed: seed &* 10 &+ UInt64(life), disk: disk.mount()).run { simulation in
                let runtime = simulation.runtime
                let node = try await Node.open(.keeping(), in: runtime)
                var random = SeededGenerator(seed: plan)
                let seeds = (0..<3).map { _ in random.next() }
                let clients = seeds.map { seed in
                    runtime.spawn { await Self.change(node.gateway, runtime, seed, acknowledged) }
                }
                let places = [
                    "node/configuration/config-store", "node/configuration/store/.config",
                    "node/configuration/store/.config/core/storage/engine", "node/configuration/readers/0",
                    "node/configuration/writers/1", "node/configured/follower", "node/configured",
                    "node/store-manager", "node/stores/east", "node/stores/west/core/storage/engine",
                ]
                // Each once: what ends too often takes the node with it, as it should.
                let hit = places.shuffled(using: &random).prefix(Int.random(in: 1..<6, using: &random))
                for place in hit {
                    try await runtime.sleep(for: .milliseconds(Int.random(in: 0..<40, using: &random)))
                    // What is not there cannot crash.
                    try? await node.gateway.crash(place, kill: Bool.random(using: &random))
                }
                if endsHard {
                    try await runtime.sleep(for: .milliseconds(Int.random(in: 0..<30, using: &random)))
                    disk.crash(Bool.random(using: &random) ? .dropAll : .random)
                    return
                }
                for client in clients { await client.value }
                // What fails is tried again after a while.
                var problems = ["nothing was looked at"]
                for _ in 0..<20 where !problems.isEmpty {
                    try await runtime.sleep(for: .seconds(3))
                    try await node.gateway.awaitRecords(within: .seconds(60))
                    problems = try await differences(of: node, in: runtime)
                }
                #expect(problems == [], "seed \(seed), life \(life)")
                let history = Set(try await node.gateway.configurationHistory(of: nil))
                let lost = acknowledged.withLock { $0 }.filter { !history.contains($0) }
                #expect(lost.isEmpty, "seed \(seed), life \(life)")
                let copy = try ConfigurationCache.read(disk, "/data")
                let records = try await node.gateway.configurations().map(\.record)
                #expect(copy == records, "seed \(seed), life \(life): the copy is old")
                await node.close()
                #expect(runtime.processCount == 0, "seed \(seed), life \(life)")
            }
        }
    }

    /// Changes records at random, and notes what was acknowledged.
    private static func change(
        _ gateway: LocalGateway,
        _ runtime: Runtime,
        _ seed: UInt64,
        _ acknowledged: Lock<[ConfigurationRecord]>
    ) async {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<6 {
            let store = ["east", "west", "north"].randomElement(using: &random) ?? "east"
            do {
                let record: ConfigurationRecord
                switch Int.random(in: 0..<8, using: &random) {
                case 0:
                    record = try await gateway.deleteConfiguration(
                        of: store,
                        expecting: nil,
                        erasing: Bool.random(using: &random),
                        by: "c"
                    )
                case 1:
                    let version = Int.random(in: 1..<4, using: &random)
                    record = try await gateway.rollBackConfiguration(of: store, to: version, expecting: nil, by: "c")
                case 2:
                    record = try await gateway.putConfiguration(
                        of: store,
                        ConfigStoreTests.partitions(1),
                        status: .inactive,
                        expecting: nil,
                        by: "c"
                    )
                default:
                    var configuration = ConfigStoreTests.partitions(Int.random(in: 1..<4, using: &random))
                    configuration.limits.eventsPerSecond = Int.random(in: 1..<9_000, using: &random)
                    record = try await gateway.putConfiguration(of: store, configuration, by: "c")
                }
                acknowledged.withLock { $0.append(record) }
            } catch {
                // It may or may not have been done, and says so.
            }
            try? await runtime.sleep(for: .milliseconds(Int.random(in: 0..<25, using: &random)))
        }
    }
}
