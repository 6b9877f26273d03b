import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct StreamSettingsTests {
    private func change(_ engine: StoreEngine, _ stream: String, _ change: StreamChange) throws {
        _ = try engine.stage(change, of: stream)
        try engine.flushStaged()
    }

    @Test("What is truncated is gone from every read at once, and versions and positions count as if it were there")
    func truncation() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, _) = try store.open()
        try engine.append("a", numbered(0..<10))
        try engine.append("b", numbered(0..<2))
        try change(engine, "a", .truncate(before: 4))
        for round in 0..<3 {
            #expect(try engine.read(stream: "a", count: 99).map { $0.version } == Array(4..<10))
            #expect(try engine.read(stream: "a", start: 2, count: 3).map { $0.version } == [4, 5, 6])
            let backward = try engine.read(stream: "a", start: 6, count: 99, direction: .backward)
            #expect(backward.map { $0.version } == [6, 5, 4])
            #expect(try engine.read(stream: "a", start: 2, count: 2, direction: .backward).isEmpty)
            #expect(try engine.all.map { $0.position } == Array(4..<12))
            #expect(try engine.readAll(start: 1, count: 3).map { $0.position } == [4, 5, 6])
            let page = try engine.readAll(start: 0, count: 3, filter: .types("tested"))
            #expect(page.events.map { $0.position } == [4, 5, 6])
            #expect(engine.version(of: "a") == 9)
            #expect(try engine.settings(of: "a").firstVersion == 4)
            if round == 1 { try engine.writeCheckpoint() }
            engine.abandon()
            engine = try store.open().engine
        }
        #expect(try engine.append("a", [event(50)], expecting: .exactly(9)).version == 10)
        #expect(throws: StoreError.self) { try engine.stage(.truncate(before: 12), of: "a") }
        #expect(throws: StoreError.self) { try engine.stage(.truncate(before: -1), of: "a") }
        // Lower than before changes nothing.
        try change(engine, "a", .truncate(before: 1))
        #expect(try engine.settings(of: "a").firstVersion == 4)
    }

    @Test("A stream with a maximum count keeps its newest events, also of later appends, and nothing comes back")
    func maxCount() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, _) = try store.open()
        try engine.append("a", numbered(0..<10))
        try change(engine, "a", .settings(StreamSettings(maxCount: 3)))
        #expect(try engine.read(stream: "a", count: 99).map { $0.version } == [7, 8, 9])
        try engine.append("a", numbered(10..<12))
        #expect(try engine.read(stream: "a", count: 99).map { $0.version } == [9, 10, 11])
        try change(engine, "a", .settings(StreamSettings()))
        try engine.append("a", numbered(12..<13))
        for _ in 0..<2 {
            #expect(try engine.read(stream: "a", count: 99).map { $0.version } == [9, 10, 11, 12])
            #expect(try engine.all.map { $0.position } == [9, 10, 11, 12])
            #expect(try engine.settings(of: "a").maxCount == nil)
            engine.abandon()
            engine = try store.open().engine
        }
    }

    @Test("A deleted stream reads as nothing, and a later append revives it with its versions continuing")
    func deletion() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, _) = try store.open()
        try engine.append("a", numbered(0..<3))
        try change(engine, "a", .truncate(before: 3))
        #expect(try engine.all.isEmpty && engine.read(stream: "a", count: 9).isEmpty)
        #expect(engine.streams().isEmpty)
        #expect(engine.version(of: "a") == 2)
        #expect(throws: StoreError.wrongExpectedVersion(stream: "a", expected: .noStream, actual: 2)) {
            try engine.append("a", [event(9)], expecting: .noStream)
        }
        // An id whose event is gone can be used anew.
        #expect(try engine.append("a", [event(1)], expecting: .exactly(2)).version == 3)
        engine.abandon()
        engine = try store.open().engine
        #expect(try engine.read(stream: "a", count: 9).map { $0.version } == [3])
        #expect(engine.streams() == [StreamInfo(stream: "a", version: 3)])
        #expect(try engine.verify().problems == [])
    }

    @Test("A stream with a tombstone refuses every append and setting with an error that says so, staged or durable")
    func tombstone() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, _) = try store.open()
        try engine.append("a", numbered(0..<3))
        _ = try engine.stage(.tombstone, of: "a")
        _ = try engine.stage(.tombstone, of: "never")
        for round in 0..<3 {
            for stream in ["a", "never"] {
                #expect(throws: StoreError.streamDeleted(stream)) {
                    try engine.stageFully(AppendRequest(stream: stream, expecting: .any, numbered(7..<8)))
                }
                #expect(throws: StoreError.streamDeleted(stream)) {
                    try engine.stage(.settings(StreamSettings()), of: stream)
                }
                #expect(try engine.stage(.tombstone, of: stream) == (round == 0 ? (stream == "a" ? 2 : 3) : 0))
            }
            if round == 0 {
                #expect(try engine.all.count == 3)
                try engine.flushStaged()
            } else {
                engine.abandon()
                engine = try store.open().engine
            }
            #expect(try engine.all.isEmpty)
            #expect(try engine.settings(of: "never").isTombstone)
        }
    }

    @Test("Settings see what is staged before them")
    func stagedBefore() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(0..<5)))
        _ = try engine.stage(.truncate(before: 3), of: "a")
        _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(5..<6)))
        _ = try engine.stage(.settings(StreamSettings(maxCount: 2)), of: "a")
        _ = try engine.stage(.settings(StreamSettings()), of: "a")
        try engine.flushStaged()
        #expect(try engine.read(stream: "a", count: 9).map { $0.version } == [4, 5])
        #expect(try engine.settings(of: "a").firstVersion == 4)
    }

    @Test("Events too old for their stream are left out of every read at that time")
    func maxAge() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for number in 0..<20 {
            let created = Timestamp(microseconds: epoch.microseconds + Int64(number) * 1_000_000)
            let request = AppendRequest(stream: number.isMultiple(of: 2) ? "a" : "b", expecting: .any, [event(number)])
            _ = try engine.stage(request, now: created)
        }
        try engine.flushStaged()
        try change(engine, "a", .settings(StreamSettings(maxAge: .seconds(10))))
        func at(_ second: Int64) -> Timestamp { Timestamp(microseconds: epoch.microseconds + second * 1_000_000) }
        for second in Int64(0)..<40 {
            let left = (0..<20).filter { !$0.isMultiple(of: 2) || Int64($0) >= second - 10 }
            #expect(try engine.readAll(count: 99, now: at(second)).map { $0.position } == left)
            #expect(try engine.readAll(count: 3, now: at(second)).map { $0.position } == Array(left.prefix(3)))
            let page = try engine.readAll(start: 0, count: 99, filter: .typePrefix("t"), now: at(second))
            #expect(page.events.map { $0.position } == left)
            let a = left.filter { $0.isMultiple(of: 2) }
            #expect(try engine.read(stream: "a", count: 4, now: at(second)).map { $0.position } == Array(a.prefix(4)))
            let backward = try engine.read(stream: "a", count: 4, direction: .backward, now: at(second))
            #expect(backward.map { $0.position } == Array(a.reversed().prefix(4)))
        }
        #expect(try engine.all.count == 20)
    }

    @Test("Settings that cannot be right are refused")
    func invalid() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for settings in [
            StreamSettings(maxCount: 0), StreamSettings(maxAge: .zero), StreamSettings(maxAge: .seconds(-1)),
            StreamSettings(metadata: Array("{".utf8)),
            StreamSettings(metadata: Array(("\"" + String(repeating: "x", count: 70_000) + "\"").utf8)),
        ] {
            #expect(throws: StoreError.self) { try engine.stage(.settings(settings), of: "a") }
        }
        let long = Array(("\"" + String(repeating: "x", count: 60_000) + "\"").utf8)
        try change(engine, "a", .settings(StreamSettings(metadata: long, maxAge: .seconds(Int64.max))))
        #expect(try engine.settings(of: "a").metadata == long)
    }

    @Test("The life of a stream survives restarts of its node, and every reader goes by it", arguments: Seeds(5))
    func wholeNode(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            for stream in ["a", "b", "c", "d"] {
                _ = try await gateway.append(to: "east", stream: stream, expecting: .noStream, happenings(0..<6))
            }
            try await gateway.truncate("a", in: "east", before: 4)
            try await gateway.deleteStream("b", in: "east", tombstone: false)
            try await gateway.deleteStream("c", in: "east", tombstone: true)
            try await gateway.setStreamSettings(
                StreamSettings(metadata: Array("{\"owner\": 7}".utf8), maxAge: .seconds(60)),
                of: "d",
                in: "east"
            )
            await node.close()
        }
        try Simulation(seed: seed + 1, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            #expect(try await versions(gateway.events(of: "a", in: "east", pageSize: 1)) == [4, 5])
            #expect(
                try await versions(gateway.events(of: "a", in: "east", direction: .backward, pageSize: 1)) == [5, 4]
            )
            #expect(try await versions(gateway.events(of: "b", in: "east")) == [])
            let revived = try await gateway.append(to: "east", stream: "b", expecting: .exactly(5), happenings(9..<10))
            #expect(revived.version == 6)
            await #expect(throws: StoreError.streamDeleted("c")) {
                try await gateway.append(to: "east", stream: "c", expecting: .any, happenings(9..<10))
            }
            #expect(try await gateway.streamSettings(of: "d", in: "east").metadata == Array("{\"owner\": 7}".utf8))
            #expect(try await versions(gateway.events(of: "d", in: "east", pageSize: 4)).count == 6)
            #expect(try await versions(gateway.allEvents(in: "east", pageSize: 2)).count == 9)
            #expect(
                try await versions(gateway.allEvents(in: "east", filter: .streamPrefix("d"), pageSize: 2)).count == 6
            )
            try await simulation.runtime.sleep(for: .seconds(61))
            #expect(try await versions(gateway.events(of: "d", in: "east")) == [])
            #expect(try await versions(gateway.allEvents(in: "east")).count == 3)
            #expect(try await gateway.version(of: "d", in: "east") == 5)
            await node.close()
        }
    }

    private func versions(_ events: EventSequence) async throws -> [Int] {
        var versions: [Int] = []
        for try await event in events { versions.append(event.version) }
        return versions
    }
}
