import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Stores side by side") struct StoreIsolationTests {
    @Test("Of fifty stores one crashes again and again, and every append to the others succeeds", arguments: Seeds(100))
    func oneCrashes(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings.faulty
            settings.store.partitions = 1
            settings.store.gatewayWorkers = 1
            for number in 0..<50 { settings.stores["store-\(number)"] = StoreConfiguration() }
            let node = try await Node.open(settings, in: runtime)
            let others = (1..<50).map { "store-\($0)" }
            let before = others.map { id in
                runtime.tree().node(at: "node/stores/\(id)")?.subtree.filter { !$0.path.contains("/writers/") }
                    .map(\.process)
            }
            let failures = try await withThrowingTaskGroup(of: [String].self) { group in
                group.addTask {
                    for round in 0..<12 {
                        let part = ["", "/core/storage/engine", "/core", "/gateway/0"][round % 4]
                        try? await node.gateway.crash("node/stores/store-0" + part, kill: round.isMultiple(of: 3))
                        try await runtime.sleep(for: .milliseconds(5))
                    }
                    return []
                }
                for id in others {
                    group.addTask {
                        var failures: [String] = []
                        for number in 0..<4 {
                            do {
                                let event = happenings(number..<number + 1)
                                let expected: ExpectedVersion = .exactly(number - 1)
                                _ = try await node.gateway.append(to: id, stream: "a", expecting: expected, event)
                            } catch {
                                failures.append("\(id): \(error)")
                            }
                            try await runtime.sleep(for: .milliseconds(13))
                        }
                        return failures
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(failures == [])
            let after = others.map { id in
                runtime.tree().node(at: "node/stores/\(id)")?.subtree.filter { !$0.path.contains("/writers/") }
                    .map(\.process)
            }
            #expect(after == before)
            try await runtime.sleep(for: .seconds(60))
            let event = happenings(0..<1)
            _ = try await node.gateway.append(to: "store-0", stream: "a", expecting: .noStream, event)
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }
}
