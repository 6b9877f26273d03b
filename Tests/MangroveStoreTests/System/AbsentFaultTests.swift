import Mangrove
import MangroveStore
import MangroveTesting
import Testing

/// Faults that event stores have been seen to have, and that this one has not.
@Suite struct AbsentFaultTests {
    @Test("A clean shutdown discards nothing", arguments: Seeds(5))
    func cleanShutdown(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        for round in 0..<3 {
            try Simulation(seed: seed, disk: disk).run { simulation in
                let node = try await Node.open(.simulated, in: simulation.runtime)
                if round == 0 { try await node.gateway.createStore("east") }
                let event = happenings(round..<round + 1)
                _ = try await node.gateway.append(to: "east", stream: "a", expecting: .exactly(round - 1), event)
                #expect(try await node.gateway.readAll(from: "east", start: 0, count: 9).count == round + 1)
                await node.close()
            }
            disk.crash(.dropAll)
        }
    }

    @Test("A batch is never there by half, over several streams neither", arguments: Seeds(20))
    func wholeBatches(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            disk.crash(after: Int(seed) % 7, .random)
            for number in 0..<5 {
                let parts = ["a", "b", "c"].map { stream in
                    StreamBatch(
                        stream: stream,
                        expecting: .exactly(number * 2 - 1),
                        events: happenings(number * 2..<number * 2 + 2)
                    )
                }
                _ = try? await node.gateway.append(to: "east", parts)
            }
            await node.close()
        }
        disk.mend()
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            var versions: Set<Int> = []
            for stream in ["a", "b", "c"] {
                versions.insert(try await node.gateway.version(of: stream, in: "east"))
            }
            #expect(versions.count == 1)
            await node.close()
        }
    }

    @Test("A version is no count of what is there: truncating, deleting and compacting change none")
    func versionsStay() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            _ = try await gateway.append(to: "east", stream: "a", expecting: .noStream, happenings(0..<10))
            try await gateway.truncate("a", in: "east", before: 7)
            _ = try await gateway.compact("east")
            #expect(try await gateway.version(of: "a", in: "east") == 9)
            _ = try await gateway.append(to: "east", stream: "a", expecting: .exactly(9), happenings(10..<11))
            try await gateway.deleteStream("a", in: "east", tombstone: false)
            _ = try await gateway.compact("east")
            let next = try await gateway.append(to: "east", stream: "a", expecting: .exactly(10), happenings(11..<12))
            #expect(next == AppendResult(stream: "a", version: 11, position: 11))
            await node.close()
        }
    }

    @Test("An append whose outcome was unknown can be made again, and is there once", arguments: Seeds(20))
    func unknownOutcome(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            for number in 0..<6 {
                if number.isMultiple(of: 2) { disk.failNextFlush() }
                let event = happenings(number..<number + 1)
                let result = try await node.gateway.append(
                    to: "east",
                    stream: "a",
                    expecting: .exactly(number - 1),
                    event
                )
                #expect(result.version == number)
            }
            #expect(try await node.gateway.readAll(from: "east", start: 0, count: 99).count == 6)
            await node.close()
        }
    }

    @Test("Of many who decide from the same events one is taken, also where flushes fail", arguments: Seeds(20))
    func oneDecision(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            if seed.isMultiple(of: 2) { disk.failNextFlush() }
            let outcomes = await withTaskGroup(of: String.self) { group in
                for number in 0..<6 {
                    group.addTask {
                        var booked = happenings(number..<number + 1)
                        booked[0].tags = ["seat:1"]
                        let parts = [StreamBatch(stream: "guest-\(number)", expecting: .noStream, events: booked)]
                        let condition = AppendCondition.noneMatching(.tags("seat:1"), after: -1)
                        do {
                            _ = try await gateway.append(to: "east", parts, if: [condition])
                            return "booked"
                        } catch StoreError.conditionFailed(condition, actual: 0) {
                            return "taken"
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                var outcomes: [String] = []
                for await outcome in group { outcomes.append(outcome) }
                return outcomes.sorted()
            }
            #expect(outcomes == ["booked", "taken", "taken", "taken", "taken", "taken"])
            let page = try await gateway.readAll(from: "east", start: 0, count: 9, filter: .tags("seat:1"))
            #expect(page.events.count == 1)
            await node.close()
        }
    }

    @Test("Nothing fails in silence: settings, deletions, snapshots and lists of what is damaged all throw")
    func noSilence() throws {
        let disk = SimulatedDisk(seed: 4)
        let log = "/data/east/raft_logs/00000000000000000001.log"
        try Simulation(seed: 4, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<50))
            try disk.corrupt(log, at: 500)
            // One event that cannot be read is no event that is left out.
            await #expect(throws: StoreError.self) { try await gateway.readAll(from: "east", start: 0, count: 99) }
            try await simulation.runtime.sleep(for: .seconds(1))
            let id = SnapshotID(source: "s", stream: "a", version: 1)
            let calls: [@Sendable () async throws -> Void] = [
                { _ = try await gateway.streams(of: "east") },
                { try await gateway.truncate("a", in: "east", before: 1) },
                { try await gateway.deleteStream("a", in: "east", tombstone: true) },
                { try await gateway.setStreamSettings(StreamSettings(), of: "a", in: "east") },
                { try await gateway.recordSnapshot(Snapshot(id, data: Array("1".utf8)), in: "east", keeping: nil) },
                { try await gateway.deleteSnapshot(id, in: "east") },
                { _ = try await gateway.snapshots(source: nil, stream: nil, in: "east") },
                { _ = try await gateway.compact("east") },
            ]
            for (number, call) in calls.enumerated() {
                do {
                    try await call()
                    Issue.record("call \(number) to a damaged store did not fail")
                } catch StoreError.damaged(_, let file, _, _) {
                    #expect(file == log)
                }
            }
            await node.close()
        }
    }
}
