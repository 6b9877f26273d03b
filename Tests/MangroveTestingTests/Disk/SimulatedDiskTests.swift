import Mangrove
import MangroveTesting
import Testing

extension Disk {
    func write(_ path: String, _ text: String, at offset: Int = 0, flush: Bool = false) throws {
        let file = try open(path, kind(of: path) == nil ? .create : .readWrite)
        try Array(text.utf8).withUnsafeBytes { try file.write($0, at: offset) }
        if flush { try file.flush() }
    }

    func text(_ path: String) throws -> String? {
        guard try kind(of: path) == .file else { return nil }
        let file = try open(path, .read)
        var bytes = [UInt8](repeating: 0, count: try file.size())
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}

@Suite struct SimulatedDiskTests {
    @Test("It does what a disk does: files, directories, renames, removals, and their errors")
    func ordinary() throws {
        let disk = SimulatedDisk()
        try disk.createDirectory("a")
        try disk.createDirectory("/a/")
        #expect(throws: DiskError(.notFound, "create directory", "x/y")) { try disk.createDirectory("x/y") }
        try disk.write("a/one", "hello")
        try disk.write("a/one", "J")
        try disk.write("a/two", "x", at: 3)
        #expect(try disk.text("a/one") == "Jello")
        #expect(try disk.text("a/two") == "\0\0\0x")
        #expect(try disk.list("a") == ["one", "two"])
        #expect(throws: DiskError(.exists, "open", "a/one")) { _ = try disk.open("a/one", .create) }
        #expect(throws: DiskError(.notFound, "open", "a/no")) { _ = try disk.open("a/no", .read) }
        #expect(throws: DiskError(.notFound, "list", "b")) { _ = try disk.list("b") }
        #expect(throws: DiskError.self) { try disk.removeDirectory("a") }
        try disk.rename("a/one", to: "a/two")
        #expect(try disk.list("a") == ["two"])
        #expect(try disk.text("a/two") == "Jello")
        let file = try disk.open("a/two", .replace)
        #expect(try file.size() == 0)
        let reader = try disk.open("a/two", .read)
        #expect(throws: DiskError(.denied, "truncate", "a/two")) { try reader.truncate(to: 1) }
        file.close()
        file.close()
        #expect(throws: DiskError(.closed, "size", "a/two")) { _ = try file.size() }
        try disk.removeFile("a/two")
        try disk.removeDirectory("a")
        #expect(try disk.kind(of: "a") == nil)
    }

    @Test("Without a flush the bytes, and without a sync the name, do not survive the power")
    func durability() throws {
        let disk = SimulatedDisk()
        try disk.createDirectory("d")
        try disk.write("d/unsynced", "x", flush: true)
        disk.crash(.dropAll)
        #expect(try disk.kind(of: "d") == nil)
        try disk.createDirectory("d")
        try disk.syncDirectory("/")
        try disk.write("d/file", "one", flush: true)
        try disk.write("d/file", "two!")
        try disk.syncDirectory("d")
        try disk.write("d/unsynced", "x", flush: true)
        try disk.rename("d/file", to: "d/renamed")
        disk.crash(.dropAll)
        #expect(try disk.list("d") == ["file"])
        #expect(try disk.text("d/file") == "one")
        try disk.removeFile("d/file")
        disk.crash(.dropAll)
        #expect(try disk.text("d/file") == "one")
    }

    @Test("A program's end loses nothing, but makes nothing durable")
    func programEnd() throws {
        let disk = SimulatedDisk()
        try disk.write("file", "one")
        disk.crash(.keepAll)
        #expect(try disk.text("file") == "one")
        disk.crash(.dropAll)
        #expect(try disk.text("file") == nil)
    }

    @Test("After a crash, what was open is dead and locks are free")
    func deadHandles() throws {
        let disk = SimulatedDisk()
        let file = try disk.open("file", .create)
        guard case .held(let lock) = try disk.lock("lock", note: "12") else {
            Issue.record("not free")
            return
        }
        guard case .heldElsewhere("12") = try disk.lock("lock", note: "13") else {
            Issue.record("not held")
            return
        }
        disk.crash(.keepAll)
        #expect(throws: DiskError(.closed, "size", "file")) { _ = try file.size() }
        #expect(throws: DiskError(.closed, "flush", "file")) { try file.flush() }
        guard case .held(let next) = try disk.lock("lock", note: "13") else {
            Issue.record("not free after the crash")
            return
        }
        // The dead holder's lock must not free the living one's.
        lock.unlock()
        guard case .heldElsewhere("13") = try disk.lock("lock", note: "14") else {
            Issue.record("freed by a dead holder")
            return
        }
        next.unlock()
        guard case .held = try disk.lock("lock", note: "14") else {
            Issue.record("not freed")
            return
        }
    }

    @Test("A random crash loses, keeps, tears and reorders; the same seed the same way")
    func randomCrash() throws {
        func outcome(_ seed: UInt64) throws -> String? {
            let disk = SimulatedDisk(seed: seed)
            try disk.write("file", "", flush: true)
            try disk.syncDirectory("/")
            try disk.write("file", "aaaa", at: 0)
            try disk.write("file", "bbbb", at: 4)
            disk.crash(.random)
            return try disk.text("file")
        }
        var outcomes: Set<String> = []
        for seed in 0..<UInt64(300) {
            let first = try #require(try outcome(seed))
            #expect(try outcome(seed) == first)
            outcomes.insert(first)
        }
        #expect(outcomes.isSuperset(of: ["", "aaaa", "aaaabbbb", "\0\0\0\0bbbb", "aa", "aaaabb"]))
        #expect(outcomes.allSatisfy { text in zip(text, "aaaabbbb").allSatisfy { $0 == "\0" || $0 == $1 } })
    }

    @Test("A rename happens whole or not at all, whatever the seed")
    func atomicRename() throws {
        var seen: Set<String> = []
        for seed in 0..<UInt64(100) {
            let disk = SimulatedDisk(seed: seed)
            try disk.write("name", "old", flush: true)
            try disk.syncDirectory("/")
            try disk.write("name.tmp", "new", flush: true)
            try disk.rename("name.tmp", to: "name")
            disk.crash(.random)
            let text = try #require(try disk.text("name"))
            seen.insert("\(text) \(try disk.list("/").count)")
        }
        #expect(seen == ["old 1", "old 2", "new 1"])
    }

    @Test("Bytes whose flush failed are seen, but no later flush makes them durable")
    func failedFlush() throws {
        var lost = false
        for seed in 0..<UInt64(20) {
            let disk = SimulatedDisk(seed: seed)
            let file = try disk.open("file", .create)
            try disk.syncDirectory("/")
            try Array("text".utf8).withUnsafeBytes { try file.write($0, at: 0) }
            disk.failNextFlush()
            #expect(throws: DiskError(.system(5), "flush", "file")) { try file.flush() }
            try file.flush()
            #expect(try disk.text("file") == "text")
            disk.crash(.dropAll)
            if try disk.text("file") != "text" { lost = true }
        }
        #expect(lost)
    }

    @Test("A full disk stores what fits and says so; a failing write stores a part")
    func full() throws {
        let disk = SimulatedDisk()
        disk.capacity = 10
        try disk.write("a", "1234567")
        #expect(try disk.freeSpace(at: "/") == 3)
        #expect(throws: DiskError(.full, "write", "b")) { try disk.write("b", "12345") }
        #expect(try disk.text("b") == "123")
        try disk.write("a", "abcdefg")
        try disk.removeFile("a")
        try disk.write("b", "12345")
        disk.failNextWrite()
        #expect(throws: DiskError(.system(5), "write", "b")) { try disk.write("b", "xxxxx") }
        disk.mend()
        disk.failNextSync()
        #expect(throws: DiskError(.system(5), "sync", "/")) { try disk.syncDirectory("/") }
        try disk.syncDirectory("/")
    }

    @Test("Bits rot where one says, and stay rotten")
    func corruption() throws {
        let disk = SimulatedDisk()
        try disk.write("file", "abc", flush: true)
        try disk.syncDirectory("/")
        try disk.corrupt("file", at: 1, xor: 0x20)
        #expect(try disk.text("file") == "aBc")
        disk.crash(.dropAll)
        #expect(try disk.text("file") == "aBc")
        #expect(throws: DiskError(.notFound, "corrupt", "file")) { try disk.corrupt("file", at: 3) }
        #expect(throws: DiskError(.notFound, "corrupt", "none")) { try disk.corrupt("none", at: 0) }
    }

    @Test("A planned crash comes before the change it is planned for")
    func plannedCrash() throws {
        let disk = SimulatedDisk()
        disk.crash(after: 2, .keepAll)
        let file = try disk.open("file", .create)
        try Array("one".utf8).withUnsafeBytes { try file.write($0, at: 0) }
        #expect(disk.isCrashPlanned)
        #expect(throws: DiskError(.closed, "flush", "file")) { try file.flush() }
        #expect(!disk.isCrashPlanned)
        #expect(try disk.text("file") == "one")
        disk.crash(.dropAll)
        #expect(try disk.text("file") == nil)
    }

    @Test("The recorder has the operations in their order, notes among them, and only while it is on")
    func recorder() throws {
        let disk = SimulatedDisk()
        try disk.write("before", "x")
        disk.recording = true
        try disk.write("file", "abc", flush: true)
        disk.note("here")
        try disk.syncDirectory("/")
        disk.recording = false
        try disk.removeFile("file")
        #expect(
            disk.operations == [
                .opened("file", .create), .wrote("file", offset: 0, count: 3), .flushed("file"), .note("here"),
                .syncedDirectory("/"),
            ]
        )
    }

    @Test("What is mounted by one life of the machine is dead in the next")
    func mounts() throws {
        let disk = SimulatedDisk()
        let mount = disk.mount()
        try mount.write("file", "abc", flush: true)
        disk.crash(.keepAll)
        #expect(throws: DiskError(.closed, "open", "file")) { _ = try mount.open("file", .read) }
        #expect(throws: DiskError(.closed, "rename", "file")) { try mount.rename("file", to: "other") }
        #expect(throws: DiskError(.closed, "measure", "/")) { _ = try mount.freeSpace(at: "/") }
        #expect(throws: DiskError(.closed, "lock", "lock")) { _ = try mount.lock("lock", note: "") }
        #expect(try disk.mount().text("file") == "abc")
    }

    @Test("A copy goes its own way from the same state")
    func copies() throws {
        let disk = SimulatedDisk(seed: 4)
        try disk.write("file", "abc")
        let copy = disk.copy()
        try disk.removeFile("file")
        #expect(try copy.text("file") == "abc")
        copy.crash(.dropAll)
        #expect(try copy.list("/") == [])
    }
}
