import Foundation
import Mangrove
import Testing

/// A directory of its own for one test, removed with everything in it when the test lets go of it.
final class ScratchDirectory {
    let path: String

    init() throws {
        let base = FileManager.default.temporaryDirectory.appendingPathComponent("mangrove-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: base, withIntermediateDirectories: true)
        path = base.path
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}

@Suite struct POSIXDiskTests {
    private let disk = POSIXDisk()
    private let scratch: ScratchDirectory
    private var root: String { scratch.path }

    init() throws {
        scratch = try ScratchDirectory()
    }

    private func write(_ path: String, _ text: String, _ mode: DiskOpenMode = .create, at offset: Int = 0) throws {
        let file = try disk.open(path, mode)
        try Array(text.utf8).withUnsafeBytes { try file.write($0, at: offset) }
        try file.flush()
    }

    private func text(_ path: String) throws -> String {
        let file = try disk.open(path, .read)
        var bytes = [UInt8](repeating: 0, count: try file.size() + 10)
        let count = try bytes.withUnsafeMutableBytes { try file.read(into: $0, at: 0) }
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    @Test("Files are written, read, cut, renamed and removed")
    func files() throws {
        try write(root + "/one", "hello")
        try write(root + "/one", "J", .readWrite)
        #expect(try text(root + "/one") == "Jello")
        try write(root + "/gap", "x", at: 3)
        #expect(try text(root + "/gap") == "\0\0\0x")
        let file = try disk.open(root + "/one", .readWrite)
        try file.truncate(to: 2)
        try file.flush()
        #expect(try file.size() == 2)
        try disk.rename(root + "/one", to: root + "/gap")
        try disk.syncDirectory(root)
        #expect(try disk.list(root) == ["gap"])
        #expect(try text(root + "/gap") == "Je")
        #expect(try disk.open(root + "/gap", .replace).size() == 0)
        try disk.removeFile(root + "/gap")
        #expect(try disk.list(root) == [])
    }

    @Test("Directories are made, listed in order, and removed when empty")
    func directories() throws {
        for name in ["b", "a", "c"] { try disk.createDirectory(root + "/" + name) }
        try disk.createDirectory(root + "/a")
        try write(root + "/a/file", "x")
        #expect(try disk.list(root) == ["a", "b", "c"])
        #expect(try disk.kind(of: root + "/a") == .directory)
        #expect(try disk.kind(of: root + "/a/file") == .file)
        #expect(try disk.kind(of: root + "/none") == nil)
        #expect(try disk.kind(of: root + "/a/file/below") == nil)
        #expect(try disk.kind(of: "/dev/null") == .other)
        #expect(throws: DiskError.self) { try disk.removeDirectory(root + "/a") }
        try disk.removeDirectory(root + "/b")
        #expect(try disk.list(root) == ["a", "c"])
    }

    @Test("Failures are told apart")
    func errors() throws {
        try write(root + "/file", "x")
        let none = root + "/none"
        #expect(throws: DiskError(.notFound, "open", none)) { _ = try disk.open(none, .read) }
        #expect(throws: DiskError(.notFound, "open", none)) { _ = try disk.open(none, .readWrite) }
        #expect(throws: DiskError(.exists, "open", root + "/file")) { _ = try disk.open(root + "/file", .create) }
        #expect(throws: DiskError(.exists, "create directory", root + "/file")) {
            try disk.createDirectory(root + "/file")
        }
        #expect(throws: DiskError(.notFound, "create directory", none + "/x")) { try disk.createDirectory(none + "/x") }
        #expect(throws: DiskError(.notFound, "list", none)) { _ = try disk.list(none) }
        #expect(throws: DiskError(.notFound, "rename", none)) { try disk.rename(none, to: root + "/file") }
        #expect(throws: DiskError(.notFound, "remove", none)) { try disk.removeFile(none) }
        #expect(throws: DiskError(.notFound, "sync", none)) { try disk.syncDirectory(none) }
        #expect(throws: DiskError(.notFound, "measure", none)) { _ = try disk.freeSpace(at: none) }
        let file = try disk.open(root + "/file", .read)
        #expect(throws: DiskError.self) { try Array("y".utf8).withUnsafeBytes { try file.write($0, at: 0) } }
        file.close()
        file.close()
        #expect(throws: DiskError(.closed, "size", root + "/file")) { _ = try file.size() }
        #expect(throws: DiskError(.closed, "flush", root + "/file")) { try file.flush() }
    }

    #if os(Linux)
        @Test("A full device is told as full")
        func full() throws {
            let file = try disk.open("/dev/full", .readWrite)
            #expect(throws: DiskError(.full, "write", "/dev/full")) {
                try Array("x".utf8).withUnsafeBytes { try file.write($0, at: 0) }
            }
        }
    #endif

    @Test("A second descriptor is refused the lock and told who has it; it is free once given up")
    func locking() throws {
        let path = root + "/lock"
        guard case .held(let lock) = try disk.lock(path, note: "process 17") else {
            Issue.record("not free")
            return
        }
        guard case .heldElsewhere("process 17") = try disk.lock(path, note: "2") else {
            Issue.record("not held, or the wrong note")
            return
        }
        lock.unlock()
        lock.unlock()
        guard case .held = try disk.lock(path, note: "2") else {
            Issue.record("not given up")
            return
        }
        #expect(try text(path) == "2")
        // Released with the value.
        guard case .held = try disk.lock(path, note: "3") else {
            Issue.record("not released")
            return
        }
    }

    @Test("A file may be closed while others read it: each gets its bytes or is told")
    func closingUnderReaders() throws {
        try write(root + "/file", String(repeating: "a", count: 1 << 16))
        try write(root + "/other", String(repeating: "b", count: 1 << 16))
        for _ in 0..<50 {
            let file = try disk.open(root + "/file", .read)
            let reader = Thread {
                var bytes = [UInt8](repeating: 0, count: 1 << 12)
                for offset in 0..<8 {
                    let count = (try? bytes.withUnsafeMutableBytes { try file.read(into: $0, at: offset << 12) }) ?? 0
                    #expect(bytes.prefix(count).allSatisfy { $0 == UInt8(ascii: "a") })
                }
            }
            reader.start()
            file.close()
            // Takes the number that the closed descriptor may have had.
            let other = try disk.open(root + "/other", .read)
            #expect(try other.size() == 1 << 16)
            while !reader.isFinished { sched_yield() }
        }
    }

    @Test("There is room on the disk, and the descriptor limit is not lowered by raising it")
    func limits() throws {
        #expect(try disk.freeSpace(at: root) > 0)
        let limit = raiseDescriptorLimit()
        #expect(limit > 0)
        #expect(raiseDescriptorLimit() == limit)
    }
}
