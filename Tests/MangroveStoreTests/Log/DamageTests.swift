import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct DamageTests {
    /// A store of several segments.
    private func segmented(_ disk: SimulatedDisk, checkpoint: Bool = false) throws -> TestStore {
        let store = try TestStore(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<40 { try engine.append("s\(number % 3)", [event(number, size: 400)]) }
        if checkpoint { try engine.writeCheckpoint() }
        engine.abandon()
        return store
    }

    private func path(_ store: TestStore, _ segment: Int) throws -> String {
        store.directory.logPath + "/" + (try store.segments()[segment])
    }

    private func expectDamage(_ store: TestStore, _ file: String, _ offset: Int? = nil) {
        do {
            _ = try store.open()
            Issue.record("damage of \(file) went unnoticed")
        } catch let error as StoreError {
            guard case .damaged("orders", file, let place, _) = error, place == offset ?? place else {
                Issue.record("damage of \(file) was reported as \(error)")
                return
            }
        } catch {
            Issue.record(error)
        }
    }

    @Test("A missing segment is damage, with a checkpoint or without", arguments: [true, false], [0, 1, 2])
    func missing(checkpoint: Bool, segment: Int) throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk, checkpoint: checkpoint)
        let victim = try path(store, segment)
        let next = try path(store, segment + 1)
        try disk.removeFile(victim)
        expectDamage(store, checkpoint || segment == 0 ? victim : next)
        #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
    }

    @Test("A segment that ends early is damage unless it is the last", arguments: [true, false])
    func short(checkpoint: Bool) throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk, checkpoint: checkpoint)
        let victim = try path(store, 1)
        let file = try disk.open(victim, .readWrite)
        let size = try file.size()
        try file.truncate(to: size - 1)
        expectDamage(store, victim, checkpoint ? size - 1 : nil)
        #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
    }

    @Test("A segment of another store is damage")
    func foreign() throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk)
        let victim = try path(store, 1)
        let first = try #require(SegmentID(name: try store.segments()[1])?.first)
        let file = try disk.open(victim, .readWrite)
        try file.write(SegmentFormat.encode(first: first, identity: StoreIdentity(high: 1, low: 1)), at: 0)
        expectDamage(store, victim, 0)
    }

    @Test("A damaged header is damage in every segment that has records, the last one included")
    func headers() throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk)
        for segment in try store.segments() {
            for offset in stride(from: 0, to: SegmentFormat.header, by: 3) {
                let disk = disk.copy()
                let victim = store.directory.logPath + "/" + segment
                try disk.corrupt(victim, at: offset)
                expectDamage(try TestStore(disk, segmentSize: 4 << 10), victim, 0)
                #expect(try disk.kind(of: victim) == .file)
            }
        }
    }

    @Test("A record damaged under a running store, or before its checkpoint, is refused when it is read")
    func readDamage() throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk, checkpoint: true)
        let (engine, report) = try store.open()
        #expect(report.checkpoint == 40)
        let victim = try path(store, 0)
        let offset = try #require(TornTailTests.frameOffsets(try store.contents(victim)).dropFirst(2).first)
        try disk.corrupt(victim, at: offset + 60, xor: 1)
        let expected = StoreError.damaged(
            store: "orders",
            file: victim,
            offset: offset,
            what: "the record's checksum is wrong"
        )
        #expect(throws: expected) { try engine.readAll(count: Int.max) }
        #expect(throws: expected) { try engine.read(stream: "s2", count: 1) }
        #expect(try engine.read(stream: "s0", start: 5, count: 3).count == 3)
        #expect(try engine.verify().problems == ["\(victim) at \(offset): the record's checksum is wrong"])
    }

    @Test(
        "Records that do not continue are damage",
        arguments: ["index", "term", "position", "version", "kind", "parts"]
    )
    func discontinuity(what: String) throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0)])
        try engine.append("s", [event(1)])
        engine.abandon()
        let path = store.directory.logPath + "/" + SegmentFormat.name(1)
        let size = try store.contents(path).count
        let part = DraftPart(stream: "s", version: what == "version" ? 5 : 2, events: [event(2)])
        var bytes: [UInt8] = []
        let frame = RecordEncoder.size(of: [part])
        RecordEncoder.append(
            [part],
            term: what == "term" ? 0 : 1,
            index: what == "index" ? 4 : 3,
            position: what == "position" ? 3 : 2,
            created: epoch,
            size: frame,
            to: &bytes
        )
        if what == "kind" { bytes.overwrite(little: UInt32(9), at: 8) }
        if what == "parts" { bytes.overwrite(little: UInt32(7), at: 52) }
        RecordEncoder.seal(&bytes, at: 0, size: frame, flushed: 2)
        try disk.open(path, .readWrite).write(bytes, at: size)
        expectDamage(store, path, size)
        #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems.count == 1)
    }

    @Test("An event id that a stream has twice is found by the verification")
    func repeatedID() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0), event(1)])
        engine.abandon()
        let path = store.directory.logPath + "/" + SegmentFormat.name(1)
        let size = try store.contents(path).count
        let part = DraftPart(stream: "s", version: 2, events: [event(1)])
        var bytes: [UInt8] = []
        let frame = RecordEncoder.size(of: [part])
        RecordEncoder.append([part], term: 1, index: 2, position: 2, created: epoch, size: frame, to: &bytes)
        RecordEncoder.seal(&bytes, at: 0, size: frame, flushed: 1)
        try disk.open(path, .readWrite).write(bytes, at: size)
        let report = try StoreEngine.verify(disk: disk, directory: store.directory.path)
        #expect(report.problems.count == 1)
        #expect(report.problems.first?.contains("twice") == true)
    }

    @Test("A sound store verifies, offline and while it works, and the counts are right")
    func sound() throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk, checkpoint: true)
        let (engine, _) = try store.open()
        try engine.append("new", numbered(100..<105))
        for report in [try engine.verify(), try StoreEngine.verify(disk: disk, directory: store.directory.path)] {
            #expect(report.problems == [])
            #expect(report.records == 41)
            #expect(report.events == 45)
            #expect(report.streams == 4)
            let sizes = try store.segments().map { try store.contents(store.directory.logPath + "/" + $0).count }
            #expect(report.bytes == sizes.reduce(0, +))
        }
    }

    @Test("After damage in one segment the verification goes on and finds damage in the next")
    func verifyGoesOn() throws {
        let disk = SimulatedDisk()
        let store = try segmented(disk)
        for segment in [1, 2] { try disk.corrupt(try path(store, segment), at: 100) }
        let problems = try StoreEngine.verify(disk: disk, directory: store.directory.path).problems
        #expect(problems.count == 2)
    }
}
