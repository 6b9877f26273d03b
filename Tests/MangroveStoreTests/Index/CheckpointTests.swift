import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct CheckpointTests {
    private func filled(_ disk: SimulatedDisk, events count: Int) throws -> (store: TestStore, engine: StoreEngine) {
        let store = try TestStore(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<count { try engine.append("s\(number % 4)", [event(number, size: 200)]) }
        return (store, engine)
    }

    private func checkpoints(_ store: TestStore) throws -> [String] {
        try store.disk.list(store.directory.snapshotPath)
    }

    @Test("A store opened from a checkpoint reads only what came after it and is the same store")
    func staleCheckpoint() throws {
        let (store, engine) = try filled(SimulatedDisk(), events: 50)
        #expect(try engine.writeCheckpoint() == 50)
        #expect(try engine.writeCheckpoint() == nil)
        for number in 50..<61 { try engine.append("s9", [event(number)]) }
        let before = try engine.all
        engine.abandon()
        let (again, report) = try store.open()
        #expect(report.checkpoint == 50)
        #expect(report.records == 11)
        #expect(try again.all == before)
        #expect(try again.append("s0", [event(0, size: 200)]).version == 0)
        #expect(try again.append("s0", [event(99)], expecting: .exactly(12)).position == 61)
        for stream in again.streams() {
            let all = before.filter { $0.stream == stream.stream }
            #expect(Array(try again.read(stream: stream.stream, count: 1000).prefix(all.count)) == all)
        }
    }

    @Test("Only the newest checkpoint is kept")
    func replacement() throws {
        let (store, engine) = try filled(SimulatedDisk(), events: 10)
        try engine.writeCheckpoint()
        try engine.append("s", [event(10)])
        #expect(try engine.writeCheckpoint() == 11)
        #expect(try checkpoints(store) == [CheckpointFormat.name(11)])
    }

    @Test("A checkpoint with any byte flipped, or cut anywhere, is passed over and the log is read instead")
    func damagedCheckpoint() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk, events: 5)
        try engine.writeCheckpoint()
        let before = try engine.all
        engine.abandon()
        let path = store.directory.snapshotPath + "/" + CheckpointFormat.name(5)
        let size = try store.contents(path).count
        for offset in 0..<size {
            for cut in [false, true] {
                let disk = disk.copy()
                if cut {
                    try disk.open(path, .readWrite).truncate(to: offset)
                } else {
                    try disk.corrupt(path, at: offset)
                }
                let (again, report) = try TestStore(disk, segmentSize: 4 << 10).open()
                #expect(report.checkpoint == nil)
                #expect(report.ignoredCheckpoints.count == 1)
                #expect(try again.all == before)
            }
        }
        disk.mend()
        try disk.corrupt(path, at: size / 2)
        #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems.count == 1)
    }

    @Test("A damaged checkpoint falls back to an older one, and a missing one to the log")
    func fallback() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk, events: 20)
        try engine.writeCheckpoint()
        let old = store.directory.snapshotPath + "/" + CheckpointFormat.name(20)
        let bytes = try store.contents(old)
        for number in 20..<25 { try engine.append("s", [event(number)]) }
        try engine.writeCheckpoint()
        engine.abandon()
        try disk.open(old, .create).write(bytes, at: 0)
        let new = store.directory.snapshotPath + "/" + CheckpointFormat.name(25)
        try disk.corrupt(new, at: 30)
        var (again, report) = try store.open()
        #expect(report.checkpoint == 20 && report.records == 5)
        again.abandon()
        try disk.removeFile(old)
        try disk.removeFile(new)
        (again, report) = try store.open()
        #expect(report.checkpoint == nil && report.records == 25)
        #expect(again.eventCount == 25)
    }

    @Test("A log that ends before its checkpoint has lost something and is refused")
    func newerThanLog() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk, events: 20)
        try engine.writeCheckpoint()
        engine.abandon()
        let last = store.directory.logPath + "/" + (try #require(try store.segments().last))
        let file = try disk.open(last, .readWrite)
        let size = try file.size()
        try file.truncate(to: size - 1)
        #expect {
            try store.open()
        } throws: {
            guard case .damaged("orders", last, size - 1, _) = $0 as? StoreError else { return false }
            return true
        }
        #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
    }

    @Test("A checkpoint that disagrees with the log is found by the verification")
    func disagreement() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk, events: 3)
        let identity = engine.manifest.identity
        engine.abandon()
        var index = StoreIndex(identity)
        try index.insert(
            RecordEntry(
                index: 1,
                term: 1,
                flushed: 0,
                location: RecordLocation(segment: 1, offset: 40),
                size: 100,
                content: .events([
                    .init(stream: "other", version: 0, position: 0, ids: [EventID(high: 1, low: 1)], types: ["t"])
                ])
            )
        )
        let files = CheckpointFiles(disk: disk, directory: store.directory)
        try files.write(index.contents, identity: identity)
        #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems.count == 1)
    }

    @Test("A crash at any step of writing a checkpoint leaves a store that opens with everything")
    func crashWhileWriting() throws {
        for policy in [CrashPolicy.dropAll, .keepAll, .random] {
            for step in 0..<12 {
                let disk = SimulatedDisk(seed: UInt64(step))
                let (store, engine) = try filled(disk, events: 10)
                try engine.writeCheckpoint()
                try engine.append("s", [event(10)])
                disk.crash(after: step, policy)
                _ = try? engine.writeCheckpoint()
                disk.mend()
                engine.abandon()
                let (again, report) = try store.open()
                #expect(again.eventCount == 11)
                #expect(report.ignoredCheckpoints == [])
                #expect(try checkpoints(store).allSatisfy { !$0.hasSuffix(".tmp") })
            }
        }
    }

    @Test("A failed checkpoint keeps the older one and the engine works on")
    func failure() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk, events: 10)
        try engine.writeCheckpoint()
        try engine.append("s", [event(10)])
        disk.failNextFlush()
        #expect(throws: StoreError.self) { try engine.writeCheckpoint() }
        try engine.append("s", [event(11)])
        #expect(try checkpoints(store).contains(CheckpointFormat.name(10)))
        #expect(try engine.writeCheckpoint() == 12)
        #expect(try checkpoints(store) == [CheckpointFormat.name(12)])
    }
}
