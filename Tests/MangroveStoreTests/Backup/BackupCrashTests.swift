import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct BackupCrashTests {
    /// A store with a backup, and more in it since.
    private func prepared(_ disk: SimulatedDisk) throws -> (store: TestStore, first: BackupBench.Sight) {
        let store = try TestStore(disk, segmentSize: 2 << 10)
        let (engine, _) = try store.open()
        try engine.fill(0..<8)
        let first = try BackupBench.Sight(engine)
        try BackupBench(disk).backUp(engine)
        try engine.fill(8..<16)
        try engine.compactAll()
        try engine.close()
        return (store, first)
    }

    @Test(
        "A crash at any step of a backup leaves the new one whole or not there, and the old one as it was",
        arguments: [CrashPolicyCase.dropAll, .keepAll, .random]
    )
    func crashWhileBackingUp(policy: CrashPolicyCase) throws {
        let origin = SimulatedDisk(seed: 1)
        let (store, first) = try prepared(origin)
        var outcomes: Set<Int> = []
        var step = 0
        while true {
            let disk = origin.copy(seed: UInt64(step))
            let bench = BackupBench(disk)
            let (engine, _) = try StoreEngine.open(disk: disk, directory: store.directory.path, options: store.options)
            let second = try BackupBench.Sight(engine)
            disk.crash(after: step, policy.policy)
            var made = false
            do {
                made = try bench.backUp(engine).number == 2
                _ = try bench.target.prune(keeping: 2)
            } catch let error as StoreError {
                guard case .unavailable = error else { throw error }
            }
            if disk.isCrashPlanned {
                #expect(made)
                break
            }
            step += 1
            disk.crash(policy.policy)
            #expect(try bench.problems() == [])
            let numbers = try bench.target.contents().backups.map(\.number)
            #expect(numbers == [1] && !made || numbers == [1, 2])
            outcomes.insert(numbers.count)
            try bench.restore(number: 1, into: "one")
            #expect(try bench.sight(in: "one") == first)
            // The next one is made of what there is, whatever that one left.
            let (again, _) = try StoreEngine.open(disk: disk, directory: store.directory.path, options: store.options)
            try bench.backUp(again)
            #expect(try bench.problems() == [])
            try bench.restore(into: "two")
            #expect(try bench.sight(in: "two") == second)
        }
        #expect(step > 15)
        // What is not flushed is not there: then the new one is there only once it is said to be.
        if policy != .random { #expect(outcomes == (policy == .keepAll ? [1, 2] : [1])) }
    }

    @Test("A crash at any step of a restore leaves nothing of it, or all", arguments: CrashPolicyCase.all)
    func crashWhileRestoring(policy: CrashPolicyCase) throws {
        let origin = SimulatedDisk(seed: 2)
        let (store, _) = try prepared(origin)
        let (engine, _) = try StoreEngine.open(disk: origin, directory: store.directory.path, options: store.options)
        let sight = try BackupBench.Sight(engine)
        let other = try TestStore(origin, segmentSize: 2 << 10, id: "other").open().engine
        try other.fill(0..<2)
        try BackupBench(origin).backUp(engine, other)
        // There is a store already in the directory that is restored into.
        let present = try DataDirectory(disk: origin, path: "restored", owner: "1")
        try present.directory(of: "present").create(created: epoch, identity: StoreIdentity(high: 5, low: 5))
        present.close()
        var outcomes: Set<Int> = []
        var step = 0
        while true {
            let disk = origin.copy(seed: UInt64(step))
            let bench = BackupBench(disk)
            disk.crash(after: step, policy.policy)
            var done = false
            do {
                done = try bench.restore().stores.count == 2
            } catch let error as StoreError {
                guard case .unavailable = error else { throw error }
            }
            if disk.isCrashPlanned {
                #expect(done)
                break
            }
            step += 1
            disk.crash(policy.policy)
            let stores = try bench.stores()
            #expect(stores == ["present"] && !done || stores == ["orders", "other", "present"])
            #expect(try disk.list("restored") == ["lock"].merged(stores))
            outcomes.insert(stores.count)
            if stores.count == 1 { try bench.restore() }
            #expect(try bench.sight() == sight)
            #expect(try bench.sight(of: "other").count == 4)
            #expect(try bench.problems() == [])
        }
        #expect(step > 30)
        #expect(outcomes == [1, 3])
    }

    @Test("A flipped byte in any file of a backup is found, and nothing is restored from it")
    func flips() throws {
        let origin = SimulatedDisk(seed: 3)
        let (store, _) = try prepared(origin)
        let (engine, _) = try StoreEngine.open(disk: origin, directory: store.directory.path, options: store.options)
        try origin.replace(store.directory.path, "settings.json", with: Array("{\"a\":1}".utf8))
        try BackupBench(origin).backUp(engine)
        let directory = "backups/stores/" + (try #require(try origin.list("backups/stores").first))
        let newest = try #require(try BackupBench(origin).target.contents().backups.last?.stores.first)
        let files = newest.files.map { (directory + "/" + $0.kept, $0.bytes) }
        #expect(files.contains { SegmentID(name: String($0.0.split(separator: "/")[3]))?.generation ?? 0 > 0 })
        #expect(files.contains { $0.0.hasSuffix("-settings.json") })
        var flips = 0
        let manifest = ("backups/2.backup", try #require(try origin.contents("backups/2.backup", limit: .max)).count)
        for (path, size) in files + [manifest] {
            for offset in stride(from: 0, to: size, by: max(1, size / 40)) + [size - 1] {
                let disk = origin.copy()
                let bench = BackupBench(disk)
                try disk.corrupt(path, at: offset, xor: 0x10)
                flips += 1
                #expect(try !bench.problems().isEmpty, "\(path) at \(offset)")
                #expect {
                    try bench.restore()
                } throws: {
                    guard case .backupDamaged(let file, _)? = $0 as? StoreError else { return false }
                    return file == path
                }
                #expect(try bench.stores() == [])
            }
        }
        #expect(flips > 150)
    }

    @Test(
        "Through appends, compactions and crashes during backups, each restored store is one that there was",
        arguments: 0..<10
    )
    func histories(block: Int) throws {
        var made = 0
        var crashes = 0
        for seed in UInt64(block) * 20..<UInt64(block) * 20 + 20 {
            var run = BackupHistory(seed: seed)
            do {
                try run.run(rounds: 6)
            } catch {
                Issue.record("seed \(seed): \(error)")
                return
            }
            made += run.made
            crashes += run.crashes
        }
        #expect(made > 30)
        #expect(crashes > 10)
    }
}

extension [String] {
    fileprivate func merged(_ other: [String]) -> [String] { (self + other).sorted() }
}

/// Appends, compacts, backs up and crashes by a seed; then restores every backup and compares it with what was seen when its
/// positions were taken.
struct BackupHistory {
    private let disk: SimulatedDisk
    private let bench: BackupBench
    private var generator: SeededGenerator
    private var seen: [Int: BackupBench.Sight] = [:]
    private var next = 0
    private(set) var made = 0
    private(set) var crashes = 0

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
        disk = SimulatedDisk(seed: generator.next())
        bench = BackupBench(disk)
    }

    mutating func run(rounds: Int) throws {
        let store = try TestStore(disk, segmentSize: 2 << 10)
        for _ in 0..<rounds {
            do {
                let (engine, _) = try store.open()
                try work(engine)
                if Bool.random(using: &generator) {
                    crashes += 1
                    disk.crash(after: Int.random(in: 0..<60, using: &generator), .random)
                }
                try backUp(engine)
                engine.abandon()
            } catch let error as StoreError {
                switch error {
                case .unavailable, .outcomeUnknown: disk.crash(.random)
                default: throw error
                }
            }
            disk.mend()
        }
        disk.crash(.random)
        disk.mend()
        let problems = try bench.problems()
        #expect(problems == [])
        let backups = try bench.target.contents()
        #expect(backups.damaged.isEmpty)
        for backup in backups.backups {
            try bench.restore(number: backup.number, into: "restored-\(backup.number)")
            #expect(try bench.sight(in: "restored-\(backup.number)") == seen[backup.number])
        }
        made = backups.backups.count
    }

    private mutating func work(_ engine: StoreEngine) throws {
        switch Int.random(in: 0..<6, using: &generator) {
        case 0: try engine.compactAll()
        case 1: try engine.writeCheckpoint()
        default:
            let count = Int.random(in: 1..<6, using: &generator)
            defer { next += count }
            try engine.fill(next..<next + count, size: Int.random(in: 0..<400, using: &generator))
        }
    }

    private mutating func backUp(_ engine: StoreEngine) throws {
        let sight = try BackupBench.Sight(engine)
        var (run, pins) = try bench.begin([engine])
        defer { for pin in pins { pin.release() } }
        // It is this one if it comes to be one.
        seen[try bench.target.contents().next] = sight
        while try run.step() != nil {
            if Int.random(in: 0..<3, using: &generator) == 0 { try work(engine) }
        }
        pins = []
    }
}
