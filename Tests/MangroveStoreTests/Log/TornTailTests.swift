import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct TornTailTests {
    private let segment = "data/orders/raft_logs/00000000000000000001.log"

    /// A store with some records, one flush each; the offsets at which they start, and the file's size.
    private func filled(_ disk: SimulatedDisk, _ count: Int) throws -> (store: TestStore, offsets: [Int], size: Int) {
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        var offsets: [Int] = []
        for number in 0..<count {
            offsets.append(try store.contents(segment).count)
            try engine.append("s", [event(number)])
        }
        engine.abandon()
        return (store, offsets, try store.contents(segment).count)
    }

    private func cut(_ disk: SimulatedDisk, to size: Int) throws {
        let file = try disk.open(segment, .readWrite)
        try file.truncate(to: size)
        try file.flush()
    }

    @Test("A log cut at any byte of its last record opens without it, says so, and takes appends again")
    func everyCut() throws {
        let disk = SimulatedDisk()
        let (_, offsets, size) = try filled(disk, 3)
        for end in offsets[2]..<size {
            let disk = disk.copy()
            try cut(disk, to: end)
            let store = try TestStore(disk)
            let (engine, report) = try store.open()
            #expect(try engine.all.count == 2)
            #expect(report.torn?.bytes == (end == offsets[2] ? nil : end - offsets[2]))
            #expect(report.torn.map { $0.offset } ?? offsets[2] == offsets[2])
            #expect(report.torn.map { $0.file } ?? segment == segment)
            let result = try engine.append("s", [event(9)], expecting: .exactly(1))
            #expect(result.version == 2)
            engine.abandon()
            disk.crash(.dropAll)
            #expect(try store.open().engine.all.map { $0.id.low } == [0, 1, 9])
        }
    }

    @Test("A last record with any byte flipped is cut off, as a torn one is")
    func lastRecordFlipped() throws {
        let disk = SimulatedDisk()
        let (_, offsets, size) = try filled(disk, 3)
        for offset in offsets[2]..<size {
            let disk = disk.copy()
            try disk.corrupt(segment, at: offset, xor: 0x10)
            let (engine, report) = try TestStore(disk).open()
            #expect(try engine.all.count == 2)
            #expect(report.torn?.offset == offsets[2])
        }
    }

    @Test(
        "A log that ends in zeros or in noise opens without them, and says so of noise only",
        arguments: [1, 3, 35, 36, 37, 512, 5000]
    )
    func garbageTail(count: Int) throws {
        let original = SimulatedDisk()
        let (_, _, size) = try filled(original, 3)
        var generator = SeededGenerator(seed: UInt64(count))
        for noisy in [false, true] {
            let disk = original.copy()
            let tail = (0..<count).map { _ in noisy ? UInt8.random(in: 0...255, using: &generator) : 0 }
            let file = try disk.open(segment, .readWrite)
            try file.write(tail, at: size)
            try file.flush()
            let (engine, report) = try TestStore(disk).open()
            #expect(try engine.all.count == 3)
            #expect(report.torn?.bytes == (noisy ? count : nil))
            #expect(try TestStore(disk).contents(segment).count == size)
        }
    }

    @Test("Any byte flipped before the last record refuses the store with file and offset, and changes nothing")
    func everyFlip() throws {
        let disk = SimulatedDisk()
        let (store, offsets, _) = try filled(disk, 4)
        for offset in 0..<offsets[3] {
            let disk = disk.copy()
            try disk.corrupt(segment, at: offset, xor: UInt8(1 << (offset % 8)))
            let before = try TestStore(disk).contents(segment)
            let expected = offset < SegmentFormat.header ? 0 : offsets.last { $0 <= offset } ?? 0
            do {
                _ = try TestStore(disk).open()
                Issue.record("a flip at \(offset) went unnoticed")
            } catch let error as StoreError {
                guard case .damaged("orders", segment, expected, _) = error else {
                    Issue.record("a flip at \(offset) was reported as \(error)")
                    continue
                }
            }
            #expect(try TestStore(disk).contents(segment) == before)
            #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
        }
    }

    @Test("Of a group that was torn out of order, what comes before the hole is kept and the rest is cut off")
    func tornGroup() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0)])
        for number in 1..<5 { _ = try engine.stageFully(AppendRequest(stream: "s", expecting: .any, [event(number)])) }
        try engine.flushStaged()
        engine.abandon()
        for hole in 0..<4 {
            let disk = disk.copy()
            // The first byte of a record that did not arrive: zeros have.
            let all = try TestStore(disk).contents(segment)
            let place = try #require(Self.frameOffsets(all).dropFirst(hole + 1).first)
            let file = try disk.open(segment, .readWrite)
            try file.write([UInt8](repeating: 0, count: 8), at: place)
            let (engine, report) = try TestStore(disk).open()
            #expect(try engine.all.map { $0.id.low } == (0...UInt64(hole)).map { $0 })
            #expect(report.torn?.offset == place)
        }
    }

    static func frameOffsets(_ bytes: [UInt8]) -> [Int] {
        var offsets: [Int] = []
        var offset = SegmentFormat.header
        while offset < bytes.count {
            let check = bytes[offset...].withUnsafeBytes { RecordFormat.parse($0) }
            guard case .whole(let header) = check else { break }
            offsets.append(offset)
            offset += header.size
        }
        return offsets
    }

    @Test(
        "A new segment that a crash left empty, half or without records opens without manual steps",
        arguments: 0...40
    )
    func unfinishedSegment(size: Int) throws {
        let disk = SimulatedDisk()
        let (store, _, _) = try filled(disk, 3)
        let path = "data/orders/raft_logs/00000000000000000004.log"
        let file = try disk.open(path, .create)
        let header = SegmentFormat.encode(first: 4, identity: StoreIdentity(high: 0xFEED, low: 0xBEEF))
        try file.write(Array(header.prefix(size)), at: 0)
        try file.flush()
        let (engine, report) = try store.open()
        #expect(try engine.all.count == 3)
        #expect(report.unfinishedSegment == (size < SegmentFormat.header ? path : nil))
        try engine.append("s", [event(3)])
        engine.abandon()
        #expect(try store.open().engine.all.count == 4)
        #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems == [])
    }

    @Test("What recovery cut off stays cut off, even when its own flush fails first")
    func cutFails() throws {
        let original = SimulatedDisk()
        let (_, _, size) = try filled(original, 3)
        // Longer than all that goes into the segment later.
        let tail = try original.open(segment, .readWrite)
        try tail.write([UInt8](repeating: 0xAB, count: 10_000), at: size)
        try tail.flush()
        for seed in 0..<UInt64(20) {
            let disk = original.copy(seed: seed)
            let store = try TestStore(disk, segmentSize: 4 << 10)
            disk.failNextFlush()
            #expect(throws: StoreError.self) { try store.open() }
            let (engine, _) = try store.open()
            // Until there is a next segment, after which this one may have no torn end.
            while try store.segments().count == 1 {
                try engine.append("s", [event(engine.eventCount, size: 900)])
            }
            let before = try engine.all
            engine.abandon()
            disk.crash(.dropAll)
            #expect(try store.open().engine.all == before)
        }
    }
}
