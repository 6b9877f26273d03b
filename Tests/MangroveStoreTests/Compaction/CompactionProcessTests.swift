import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct CompactionProcessTests {
    private static var settings: NodeSettings {
        var settings = NodeSettings.faulty
        settings.store.segmentBytes = 8 << 10
        settings.store.compactionInterval = .seconds(20)
        return settings
    }

    private func bytes(_ disk: SimulatedDisk) throws -> Int {
        var bytes = 0
        for name in try disk.list("/data/east/raft_logs") {
            bytes += try disk.open("/data/east/raft_logs/" + name, .read).size()
        }
        return bytes
    }

    private func large(_ numbers: Range<Int>) -> [NewEvent] {
        happenings(numbers).map { event in
            var event = event
            event.data = Array(("\"" + String(repeating: "x", count: 600) + "\"").utf8)
            return event
        }
    }

    @Test("A store gives the disk back by itself, also of what has become too old, and on demand", arguments: Seeds(5))
    func background(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(Self.settings, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            try await gateway.setStreamSettings(StreamSettings(maxAge: .seconds(60)), of: "old", in: "east")
            for number in 0..<40 {
                _ = try await gateway.append(to: "east", stream: "old", expecting: .any, large(number..<number + 1))
                _ = try await gateway.append(to: "east", stream: "cut", expecting: .any, large(number..<number + 1))
            }
            let before = try bytes(disk)
            try await simulation.runtime.sleep(for: .seconds(30))
            #expect(try bytes(disk) == before)
            try await gateway.truncate("cut", in: "east", before: 30)
            try await simulation.runtime.sleep(for: .seconds(25))
            let afterCut = try bytes(disk)
            #expect(afterCut < before * 3 / 4)
            try await simulation.runtime.sleep(for: .seconds(60))
            #expect(try bytes(disk) < afterCut / 2)
            #expect(try await gateway.streamSettings(of: "old", in: "east").firstVersion == 40)
            #expect(try await gateway.version(of: "old", in: "east") == 39)
            #expect(try await gateway.readAll(from: "east", start: 0, count: 100).map(\.version) == Array(30..<40))
            for number in 0..<40 {
                _ = try await gateway.append(to: "east", stream: "z", expecting: .any, large(number..<number + 1))
            }
            try await gateway.deleteStream("cut", in: "east", tombstone: true)
            let report = try await gateway.compact("east")
            #expect(report.segments > 0 && report.bytesAfter < report.bytesBefore)
            #expect(report.events >= 10)
            #expect(try await gateway.verify("east").problems == [])
            await node.close()
        }
    }

    @Test("An engine that ends in the middle of compactions loses nothing", arguments: Seeds(15))
    func engineEnds(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(Self.settings, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            let load = StoreLoad(gateway, simulation.runtime)
            for number in 0..<30 {
                _ = try await gateway.append(to: "east", stream: "cut", expecting: .any, large(number..<number + 1))
            }
            try await gateway.truncate("cut", in: "east", before: 29)
            load.start("east", clients: 3)
            for round in 0..<4 {
                let compaction = simulation.runtime.spawn { _ = try? await gateway.compact("east") }
                let pause = Int(simulation.runtime.environment.randomness.next() % 8)
                try await simulation.runtime.sleep(for: .milliseconds(pause))
                try await gateway.crash("node/stores/east/core/storage/engine", kill: round.isMultiple(of: 2))
                try await simulation.runtime.sleep(for: .milliseconds(100))
                await compaction.value
            }
            try await load.stop()
            #expect(load.failures == [])
            #expect(try await gateway.verify("east").problems == [])
            let versions = try await gateway.read(
                from: "east",
                stream: "cut",
                start: nil,
                count: 9,
                direction: .forward
            )
            #expect(versions.map(\.version) == [29])
            let all = Set(try await gateway.readAll(from: "east", start: 0, count: .max).map(\.position))
            let lost = load.acknowledged("east").map(\.position).filter { !all.contains($0) }
            #expect(lost == [])
            await node.close()
        }
    }
}
