import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct EngineFailureTests {
    private func request(_ numbers: Range<Int>) -> AppendRequest {
        AppendRequest(stream: "s", expecting: .any, numbered(numbers))
    }

    @Test("A failed write or flush is final: every later call throws, and nothing is tried again", arguments: 0..<3)
    func failureIsFinal(kind: Int) throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.append("s", numbered(0..<1))
        let staged = try engine.stageFully(request(1..<2))
        switch kind {
        case 0: disk.failNextFlush()
        case 1: disk.failNextWrite()
        default: disk.capacity = disk.usedSpace + 20
        }
        #expect {
            try engine.flushStaged { _ in
                // Staged while the disk works: certainly not on it.
                _ = try? engine.stageFully(request(2..<3))
            }
        } throws: {
            guard case .outcomeUnknown("orders", _) = $0 as? StoreError else { return false }
            return true
        }
        disk.mend()
        disk.recording = true
        let why = try #require(engine.failure?.why)
        let refused = StoreError.unavailable(store: "orders", why: why)
        #expect(throws: refused) { try engine.stageFully(request(3..<4)) }
        #expect(throws: refused) { try engine.flushStaged() }
        #expect(throws: refused) { try engine.readAll(count: 1) }
        #expect(throws: refused) { try engine.read(stream: "s", count: 1) }
        #expect(throws: refused) { try engine.writeCheckpoint() }
        #expect(throws: refused) { try engine.close() }
        #expect(disk.operations == [])
        #expect(engine.error(for: try #require(staged.ticket)) == .outcomeUnknown(store: "orders", why: why))
        #expect(engine.error(for: 3) == refused)
        let (again, _) = try store.open()
        #expect([1, 2].contains(again.eventCount))
        try again.append("s", numbered(1..<2))
        #expect(try again.all.map { $0.id.low } == [0, 1])
    }

    @Test("What readers see after a failed flush and a reopening survives the power failing then")
    func failedFlushThenCrash() throws {
        for seed in 0..<UInt64(50) {
            let disk = SimulatedDisk(seed: seed)
            let store = try TestStore(disk)
            var (engine, _) = try store.open()
            try engine.append("s", numbered(0..<1))
            _ = try engine.stageFully(request(1..<4))
            disk.failNextFlush()
            #expect(throws: StoreError.self) { try engine.flushStaged() }
            engine.abandon()
            (engine, _) = try store.open()
            let seen = try engine.all
            disk.crash(.dropAll)
            #expect(try store.open().engine.all == seen)
        }
    }

    @Test("A full disk fails the store with a typed error, and freeing space mends it")
    func fullDisk() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk, segmentSize: 4 << 10)
        disk.capacity = 20_000
        var appended = 0
        var failed = false
        while !failed {
            let (engine, _) = try store.open()
            do {
                while true {
                    try engine.append("s", [event(appended, size: 500)])
                    appended += 1
                }
            } catch let error as StoreError {
                guard case .outcomeUnknown(_, let why) = error else { throw error }
                #expect(why.contains("no space left"))
                failed = true
            }
            engine.abandon()
        }
        #expect(appended > 10)
        let (full, _) = try store.open()
        #expect(full.eventCount == appended)
        disk.capacity = nil
        #expect(try full.append("s", [event(appended, size: 500)]).version == appended)
    }

    @Test("A store that fails does not touch another on the same disk")
    func isolation() throws {
        let disk = SimulatedDisk()
        let first = try TestStore(disk, id: "first").open().engine
        let other = try TestStore(disk, id: "other").open().engine
        disk.failNextFlush()
        #expect(throws: StoreError.self) { try first.append("s", numbered(0..<1)) }
        try other.append("s", numbered(0..<1))
        #expect(other.failure == nil)
        #expect(try other.all.count == 1)
    }

    @Test("A second flush at the same time is refused")
    func oneFlushAtATime() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        _ = try engine.stageFully(request(0..<1))
        var refused = false
        try engine.flushStaged { _ in
            do throws(StoreError) { try engine.flushStaged() } catch { if case .refused = error { refused = true } }
        }
        #expect(refused)
        #expect(engine.failure == nil)
    }
}
