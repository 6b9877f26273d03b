import Foundation
import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

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

@Suite struct RealDiskTests {
    @Test("On a real disk: create, append over several segments, checkpoint, reopen, verify, remove")
    func lifecycle() throws {
        let scratch = try ScratchDirectory()
        let root = scratch.path + "/new/data"
        let disk = POSIXDisk()
        let data = try DataDirectory(disk: disk, path: root, owner: "4711")
        #expect(throws: StoreError.refused("the data directory \(root) is in use by process 4711")) {
            try DataDirectory(disk: disk, path: root, owner: "4712")
        }
        try data.directory(of: "orders").create(created: epoch, identity: StoreIdentity(high: 1, low: 2))
        let options = LogOptions(segmentSize: 4 << 10)
        var (engine, report) = try StoreEngine.open(disk: disk, directory: root + "/orders", options: options)
        for number in 0..<50 { try engine.append("s\(number % 3)", [event(number, size: 300)]) }
        try engine.writeCheckpoint()
        for number in 50..<60 { try engine.append("s\(number % 3)", [event(number, size: 300)]) }
        let before = try engine.all
        #expect(before.count == 60)
        engine.abandon()
        (engine, report) = try StoreEngine.open(disk: disk, directory: root + "/orders", options: options)
        #expect(report.checkpoint == 50 && report.records == 10)
        #expect(try engine.all == before)
        #expect(try engine.verify().problems == [])
        try engine.close()
        #expect(try StoreEngine.verify(disk: disk, directory: root + "/orders").events == 60)
        try data.directory(of: "orders").remove()
        #expect(try data.stores() == [])
        #expect(try disk.list(root) == ["lock"])
    }

    @Test(
        "On a real disk: segments are rewritten under readers, the disk is given back, and a start finds what is left"
    )
    func compaction() async throws {
        let scratch = try ScratchDirectory()
        let disk = POSIXDisk()
        let directory = StoreDirectory(disk: disk, dataDirectory: scratch.path, store: "cut")
        try directory.create(created: epoch, identity: StoreIdentity(high: 1, low: 2))
        let options = LogOptions(segmentSize: 8 << 10, openSegments: 2)
        let (engine, _) = try StoreEngine.open(disk: disk, directory: directory.path, options: options)
        for number in 0..<200 {
            _ = try engine.stageFully(
                AppendRequest(stream: "s\(number % 2)", expecting: .any, [event(number, size: 400)])
            )
            if number % 10 == 9 { try engine.flushStaged() }
        }
        func size() throws -> Int {
            try disk.list(directory.logPath)
                .reduce(0) { try $0 + disk.open(directory.logPath + "/" + $1, .read).size() }
        }
        let before = try size()
        let problems = Lock<[String]>([])
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for _ in 0..<100 {
                    let read = Result { try engine.read(stream: "s1", count: 999) }
                    if (try? read.get().last?.version) != 99 { problems.withLock { $0.append("\(read)") } }
                }
            }
            group.addTask {
                do {
                    for version in stride(from: 10, through: 90, by: 20) {
                        for stream in ["s0", "s1"] { _ = try engine.stage(.truncate(before: version), of: stream) }
                        try engine.flushStaged()
                        try engine.compactAll()
                    }
                } catch {
                    problems.withLock { $0.append("\(error)") }
                }
            }
        }
        #expect(problems.withLock { $0 } == [])
        #expect(try size() < before / 3)
        let left = try engine.all
        #expect(left.count == 20)
        engine.abandon()
        let (again, _) = try StoreEngine.open(disk: disk, directory: directory.path, options: options)
        #expect(try again.all == left)
        #expect(try again.verify().problems == [])
        try again.close()
    }

    @Test("Staging, flushing, reading and checkpoints go on at the same time, and readers see only whole prefixes")
    func concurrently() throws {
        let scratch = try ScratchDirectory()
        let disk = POSIXDisk()
        let directory = StoreDirectory(disk: disk, dataDirectory: scratch.path, store: "busy")
        try directory.create(created: epoch, identity: StoreIdentity(high: 1, low: 2))
        let options = LogOptions(segmentSize: 16 << 10, openSegments: 2)
        let (engine, _) = try StoreEngine.open(disk: disk, directory: directory.path, options: options)
        let total = 1500
        let done = Lock(false)
        let problems = Lock<[String]>([])
        func start(_ body: @escaping @Sendable () throws -> Void) -> Thread {
            let thread = Thread {
                do { try body() } catch { problems.withLock { $0.append("\(error)") } }
            }
            thread.start()
            return thread
        }
        let stager = start {
            defer { done.withLock { $0 = true } }
            for number in 0..<total / 2 {
                // Two streams in one batch: a reader must never see one without the other.
                let batch = [
                    StreamBatch(stream: "left", events: [event(number * 2)]),
                    StreamBatch(stream: "right", events: [event(number * 2 + 1)]),
                ]
                _ = try engine.stageFully(AppendRequest(batch))
            }
        }
        let flusher = start {
            while true {
                let last = done.withLock { $0 }
                try engine.flushStaged()
                if last { return }
            }
        }
        let reader = start {
            while !done.withLock({ $0 }) {
                let all = try engine.readAll(count: 5000)
                let isWhole = all.count.isMultiple(of: 2) && all.map { $0.id.low } == (0..<UInt64(all.count)).map { $0 }
                if !isWhole { problems.withLock { $0.append("a reader saw a part") } }
                _ = try engine.read(stream: "right", count: 50, direction: .backward)
            }
        }
        let checkpointer = start {
            while !done.withLock({ $0 }) {
                try engine.writeCheckpoint()
                engine.closeIdleFiles()
            }
        }
        while [stager, flusher, reader, checkpointer].contains(where: { !$0.isFinished }) { sched_yield() }
        #expect(problems.withLock { $0 } == [])
        #expect(engine.eventCount == total)
        #expect(engine.files.count <= 2)
        try engine.close()
        #expect(try StoreEngine.verify(disk: disk, directory: directory.path).problems == [])
    }
}
