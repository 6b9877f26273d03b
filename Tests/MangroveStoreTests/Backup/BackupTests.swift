import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct BackupTests {
    private func open(_ disk: SimulatedDisk, id: String = "orders") throws -> (store: TestStore, engine: StoreEngine) {
        let store = try TestStore(disk, segmentSize: 4 << 10, id: id)
        return (store, try store.open().engine)
    }

    @Test("A store that goes on working is backed up as it was at one moment, and restored just so")
    func hot() throws {
        let disk = SimulatedDisk(seed: 1)
        let bench = BackupBench(disk)
        let (_, engine) = try open(disk)
        try engine.fill(0..<40)
        let sight = try BackupBench.Sight(engine)
        var next = 40
        let report = try bench.backUp(engine) {
            try engine.fill(next..<next + 1)
            next += 1
            try engine.compactAll()
        }
        #expect(next > 45)
        #expect(report.number == 1 && report.stores.map(\.events) == [sight.count])
        #expect(try bench.problems() == [])
        let restored = try bench.restore()
        #expect(restored.stores == [.init(id: "orders", restoredAs: "orders", events: sight.count)])
        #expect(try bench.sight() == sight)
        #expect(try bench.stores() == ["orders"])
        // Both go on, each for itself.
        try engine.fill(next..<next + 5)
        let (copy, _) = try StoreEngine.open(disk: disk, directory: "restored/orders")
        #expect(copy.manifest.identity != engine.manifest.identity)
        #expect(try copy.append("a", [event(1_000)]).position == sight.count)
        #expect(try engine.verify().problems == [])
    }

    @Test("Pinned files stay while a backup copies them, and go when it lets go of them")
    func pins() throws {
        let disk = SimulatedDisk(seed: 2)
        let bench = BackupBench(disk)
        let (store, engine) = try open(disk)
        try engine.fill(0..<60)
        let before = try store.segments()
        let (_, pins) = try bench.begin([engine])
        try engine.compactAll()
        #expect(Set(before).isSubset(of: try store.segments()))
        for pin in pins { pin.release() }
        for pin in pins { pin.release() }
        let after = try store.segments()
        #expect(!Set(before).isSubset(of: after))
        #expect(try SegmentListing(disk, store.directory.logPath).obsolete.isEmpty)
    }

    @Test("A second backup to the same place copies what is new and nothing else, and the first stays what it was")
    func incremental() throws {
        let disk = SimulatedDisk(seed: 3)
        let bench = BackupBench(disk)
        let (_, engine) = try open(disk)
        try engine.fill(0..<40)
        let first = try BackupBench.Sight(engine)
        let full = try bench.backUp(engine)
        #expect(full.copied == full.stores.reduce(0) { $0 + $1.bytes })
        let unchanged = try bench.backUp(engine)
        #expect(unchanged.number == 2 && unchanged.copied == 0)
        let bytes = engine.durableBytes
        try engine.fill(40..<45)
        let second = try BackupBench.Sight(engine)
        let grown = try bench.backUp(engine)
        #expect(grown.copied == engine.durableBytes - bytes)
        #expect(grown.copied > 0 && grown.copied < full.copied / 2)
        #expect(try bench.problems() == [])
        try bench.restore(number: 1, into: "one")
        try bench.restore(number: 2, into: "two")
        try bench.restore(into: "three")
        #expect(try bench.sight(in: "one") == first)
        #expect(try bench.sight(in: "two") == first)
        #expect(try bench.sight(in: "three") == second)
    }

    @Test("Only as many backups are kept as asked for, with their files and no others")
    func pruning() throws {
        let disk = SimulatedDisk(seed: 4)
        let bench = BackupBench(disk)
        let (store, engine) = try open(disk)
        for round in 0..<4 {
            try engine.fill(round * 20..<round * 20 + 20)
            try engine.compactAll()
            try bench.backUp(engine)
        }
        let sight = try BackupBench.Sight(engine)
        #expect(try bench.target.prune(keeping: 1) == [1, 2, 3])
        #expect(try bench.target.prune(keeping: 1) == [])
        #expect(try bench.problems() == [])
        let directory = try #require(try disk.list("backups/stores").first)
        #expect(try disk.list("backups/stores/" + directory) == store.segments())
        try bench.restore()
        #expect(try bench.sight() == sight)
        // A store that is not in any of them any more leaves nothing.
        let other = try open(disk, id: "other").engine
        try other.fill(0..<2)
        try bench.backUp(other)
        _ = try bench.target.prune(keeping: 1)
        #expect(try disk.list("backups/stores").count == 1)
        #expect(throws: StoreError.noSuchBackup("there is no backup 4 in 'backups'")) { try bench.restore(number: 4) }
    }

    @Test("A store without events, and one made anew under the same name, are backed up as what they are")
    func newStores() throws {
        let disk = SimulatedDisk(seed: 5)
        let bench = BackupBench(disk)
        let (store, engine) = try open(disk)
        try bench.backUp(engine)
        try bench.restore(into: "empty")
        #expect(try bench.stores(in: "empty") == ["orders"])
        try engine.fill(0..<10)
        let old = try BackupBench.Sight(engine)
        try bench.backUp(engine)
        try engine.close()
        try store.directory.remove()
        try store.directory.create(created: epoch, identity: StoreIdentity(high: 8, low: 9))
        let renewed = try store.open().engine
        try renewed.fill(0..<3)
        let new = try BackupBench.Sight(renewed)
        try bench.backUp(renewed)
        try bench.restore(number: 2, into: "old")
        try bench.restore(into: "new")
        #expect(try bench.sight(in: "old") == old)
        #expect(try bench.sight(in: "new") == new)
    }

    @Test("The files beside a store's manifest are in its backup, each backup with its own")
    func configuration() throws {
        let disk = SimulatedDisk(seed: 6)
        let bench = BackupBench(disk)
        let (store, engine) = try open(disk)
        for text in ["one", "two"] {
            try disk.replace(store.directory.path, "settings.json", with: Array(text.utf8))
            try bench.backUp(engine)
        }
        for (number, text) in [(1, "one"), (2, "two")] {
            try bench.restore(number: number, into: text)
            #expect(try disk.contents(text + "/orders/settings.json", limit: 100) == Array(text.utf8))
        }
    }

    @Test("Damage in what is to be copied stops the backup with file and offset, and leaves the backups before it")
    func damagedSource() throws {
        let disk = SimulatedDisk(seed: 7)
        let bench = BackupBench(disk)
        let (store, engine) = try open(disk)
        try engine.fill(0..<20)
        let sight = try BackupBench.Sight(engine)
        try bench.backUp(engine)
        try engine.fill(20..<60)
        let file = store.directory.logPath + "/" + (try store.segments()[4])
        try disk.corrupt(file, at: 300)
        #expect {
            try bench.backUp(engine)
        } throws: {
            guard case .damaged("orders", let path, _, _)? = $0 as? StoreError else { return false }
            return path == file
        }
        #expect(try bench.problems() == [])
        try bench.restore()
        #expect(try bench.sight() == sight)
    }

    @Test("A directory of somebody else's is not used for backups, and two backups do not meet in one")
    func foreignDirectory() throws {
        let disk = SimulatedDisk(seed: 8)
        let (_, engine) = try open(disk)
        #expect(throws: StoreError.self) { try BackupBench(disk, target: "data").backUp(engine) }
        #expect(try disk.list("data") == ["orders"])
        let bench = BackupBench(disk)
        let first = try bench.target.take()
        #expect(throws: StoreError.refused("another backup to 'backups' is under way")) { try bench.backUp(engine) }
        first.unlock()
        try bench.backUp(engine)
        #expect(throws: StoreError.noSuchBackup("there is no backup at 'nowhere'")) {
            try BackupCheck(BackupTarget(disk: disk, path: "nowhere")).run()
        }
    }

    @Test("A manifest is read as it was written, and not at all with any byte changed")
    func manifest() throws {
        let file = BackupManifest.File(name: "1.log", kept: "2-1.log", bytes: 7, digest: SHA256.digest([1]))
        let store = BackupManifest.Store(
            id: "o\"rders",
            identity: StoreIdentity(high: 1 << 63, low: 2),
            created: epoch,
            record: 3,
            events: 4,
            directory: "orders-1",
            files: [file]
        )
        let manifest = BackupManifest(number: 12, made: Timestamp(microseconds: 5), stores: [store, store])
        let bytes = manifest.encoded()
        #expect(try BackupManifest(decoding: bytes, name: "12.backup") == manifest)
        for offset in bytes.indices {
            var changed = bytes
            changed[offset] ^= 1
            #expect(throws: Malformed.self) { try BackupManifest(decoding: changed, name: "12.backup") }
            #expect(throws: Malformed.self) { try BackupManifest(decoding: Array(bytes[..<offset]), name: "12.backup") }
        }
        #expect(throws: Malformed.self) { try BackupManifest(decoding: bytes, name: "13.backup") }
        #expect(BackupManifest.number(of: "012.backup") == nil && BackupManifest.number(of: "0.backup") == nil)
    }

    @Test("However two stores are appended to on other threads, their cuts are those of one moment")
    func oneMoment() async throws {
        let disk = SimulatedDisk(seed: 9)
        let engines = [try open(disk, id: "first").engine, try open(disk, id: "second").engine]
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for number in 0..<1_500 {
                    for engine in number % 2 == 0 ? engines : engines.reversed() {
                        try engine.append("relay", [event(number)])
                    }
                }
            }
            group.addTask {
                var last = 0
                while last < 1_500 {
                    let cuts = try StoreEngine.cut(engines)
                    let (first, second) = (cuts[0].cut.events, cuts[1].cut.events)
                    // Event n went to the first before the second if n is even, and n + 1 to either only after that.
                    #expect(abs(first - second) <= 1)
                    if first != second { #expect((first > second) == (min(first, second) % 2 == 0)) }
                    last = min(first, second)
                    for (_, pin) in cuts { pin.release() }
                }
            }
            try await group.waitForAll()
        }
    }
}
