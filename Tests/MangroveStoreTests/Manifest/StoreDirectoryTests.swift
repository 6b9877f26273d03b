import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct StoreDirectoryTests {
    private let identity = StoreIdentity(high: 3, low: 4)

    private func open(_ disk: SimulatedDisk) throws -> DataDirectory {
        try DataDirectory(disk: disk, path: "data", owner: "77")
    }

    @Test("Stores are created, listed in order, and removed")
    func lifecycle() throws {
        let disk = SimulatedDisk()
        let data = try open(disk)
        for store in ["b", "a", "c.d-e_9"] {
            try data.directory(of: store).create(created: epoch, identity: identity)
        }
        #expect(throws: StoreError.storeExists("a")) {
            try data.directory(of: "a").create(created: epoch, identity: identity)
        }
        func ids() throws -> [String] {
            try data.stores().map { if case .store(let manifest) = $0 { manifest.store } else { "damaged" } }
        }
        #expect(try ids() == ["a", "b", "c.d-e_9"])
        let (engine, _) = try StoreEngine.open(disk: disk, directory: "data/b")
        try engine.append("s", numbered(0..<5))
        try engine.close()
        try data.directory(of: "b").remove()
        #expect(try ids() == ["a", "c.d-e_9"])
        #expect(try disk.list("data") == ["a", "c.d-e_9", "lock"])
        #expect(throws: StoreError.noSuchStore("b")) { try data.directory(of: "b").remove() }
        #expect(throws: StoreError.noSuchStore("b")) { try StoreEngine.open(disk: disk, directory: "data/b") }
        try data.directory(of: "b").create(created: epoch, identity: identity)
        #expect(try StoreEngine.open(disk: disk, directory: "data/b").engine.eventCount == 0)
    }

    @Test(
        "A store's name follows the rules or is refused",
        arguments: ["", ".", "..", ".a", "a/b", "a b", "\u{E9}", "a\u{0}", "lock", String(repeating: "x", count: 65)]
    )
    func badNames(name: String) throws {
        #expect(!StoreID.isValid(name))
        let disk = SimulatedDisk()
        let data = try open(disk)
        #expect {
            try data.directory(of: name).create(created: epoch, identity: identity)
        } throws: {
            guard case .invalid = $0 as? StoreError else { return false }
            return true
        }
        #expect(try disk.list("data") == ["lock"])
    }

    @Test("The data directory has one owner, and the refusal says which")
    func owner() throws {
        let disk = SimulatedDisk()
        let data = try open(disk)
        #expect(throws: StoreError.refused("the data directory data is in use by process 77")) {
            try DataDirectory(disk: disk, path: "data", owner: "78")
        }
        data.close()
        _ = try DataDirectory(disk: disk, path: "data", owner: "78")
    }

    @Test("A crash at any step of creating a store leaves all of it or nothing", arguments: CrashPolicyCase.all)
    func crashWhileCreating(policy: CrashPolicyCase) throws {
        var outcomes: Set<Bool> = []
        for step in 0..<20 {
            for seed in 0..<UInt64(8) {
                let disk = SimulatedDisk(seed: seed)
                let data = try open(disk)
                try data.directory(of: "first").create(created: epoch, identity: identity)
                disk.crash(after: step, policy.policy)
                var created = false
                do throws(StoreError) {
                    try data.directory(of: "second").create(created: epoch, identity: identity)
                    created = true
                } catch {
                    guard case .unavailable = error else { throw error }
                }
                disk.crash(policy.policy)
                let again = try open(disk)
                let ids = try again.stores().compactMap {
                    if case .store(let manifest) = $0 { manifest.store } else { nil }
                }
                #expect(ids == ["first"] && !created || ids == ["first", "second"])
                #expect(try again.stores().count == ids.count)
                if ids.count == 1 {
                    #expect(try disk.list("data") == ["first", "lock"])
                    try again.directory(of: "second").create(created: epoch, identity: identity)
                }
                outcomes.insert(ids.count == 2)
                let (engine, _) = try StoreEngine.open(disk: disk, directory: "data/second")
                try engine.append("s", numbered(0..<1))
            }
        }
        #expect(outcomes == [true, false])
    }

    @Test("A crash at any step of removing a store leaves all of it or nothing", arguments: CrashPolicyCase.all)
    func crashWhileRemoving(policy: CrashPolicyCase) throws {
        var outcomes: Set<Bool> = []
        for step in 0..<20 {
            for seed in 0..<UInt64(8) {
                let disk = SimulatedDisk(seed: seed)
                let data = try open(disk)
                try data.directory(of: "only").create(created: epoch, identity: identity)
                let (engine, _) = try StoreEngine.open(disk: disk, directory: "data/only")
                try engine.append("s", numbered(0..<3))
                try engine.close()
                disk.crash(after: step, policy.policy)
                var removed = false
                do throws(StoreError) {
                    try data.directory(of: "only").remove()
                    removed = true
                } catch {
                    guard case .unavailable = error else { throw error }
                }
                disk.crash(policy.policy)
                let again = try open(disk)
                let found = try again.stores()
                outcomes.insert(found.isEmpty)
                if found.isEmpty {
                    #expect(try disk.list("data") == ["lock"])
                } else {
                    #expect(!removed)
                    #expect(try StoreEngine.open(disk: disk, directory: "data/only").engine.eventCount == 3)
                }
            }
        }
        #expect(outcomes == [true, false])
    }

    @Test("A manifest with any byte flipped is damage, and its store is neither opened nor cleaned away")
    func damagedManifest() throws {
        let disk = SimulatedDisk()
        let data = try open(disk)
        try data.directory(of: "other").create(created: epoch, identity: identity)
        try data.directory(of: "store").create(created: epoch, identity: identity)
        data.close()
        let size = try #require(try disk.contents("data/store/manifest", limit: 1000)).count
        for offset in 0..<size {
            let disk = disk.copy()
            try disk.corrupt("data/store/manifest", at: offset, xor: 1)
            let found = try open(disk).stores()
            guard found.count == 2, case .store = found[0], case .damaged("store", let error) = found[1] else {
                Issue.record("a flip at \(offset) gave \(found)")
                continue
            }
            #expect(throws: error) { try StoreEngine.open(disk: disk, directory: "data/store") }
            #expect(throws: error) { try StoreDirectory(disk: disk, path: "data/store").clean() }
        }
    }

    @Test("A directory with records but no manifest is damage, not a leftover")
    func lostManifest() throws {
        let disk = SimulatedDisk()
        let data = try open(disk)
        try data.directory(of: "store").create(created: epoch, identity: identity)
        let (engine, _) = try StoreEngine.open(disk: disk, directory: "data/store")
        try engine.append("s", numbered(0..<1))
        try engine.close()
        try disk.removeFile("data/store/manifest")
        data.close()
        guard case .damaged = try open(disk).stores().first else {
            Issue.record("it was taken for something else")
            return
        }
        #expect(try disk.kind(of: "data/store/raft_logs") == .directory)
    }

    @Test("Directories that are no stores are left alone")
    func foreign() throws {
        let disk = SimulatedDisk()
        try disk.createDirectory("data")
        try disk.createDirectory("data/.hidden")
        _ = try disk.open("data/file", .create)
        #expect(try open(disk).stores() == [])
        #expect(try disk.list("data") == [".hidden", "file", "lock"])
    }
}

/// A crash policy as a test argument.
enum CrashPolicyCase: CaseIterable, Sendable {
    case dropAll
    case keepAll
    case random

    static var all: [CrashPolicyCase] { allCases }

    var policy: CrashPolicy {
        switch self {
        case .dropAll: .dropAll
        case .keepAll: .keepAll
        case .random: .random
        }
    }
}
