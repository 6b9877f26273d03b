import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

extension StoreEngine {
    /// Rewrites all segments that have something to give back.
    @discardableResult
    func compactAll() throws -> CompactionReport {
        var report = CompactionReport()
        for segment in compactable(share: 0) { report.add(try compact(segment)) }
        return report
    }
}

@Suite struct CompactionTests {
    /// 60 events of three streams and facts that replace each other, over many segments; of stream a the first 15 are gone.
    private func filled(_ disk: SimulatedDisk, truncated: Bool = true) throws -> (store: TestStore, engine: StoreEngine)
    {
        let store = try TestStore(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<20 {
            try engine.append("a", [event(number, size: 400)])
            let batch = [
                StreamBatch(stream: "b", events: [event(number, size: 100)]),
                StreamBatch(stream: "a-\(number)", events: [event(number)]),
            ]
            _ = try engine.stageFully(AppendRequest(batch))
            try engine.record(FactChange(.snapshots, FactKey("k\(number % 2)"), [UInt8](repeating: 7, count: 500)))
        }
        guard truncated else { return (store, engine) }
        _ = try engine.stage(.truncate(before: 15), of: "a")
        _ = try engine.stage(.truncate(before: 18), of: "b")
        try engine.flushStaged()
        return (store, engine)
    }

    private func size(_ store: TestStore) throws -> Int {
        var size = 0
        for name in try store.segments() {
            size += try store.disk.open(store.directory.logPath + "/" + name, .read).size()
        }
        return size
    }

    private enum Checkpoint: CaseIterable {
        case none, before, after, partly
    }

    @Test("A compaction gives the disk back and changes nothing that anybody reads", arguments: Checkpoint.allCases)
    private func nothingChanges(checkpoint: Checkpoint) throws {
        let disk = SimulatedDisk()
        var (store, engine) = try filled(disk, truncated: checkpoint != .partly)
        if checkpoint == .partly {
            try engine.writeCheckpoint()
            for number in 20..<40 { try engine.append("a", [event(number, size: 400)]) }
            _ = try engine.stage(.truncate(before: 38), of: "a")
            try engine.flushStaged()
        }
        let (all, facts) = (try engine.all, try engine.facts(.snapshots))
        let (size, streams) = (try size(store), engine.streams())
        if checkpoint == .before { try engine.writeCheckpoint() }
        let report = try engine.compactAll()
        #expect(report.segments > 2 && report.events > 20 && report.facts > 10)
        #expect(report.bytesAfter < report.bytesBefore / 2)
        #expect(try self.size(store) == size - report.bytesBefore + report.bytesAfter)
        if checkpoint == .after { #expect(try engine.writeCheckpoint() != nil) }
        for _ in 0..<2 {
            #expect(try engine.all == all)
            #expect(try engine.facts(.snapshots) == facts)
            #expect(engine.streams() == streams)
            #expect(engine.version(of: "b") == 19)
            #expect(try engine.verify().problems == [])
            #expect(try engine.scrub(from: nil, budget: .max) == nil)
            #expect(engine.compactable(share: 0).isEmpty)
            engine.abandon()
            #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems == [])
            engine = try store.open().engine
        }
        #expect(try engine.append("b", [event(77)], expecting: .exactly(19)).version == 20)
        #expect(try engine.append("b", [event(19, size: 100)], expecting: .exactly(18)).version == 19)
    }

    @Test("Versions and positions continue where nothing of a stream is left in the log")
    func nothingLeft() throws {
        let store = try TestStore(SimulatedDisk(), segmentSize: 4 << 10)
        var (engine, _) = try store.open()
        for number in 0..<30 { try engine.append("a", [event(number, size: 400)]) }
        _ = try engine.stage(.truncate(before: 30), of: "a")
        _ = try engine.stage(.settings(StreamSettings(maxAge: .seconds(1))), of: "a")
        try engine.flushStaged()
        for number in 0..<12 {
            try engine.record(FactChange(.parked, FactKey("x"), [UInt8](repeating: 1, count: 400 + number)))
        }
        try engine.compactAll()
        for _ in 0..<2 {
            #expect(try engine.all.isEmpty)
            #expect(engine.version(of: "a") == 29)
            #expect(engine.eventCount == 30)
            engine.abandon()
            engine = try store.open().engine
        }
        let next = try engine.append("a", [event(30)], expecting: .exactly(29))
        #expect(next == AppendResult(stream: "a", version: 30, position: 30))
        try engine.append("a", [event(31)])
        engine.abandon()
        engine = try store.open().engine
        #expect(try engine.all.map { $0.version } == [30, 31])
        #expect(try engine.read(stream: "a", start: 3, count: 1).map { $0.version } == [30])
        #expect(try engine.verify().problems == [])
    }

    @Test("A fact that was removed does not come back, whichever segments are rewritten, in whatever order")
    func removals() throws {
        for order in [[0, 1, 2, 3], [3, 2, 1, 0], [2], [1, 3], [3, 0, 3]] {
            let store = try TestStore(SimulatedDisk(), segmentSize: 4 << 10)
            var (engine, _) = try store.open()
            for step in 0..<40 {
                let key = FactKey("k\(step % 5)")
                let value = [UInt8](repeating: 1, count: 400)
                try engine.record(FactChange(.snapshots, key, step.isMultiple(of: 3) || step > 30 ? nil : value))
            }
            let before = try engine.facts(.snapshots)
            for number in order {
                let segments = engine.published.withLock { $0.index.image.segments.dropLast().map { $0.file } }
                _ = try engine.compact(segments[min(number, segments.count - 1)])
                engine.abandon()
                engine = try store.open().engine
                #expect(try engine.facts(.snapshots) == before)
            }
            engine.abandon()
            #expect(try StoreEngine.verify(disk: store.disk, directory: store.directory.path).problems == [])
        }
    }

    @Test("A crash at any step of a compaction loses nothing and brings nothing back", arguments: [true, false])
    func everyStep(checkpoint: Bool) throws {
        for policy in [CrashPolicy.dropAll, .keepAll, .random] {
            var step = 0
            while true {
                let disk = SimulatedDisk(seed: UInt64(step))
                let (store, engine) = try filled(disk)
                if checkpoint { try engine.writeCheckpoint() }
                let (all, facts) = (try engine.all, try engine.facts(.snapshots))
                disk.crash(after: step, policy)
                var isDone = false
                do {
                    try engine.compactAll()
                    try engine.writeCheckpoint()
                    isDone = disk.isCrashPlanned
                } catch {
                    guard case StoreError.unavailable = error else { throw error }
                }
                disk.mend()
                engine.abandon()
                #expect(try StoreEngine.verify(disk: disk, directory: store.directory.path).problems == [])
                let (again, _) = try store.open()
                #expect(try again.all == all)
                #expect(try again.facts(.snapshots) == facts)
                #expect(try store.segments().allSatisfy { !$0.hasSuffix(".tmp") })
                let names = try store.segments().compactMap { SegmentID(name: $0)?.first }
                #expect(Set(names).count == names.count)
                // What is left to do can be done now.
                try again.compactAll()
                #expect(try again.all == all)
                again.abandon()
                if isDone { break }
                step += 1
            }
            #expect(step > 20)
        }
    }

    @Test("A disk that refuses leaves the engine at work with what there was, and the next compaction succeeds")
    func failures() throws {
        for fault in 0..<4 {
            let disk = SimulatedDisk(seed: 3)
            let (_, engine) = try filled(disk)
            let all = try engine.all
            switch fault {
            case 0: disk.failNextFlush()
            case 1: disk.failNextWrite()
            case 2: disk.failNextSync()
            default: break
            }
            if fault < 3 { #expect(throws: StoreError.self) { try engine.compactAll() } }
            #expect(try engine.all == all)
            try engine.append("b", [event(99)])
            #expect(try engine.compactAll().segments > 0)
            #expect(try engine.all.dropLast() == all[...])
            #expect(try engine.verify().problems == [])
        }
    }

    @Test("A rewritten segment with any byte flipped, or cut anywhere, is damage, and so is one that is missing")
    func damage() throws {
        let disk = SimulatedDisk()
        let (store, engine) = try filled(disk)
        try engine.compactAll()
        engine.abandon()
        let name = try #require(try store.segments().first { SegmentID(name: $0)?.generation == 1 })
        let path = store.directory.logPath + "/" + name
        let size = try store.contents(path).count
        for offset in stride(from: 0, to: size, by: 3) {
            for cut in [false, true] {
                let disk = disk.copy()
                if cut {
                    try disk.open(path, .readWrite).truncate(to: offset)
                } else {
                    try disk.corrupt(path, at: offset)
                }
                #expect {
                    try TestStore(disk, segmentSize: 4 << 10).open()
                } throws: {
                    guard case .damaged = $0 as? StoreError else { return false }
                    return true
                }
                #expect(try !StoreEngine.verify(disk: disk, directory: store.directory.path).problems.isEmpty)
            }
        }
        try disk.removeFile(path)
        #expect(throws: StoreError.self) { try store.open() }
    }

    @Test("Readers go on undisturbed while segments are rewritten and replaced under them")
    func readers() async throws {
        let disk = SimulatedDisk()
        let (_, engine) = try filled(disk, truncated: false)
        let problems = Lock<[String]>([])
        await withTaskGroup(of: Void.self) { group in
            for reader in 0..<3 {
                group.addTask {
                    for _ in 0..<150 {
                        do {
                            let b = try engine.read(stream: reader == 0 ? "a" : "b", count: 99)
                            let versions = b.map { $0.version }
                            if let first = versions.first, versions != Array(first..<first + versions.count) {
                                problems.withLock { $0.append("versions \(versions)") }
                            }
                            if versions.last != 19 { problems.withLock { $0.append("the end is missing") } }
                            let facts = try engine.facts(.snapshots).map { $0.value.count }
                            if facts != [500, 500] { problems.withLock { $0.append("facts \(facts)") } }
                            _ = try engine.verify()
                        } catch {
                            problems.withLock { $0.append("\(error)") }
                        }
                    }
                }
            }
            group.addTask {
                do {
                    for version in 1..<19 {
                        _ = try engine.stage(.truncate(before: version), of: "a")
                        _ = try engine.stage(.truncate(before: version), of: "b")
                        try engine.flushStaged()
                        try engine.compactAll()
                    }
                } catch {
                    problems.withLock { $0.append("compacting: \(error)") }
                }
            }
        }
        #expect(problems.withLock { $0 } == [])
    }

    @Test(
        "Whatever the crash and whatever is compacted, nothing live is lost and nothing gone comes back",
        arguments: [[CrashPolicy.dropAll], [.keepAll], [.random], [.dropAll, .keepAll, .random]]
    )
    func crashes(policies: [CrashPolicy]) throws {
        var crashes = 0
        var report = CompactionReport()
        for seed in 0..<UInt64(40) {
            var run = LifeRun(seed: seed, policies: policies)
            do {
                try run.run(rounds: 14)
            } catch {
                Issue.record("seed \(seed), policies \(policies): \(error)")
                return
            }
            crashes += run.crashes
            report.add(run.report)
        }
        #expect(crashes > 80)
        #expect(report.segments > 100 && report.events > 200 && report.facts > 100)
    }

    @Test("Names of segments carry their generation, and other names are none")
    func names() {
        #expect(SegmentID(7).name == "00000000000000000007.log")
        #expect(SegmentID(7, 12).name == "00000000000000000007.12.log")
        #expect(SegmentID(name: SegmentID(7, 12).name) == SegmentID(7, 12))
        #expect(SegmentID(name: SegmentID(.max).name) == SegmentID(.max))
        for name in [
            "", "7.log", "00000000000000000007.0.log", "00000000000000000007.012.log", "00000000000000000007.x.log",
            "00000000000000000007.log.tmp", "00000000000000000000.1.log", "00000000000000000007.1.2.log",
        ] {
            #expect(SegmentID(name: name) == nil)
        }
    }
}
