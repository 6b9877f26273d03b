import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

extension StoreEngine {
    /// Stages and flushes changes of facts.
    func record(_ changes: FactChange...) throws {
        _ = try stage(facts: changes)
        try flushStaged()
    }
}

@Suite struct FactsTests {
    private let small = [UInt8](repeating: 1, count: 256)
    private let large = [UInt8](repeating: 2, count: 257)
    private let huge = [UInt8](repeating: 3, count: 100_000)

    @Test("Facts are read back whatever their size, before and after reopening, with a checkpoint and without")
    func roundTrip() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, report) = try store.open()
        try engine.append("a", numbered(0..<3))
        try engine.record(
            FactChange(.snapshots, FactKey("x").appending(1), small),
            FactChange(.snapshots, FactKey("x").appending(7), large),
            FactChange(.snapshots, FactKey("x").appending(300), huge),
            FactChange(.snapshots, FactKey("y").appending(2), []),
            FactChange(.checkpoints, FactKey("x").appending(1), [9])
        )
        try engine.record(FactChange(.parked, FactKey("gone"), [1]), FactChange(.parked, FactKey("gone"), nil))
        try engine.append("a", numbered(3..<5))
        for round in 0..<3 {
            #expect(try engine.fact(.snapshots, FactKey("x").appending(1)) == small)
            #expect(try engine.fact(.snapshots, FactKey("x").appending(7)) == large)
            #expect(try engine.fact(.snapshots, FactKey("y").appending(2)) == [])
            #expect(try engine.fact(.checkpoints, FactKey("x").appending(1)) == [9])
            #expect(try engine.fact(.parked, FactKey("gone")) == nil)
            #expect(try engine.facts(.snapshots, prefix: FactKey("x")).map { $0.value } == [small, large, huge])
            #expect(try engine.factKeys(.snapshots).count == 4)
            #expect(try engine.facts(.projections).isEmpty)
            let last = try engine.lastFact(.snapshots, upTo: FactKey("x").appending(299), prefix: FactKey("x"))
            #expect(last == Fact(key: FactKey("x").appending(7), value: large))
            #expect(try engine.lastFact(.snapshots, upTo: FactKey("x").appending(0), prefix: FactKey("x")) == nil)
            #expect(engine.factCount == 5)
            #expect(try engine.all.count == 5)
            if round == 1 { try engine.writeCheckpoint() }
            engine.abandon()
            (engine, report) = try store.open()
            #expect(report.records == [4, 0, 0][round])
            #expect(report.facts == 5)
        }
        let verified = try engine.verify()
        #expect(verified.problems == [])
        #expect(verified.facts == 7)
        #expect(verified.events == 5)
        #expect(try engine.scrub(from: nil, budget: .max) == nil)
    }

    @Test("Readers see facts once they are durable, all changes of a record at once")
    func visibility() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let ticket = try engine.stage(facts: [
            FactChange(.parked, FactKey("a"), [1]), FactChange(.parked, FactKey("b"), [2]),
        ])
        #expect(ticket == 1)
        #expect(try engine.facts(.parked).isEmpty)
        try engine.flushStaged { _ in #expect((try? engine.facts(.parked)) == []) }
        #expect(try engine.facts(.parked).count == 2)
        #expect(try engine.stage(facts: []) == nil)
    }

    @Test("Facts share the flush of the events beside them and take no position")
    func groupCommit() throws {
        let disk = SimulatedDisk()
        let (engine, _) = try TestStore(disk).open()
        disk.recording = true
        _ = try engine.stage(facts: [FactChange(.parked, FactKey("a"), [1])])
        _ = try engine.stageFully(AppendRequest(stream: "s", expecting: .any, numbered(0..<2)))
        _ = try engine.stage(facts: [FactChange(.parked, FactKey("b"), [1])])
        let outcome = try engine.flushStaged()
        #expect(disk.operations.count == 2)
        #expect(outcome.positions == 0..<2)
        #expect(outcome.durable == 3)
        _ = try engine.stage(facts: [FactChange(.parked, FactKey("b"), nil)])
        #expect(try engine.flushStaged().positions.isEmpty)
        #expect(try engine.append("s", numbered(2..<3)).position == 2)
    }

    @Test("Facts too large for a record, or with too long a key, are refused with an error that says so")
    func limits() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let tooLarge = [UInt8](repeating: 0, count: RecordFormat.maximum - RecordFormat.header - 4 - 8 - 1 + 1)
        let key = FactKey([1])
        for bad in [
            FactChange(.snapshots, key, tooLarge),
            FactChange(.snapshots, FactKey([UInt8](repeating: 1, count: FactKey.maximum + 1)), []),
        ] {
            #expect {
                try engine.stage(facts: [bad])
            } throws: {
                guard case .invalid = $0 as? StoreError else { return false }
                return true
            }
        }
        #expect(engine.stagedBytes == 0)
        try engine.record(
            FactChange(.snapshots, FactKey([UInt8](repeating: 1, count: FactKey.maximum)), []),
            FactChange(.snapshots, key, Array(tooLarge.dropLast(8 + FactKey.maximum + 1)))
        )
        #expect(try engine.fact(.snapshots, key)?.count == tooLarge.count - FactKey.maximum - 9)
        try engine.close()
        #expect(throws: StoreError.self) { try engine.stage(facts: [FactChange(.parked, key, nil)]) }
        #expect(throws: StoreError.self) { try engine.fact(.parked, key) }
    }

    @Test("A flipped byte in a large fact's record is reported as damage when it is read, and by the verification")
    func damage() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.record(FactChange(.snapshots, FactKey("x"), huge))
        try engine.append("s", numbered(0..<1))
        let path = store.directory.logPath + "/" + SegmentFormat.name(1)
        try disk.corrupt(path, at: 50_000)
        #expect {
            try engine.fact(.snapshots, FactKey("x"))
        } throws: {
            guard case .damaged("orders", path, 40, _) = $0 as? StoreError else { return false }
            return true
        }
        engine.abandon()
        #expect(throws: StoreError.self) { try store.open() }
        #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
    }

    @Test("A segment that holds facts only does not confuse where events are")
    func segmentsOfFacts() throws {
        let store = try TestStore(SimulatedDisk(), segmentSize: 4 << 10)
        var (engine, _) = try store.open()
        for number in 0..<40 {
            try engine.append("s\(number % 3)", [event(number, size: 900)])
            for key in 0..<8 { try engine.record(FactChange(.snapshots, FactKey("k\(key)"), huge.dropLast(98_000))) }
        }
        let before = try engine.all
        #expect(before.count == 40)
        for checkpoint in [false, true] {
            if checkpoint { try engine.writeCheckpoint() }
            engine.abandon()
            engine = try store.open().engine
            #expect(try engine.all == before)
            #expect(try engine.facts(.snapshots).map { $0.value.count } == [Int](repeating: 2000, count: 8))
        }
    }

    @Test("A record of facts that was cut off by a crash is gone as a whole")
    func tornRecord() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.record(FactChange(.parked, FactKey("a"), [1]))
        let path = store.directory.logPath + "/" + SegmentFormat.name(1)
        let kept = try store.contents(path).count
        try engine.record(FactChange(.parked, FactKey("a"), [2]), FactChange(.parked, FactKey("b"), [2]))
        let size = try store.contents(path).count
        for cut in kept..<size {
            let disk = disk.copy()
            try disk.open(path, .readWrite).truncate(to: cut)
            let (again, report) = try TestStore(disk).open()
            #expect(try again.facts(.parked) == [Fact(key: FactKey("a"), value: [1])])
            #expect((report.torn == nil) == (cut == kept))
        }
    }

    @Test("Facts of a body that cannot be right are refused without making room for them")
    func hostileBodies() {
        var generator = SeededGenerator(seed: 2)
        let changes = [
            FactChange(.parked, FactKey("abc"), [1, 2, 3]), FactChange(.snapshots, FactKey("d"), nil),
            FactChange(.snapshots, FactKey("e"), small),
        ]
        var frame: [UInt8] = []
        FactsBody.append(changes, term: 1, index: 1, size: FactsBody.size(of: changes), to: &frame)
        #expect(frame.count == FactsBody.size(of: changes))
        for _ in 0..<3000 {
            var changed = frame
            for _ in 0..<2 {
                let place = Int.random(in: 36..<frame.count - 250, using: &generator)
                changed[place] = UInt8.random(in: 0...255, using: &generator)
            }
            let size = changed.count
            changed.withUnsafeBytes { bytes in
                _ = SegmentScanner.entry(
                    bytes,
                    RecordHeader(size: size, kind: 2, term: 1, index: 1, flushed: 0),
                    RecordLocation(segment: 1, offset: 40)
                )
            }
        }
    }
}
