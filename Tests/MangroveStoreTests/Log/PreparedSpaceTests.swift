import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// The zeros behind the records of the segment that is written to.
@Suite struct PreparedSpaceTests {
    private let segment = "data/orders/raft_logs/00000000000000000001.log"

    private func prepared(_ disk: any Disk, segmentSize: Int = 64 << 10) throws -> TestStore {
        try TestStore(disk, segmentSize: segmentSize, ahead: 32 << 10)
    }

    /// A store with some records, one flush each, left as a crash of the program leaves it; where its records start, and
    /// where the last one ends.
    private func filled(_ disk: SimulatedDisk, _ count: Int) throws -> (store: TestStore, offsets: [Int], end: Int) {
        let store = try prepared(disk)
        let (engine, _) = try store.open()
        for number in 0..<count { try engine.append("s", [event(number)]) }
        let end = engine.durableBytes
        engine.abandon()
        return (store, TornTailTests.frameOffsets(try store.contents(segment)), end)
    }

    @Test("Zeros are written behind the records once, and later records go over them with one write and one flush each")
    func prepares() throws {
        let disk = SimulatedDisk()
        let store = try prepared(disk)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0)])
        let size = try store.contents(segment).count
        #expect(size > engine.durableBytes + 8_000)
        #expect(try store.contents(segment)[engine.durableBytes...].allSatisfy { $0 == 0 })
        #expect(disk.platter(segment)?.count == size)
        disk.recording = true
        for number in 1..<10 { try engine.append("s", [event(number)]) }
        let calls = disk.operations.filter {
            switch $0 {
            case .wrote, .flushed, .truncated: true
            default: false
            }
        }
        #expect(calls.count == 18)
        #expect(try store.contents(segment).count == size)
        #expect(try engine.all.count == 10)
    }

    @Test("Behind a large group there are none")
    func largeGroup() throws {
        let store = try TestStore(SimulatedDisk(), segmentSize: 1 << 20, ahead: 64 << 10)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0, size: 200 << 10)])
        #expect(try store.contents(segment).count == engine.durableBytes)
    }

    @Test("Only the last segment has zeros behind its records, and none once the store was closed")
    func sealed() throws {
        let disk = SimulatedDisk()
        let store = try prepared(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<20 { try engine.append("s", [event(number, size: 400)]) }
        let segments = try store.segments()
        #expect(segments.count > 2)
        for name in segments.dropLast() {
            let path = store.directory.logPath + "/" + name
            let contents = try store.contents(path)
            #expect(contents.last != 0)
            // Durably so, before the next one has its name.
            #expect(disk.platter(path) == contents)
        }
        let last = store.directory.logPath + "/" + (segments.last ?? "")
        #expect(try store.contents(last).last == 0)
        try engine.close()
        #expect(try store.contents(last).last != 0)
        #expect(try store.open().engine.all.count == 20)
    }

    @Test("A log that ends in zeros opens with all its records, says nothing, and verifies")
    func cleanEnd() throws {
        let disk = SimulatedDisk()
        let (store, _, end) = try filled(disk, 3)
        #expect(try store.contents(segment).count > end)
        let verified = try StoreEngine.verify(disk: disk, directory: store.directory.path)
        #expect(verified.problems == [])
        #expect(verified.bytes == end)
        let (engine, report) = try store.open()
        #expect(report.torn == nil)
        #expect(try engine.all.count == 3)
        #expect(try store.contents(segment).count == end)
    }

    @Test("A last record of which only a part came before the zeros is cut off, said so, and leaves nothing behind")
    func everyCut() throws {
        let disk = SimulatedDisk()
        let (_, offsets, end) = try filled(disk, 3)
        for cut in offsets[2]..<end {
            let disk = disk.copy()
            let file = try disk.open(segment, .readWrite)
            try file.write([UInt8](repeating: 0, count: end - cut), at: cut)
            try file.flush()
            let store = try prepared(disk)
            let (engine, report) = try store.open()
            #expect(try engine.all.count == 2)
            #expect(report.torn?.offset == (cut == offsets[2] ? nil : offsets[2]))
            #expect(try store.contents(segment).count == offsets[2])
            let result = try engine.append("s", [event(9)], expecting: .exactly(1))
            #expect(result.version == 2)
            #expect(try store.contents(segment)[engine.durableBytes...].allSatisfy { $0 == 0 })
            engine.abandon()
            disk.crash(.dropAll)
            #expect(try store.open().engine.all.map { $0.id.low } == [0, 1, 9])
        }
    }

    @Test("Any byte flipped before the last record refuses the store; in that one, or in the zeros, it is a torn tail")
    func everyFlip() throws {
        let disk = SimulatedDisk()
        let (_, offsets, end) = try filled(disk, 4)
        for offset in Array(0..<end) + [end, end + 7, end + 5_000] {
            let disk = disk.copy()
            try disk.corrupt(segment, at: offset, xor: UInt8(1 << (offset % 8)))
            let store = try prepared(disk)
            if offset < offsets[3] {
                let before = try store.contents(segment)
                let expected = offset < SegmentFormat.header ? 0 : offsets.last { $0 <= offset } ?? 0
                #expect {
                    try store.open()
                } throws: {
                    if case .damaged("orders", segment, expected, _) = $0 as? StoreError { true } else { false }
                }
                #expect(try store.contents(segment) == before)
            } else {
                let (engine, report) = try store.open()
                #expect(try engine.all.count == (offset < end ? 3 : 4))
                #expect(report.torn?.offset == (offset < end ? offsets[3] : end))
            }
        }
    }

    @Test("A record that became zeros is damage if a later one says that it was durable, or if a checkpoint has it")
    func zeroedRecord() throws {
        let disk = SimulatedDisk()
        let (store, offsets, end) = try filled(disk, 4)
        let file = try disk.open(segment, .readWrite)
        let hole = [UInt8](repeating: 0, count: offsets[3] - offsets[2])
        let record = try file.bytes(at: offsets[2], count: hole.count)
        try file.write(hole, at: offsets[2])
        #expect {
            try store.open()
        } throws: {
            if case .damaged("orders", segment, offsets[2], _) = $0 as? StoreError { true } else { false }
        }
        try file.write(record, at: offsets[2])
        let (engine, _) = try store.open()
        try engine.writeCheckpoint()
        engine.abandon()
        try file.write([UInt8](repeating: 0, count: end - offsets[3]), at: offsets[3])
        try file.truncate(to: offsets[3])
        #expect(throws: StoreError.self) { try store.open() }
    }

    @Test("Zeros behind the records of an earlier segment are damage")
    func zerosInside() throws {
        let disk = SimulatedDisk()
        let store = try prepared(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<20 { try engine.append("s", [event(number, size: 400)]) }
        engine.abandon()
        let size = try store.contents(segment).count
        try disk.open(segment, .readWrite).write([0, 0, 0, 0, 0, 0, 0, 0], at: size)
        #expect {
            try store.open()
        } throws: {
            if case .damaged("orders", segment, size, _) = $0 as? StoreError { true } else { false }
        }
        #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
    }

    @Test("A disk without room for the zeros takes the records all the same, and gets back what it could not hold")
    func fullDisk() throws {
        let disk = SimulatedDisk()
        let store = try prepared(disk)
        let (engine, _) = try store.open()
        disk.capacity = disk.usedSpace + 2_000
        for number in 0..<5 {
            try engine.append("s", [event(number)])
            #expect(try store.contents(segment).count == engine.durableBytes)
        }
        engine.abandon()
        disk.crash(.dropAll)
        disk.capacity = nil
        let (again, report) = try store.open()
        #expect(report.torn == nil)
        #expect(try again.all.count == 5)
    }

    @Test("Zeros never take a store past what it may have, nor more than a small part of what is free")
    func quota() throws {
        let store = try prepared(SimulatedDisk())
        let (engine, _) = try store.open()
        let room = StoreRoom(diskBytes: 9_000)
        var appended = 0
        do {
            while true {
                _ = try engine.stage(
                    AppendRequest(stream: "s", expecting: .any, [event(appended)]),
                    now: epoch,
                    within: room
                )
                try engine.flushStaged()
                appended += 1
                #expect(try store.contents(segment).count <= 9_000)
            }
        } catch StoreError.limitReached {}
        #expect(engine.durableBytes > 8_500)
        let other = try TestStore(SimulatedDisk(), ahead: 32 << 10)
        let (small, _) = try other.open()
        let request = AppendRequest(stream: "s", expecting: .any, [event(0)])
        _ = try small.stage(request, now: epoch, within: StoreRoom(freeBytes: 80 << 10))
        try small.flushStaged()
        #expect(try other.contents(segment).count < small.durableBytes + 6 << 10)
    }

    @Test("An id that comes three times in one append is appended once")
    func threeTimes() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for count in [3, 12] {
            let result = try engine.append("s\(count)", Array(repeating: event(1), count: count) + [event(2)])
            #expect(result.version == 1)
            #expect(try engine.read(stream: "s\(count)", count: 9).map(\.id.low) == [1, 2])
        }
    }
}
