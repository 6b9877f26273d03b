import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct SnapshotTests {
    private func snapshot(_ source: String, _ stream: String, _ version: Int, size: Int = 8) -> Snapshot {
        Snapshot(
            SnapshotID(source: source, stream: stream, version: version),
            data: Array(("{ \"n\": \(version), \"x\": \"" + String(repeating: "x", count: size) + "\" }").utf8),
            metadata: version.isMultiple(of: 2) ? Array("[ 1.0 ]".utf8) : nil
        )
    }

    @Test("A snapshot that was recorded is there byte for byte, also after its disk lost power", arguments: Seeds(10))
    func durable(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            for version in 0..<4 {
                let new = snapshot("sum", "a", version * 10, size: version * 500)
                try await node.gateway.recordSnapshot(new, in: "east", keeping: nil)
            }
            try await node.gateway.recordSnapshot(snapshot("sum", "b", 1), in: "east", keeping: nil)
            try await node.gateway.recordSnapshot(snapshot("mean", "a", 1), in: "east", keeping: nil)
            try await node.gateway.deleteSnapshot(snapshot("sum", "a", 10).id, in: "east")
            disk.crash(.dropAll)
            await node.close()
        }
        try Simulation(seed: seed + 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            for version in [0, 20, 30] {
                let expected = snapshot("sum", "a", version, size: version * 50)
                let found = try #require(try await gateway.snapshot(expected.id, in: "east"))
                #expect(found.data == expected.data && found.metadata == expected.metadata)
                #expect(found.created > Timestamp(microseconds: 0))
            }
            #expect(try await gateway.snapshot(snapshot("sum", "a", 10).id, in: "east") == nil)
            func latest(_ version: Int?) async throws -> Int? {
                try await gateway.latestSnapshot(source: "sum", stream: "a", upTo: version, in: "east")?.id.version
            }
            #expect(try await latest(nil) == 30)
            #expect(try await latest(29) == 20)
            #expect(try await latest(20) == 20)
            #expect(try await latest(19) == 0)
            #expect(try await gateway.latestSnapshot(source: "s", stream: "a", upTo: nil, in: "east") == nil)
            #expect(
                try await gateway.snapshots(source: nil, stream: nil, in: "east").map(\.version) == [1, 0, 20, 30, 1]
            )
            #expect(try await gateway.snapshots(source: "sum", stream: nil, in: "east").count == 4)
            #expect(try await gateway.snapshots(source: nil, stream: "a", in: "east").count == 4)
            #expect(try await gateway.snapshots(source: "sum", stream: "b", in: "east").map(\.version) == [1])
            await node.close()
        }
    }

    @Test("Of a source and stream only as many are kept as was said, whatever order they come in")
    func retention() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            for version in [1, 5, 3, 9, 7] {
                try await gateway.recordSnapshot(snapshot("sum", "a", version), in: "east", keeping: 2)
                try await gateway.recordSnapshot(snapshot("sum", "b", version), in: "east", keeping: nil)
            }
            #expect(try await gateway.snapshots(source: "sum", stream: "a", in: "east").map(\.version) == [7, 9])
            #expect(try await gateway.snapshots(source: "sum", stream: "b", in: "east").count == 5)
            // Again: in place of what is there.
            let again = Snapshot(snapshot("sum", "a", 9).id, data: Array("0".utf8))
            try await gateway.recordSnapshot(again, in: "east", keeping: 2)
            #expect(try await gateway.snapshot(again.id, in: "east")?.data == Array("0".utf8))
            #expect(try await gateway.snapshots(source: "sum", stream: "a", in: "east").map(\.version) == [7, 9])
            await node.close()
        }
    }

    @Test("No write of a snapshot fails in silence: what cannot be kept is refused with what is wrong")
    func refusals() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            var noJSON = snapshot("sum", "a", 1)
            noJSON.data = Array("{".utf8)
            for bad in [noJSON, snapshot("", "a", 1), snapshot("a", "", 1), snapshot("a", "b", -1)] {
                await #expect(throws: StoreError.self) {
                    try await gateway.recordSnapshot(bad, in: "east", keeping: nil)
                }
            }
            await #expect(throws: StoreError.self) {
                try await gateway.recordSnapshot(snapshot("a", "b", 1), in: "east", keeping: 0)
            }
            await #expect(throws: StoreError.noSuchStore("west")) {
                try await gateway.recordSnapshot(snapshot("a", "b", 1), in: "west", keeping: nil)
            }
            #expect(try await gateway.snapshots(source: nil, stream: nil, in: "east").isEmpty)
            await node.close()
        }
    }
}
