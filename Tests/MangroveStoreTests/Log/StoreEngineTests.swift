import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct StoreEngineTests {
    @Test("What was appended is read back byte for byte, in order, before and after reopening")
    func roundTrip() throws {
        let store = try TestStore(SimulatedDisk())
        var (engine, report) = try store.open()
        #expect(report.events == 0)
        try engine.append("a", numbered(0..<3), expecting: .noStream)
        try engine.append("b", numbered(10..<11))
        try engine.append("a", numbered(3..<5), expecting: .exactly(2))
        for round in 0..<2 {
            let all = try engine.all
            #expect(all.map { $0.position } == Array(0..<6))
            #expect(all.map { $0.stream } == ["a", "a", "a", "b", "a", "a"])
            let a = try engine.read(stream: "a", count: 100)
            #expect(a.map { $0.version } == Array(0..<5))
            #expect(
                a.map { NewEvent(id: $0.id, type: $0.type, data: $0.data, metadata: $0.metadata) } == numbered(0..<5)
            )
            #expect(a.allSatisfy { $0.created == epoch })
            #expect(engine.version(of: "a") == 4)
            #expect(engine.version(of: "b") == 0)
            #expect(engine.version(of: "c") == -1)
            #expect(engine.streams() == [StreamInfo(stream: "a", version: 4), StreamInfo(stream: "b", version: 0)])
            #expect(engine.lastPosition == 5)
            if round == 0 {
                engine.abandon()
                (engine, report) = try store.open()
                #expect(report.records == 3)
                #expect(report.checkpoint == nil)
                #expect(report.torn == nil)
            }
        }
    }

    @Test("Reads take any start and count, both ways", arguments: [1, 2, 7, 100])
    func ranges(count: Int) throws {
        let store = try TestStore(SimulatedDisk(), segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<60 {
            try engine.append(number.isMultiple(of: 2) ? "even" : "odd", [event(number, size: 300)])
        }
        #expect(try store.segments().count > 3)
        for start in [0, 1, 15, 29, 30, 1000, Int.max] {
            let forward = try engine.read(stream: "even", start: start, count: count).map { $0.version }
            #expect(forward == Array(min(start, 30)..<max(min(start, 30), min(30, min(start, 30) + count))))
            let backward = try engine.read(stream: "even", start: start, count: count, direction: .backward)
            let expected = (0..<30).filter { $0 <= start && start - $0 < count }.reversed()
            #expect(backward.map { $0.version } == Array(expected))
            let all = try engine.readAll(start: start, count: count).map { $0.position }
            #expect(all == (0..<60).filter { $0 >= start && $0 - start < count })
        }
        #expect(try engine.read(stream: "even", count: count, direction: .backward).first?.version == 29)
        #expect(try engine.read(stream: "even", count: Int.max).count == 30)
        #expect(try engine.read(stream: "even", count: Int.max, direction: .backward).count == 30)
        #expect(try engine.read(stream: "none", count: count).isEmpty)
    }

    @Test("Negative starts and counts below one are refused")
    func badRanges() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        #expect(throws: StoreError.self) { try engine.read(stream: "a", start: -1, count: 1) }
        #expect(throws: StoreError.self) { try engine.read(stream: "a", count: 0) }
        #expect(throws: StoreError.self) { try engine.readAll(start: -1, count: 1) }
        #expect(throws: StoreError.self) { try engine.readAll(start: 0, count: -5) }
    }

    @Test("Readers see nothing that is not flushed, later appends see all that is staged")
    func stagedIsInvisible() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let first = try engine.stageFully(AppendRequest(stream: "a", expecting: .noStream, numbered(0..<2)))
        let second = try engine.stageFully(AppendRequest(stream: "a", expecting: .exactly(1), numbered(2..<3)))
        #expect(first.ticket == 1 && second.ticket == 2)
        #expect(second.results == [AppendResult(stream: "a", version: 2, position: 2)])
        #expect(try engine.all.isEmpty)
        #expect(engine.version(of: "a") == -1)
        var written: [UInt64] = []
        let outcome = try engine.flushStaged {
            written.append($0)
            #expect(engine.version(of: "a") == -1)
        }
        #expect(written == [2])
        #expect(outcome.durable == 2)
        #expect(outcome.positions == 0..<3)
        #expect(try engine.all == outcome.events)
    }

    @Test("A repetition of a staged append waits for the same record")
    func stagedDuplicate() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let request = AppendRequest(stream: "a", expecting: .noStream, numbered(0..<2))
        let first = try engine.stageFully(request)
        _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(5..<6)))
        let again = try engine.stageFully(request)
        #expect(again.ticket == first.ticket)
        #expect(again.results == first.results)
        try engine.flushStaged()
        let later = try engine.stageFully(request)
        #expect(later.ticket == nil)
        #expect(later.results == first.results)
        #expect(engine.eventCount == 3)
    }

    @Test("Nobody is told of a staged version before it is durable")
    func emptyAppendWaits() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        #expect(
            try engine.stageFully(AppendRequest(stream: "a", expecting: .noStream, [])).results.first?.version == -1
        )
        _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .noStream, numbered(0..<2)))
        let empty = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, []))
        #expect(empty.ticket == 1)
        #expect(empty.results == [AppendResult(stream: "a", version: 1, position: nil)])
        try engine.flushStaged()
        #expect(try engine.stageFully(AppendRequest(stream: "a", expecting: .any, [])).ticket == nil)
        #expect(throws: StoreError.wrongExpectedVersion(stream: "a", expected: .noStream, actual: 1)) {
            try engine.stageFully(AppendRequest(stream: "a", expecting: .noStream, []))
        }
        #expect(engine.eventCount == 2)
    }

    @Test("A batch over several streams is one record")
    func multiStream() throws {
        let store = try TestStore(SimulatedDisk())
        let (engine, _) = try store.open()
        try engine.append("b", numbered(0..<2))
        let request = AppendRequest([
            StreamBatch(stream: "a", events: numbered(5..<7)), StreamBatch(stream: "b", events: numbered(1..<4)),
            StreamBatch(stream: "c", events: []), StreamBatch(stream: "a", events: numbered(6..<8)),
        ])
        let staged = try engine.stageFully(request)
        #expect(
            staged.results == [
                AppendResult(stream: "a", version: 1, position: 3), AppendResult(stream: "b", version: 3, position: 5),
                AppendResult(stream: "c", version: -1, position: nil),
                AppendResult(stream: "a", version: 2, position: 6),
            ]
        )
        #expect(try engine.flushStaged().records.count == 1)
        #expect(try engine.read(stream: "a", count: 9).map { $0.id.low } == [5, 6, 7])
        #expect(try engine.read(stream: "b", count: 9).map { $0.id.low } == [0, 1, 2, 3])
        engine.abandon()
        #expect(try store.open().engine.all.count == 7)
    }

    @Test("Streams whose names differ in their bytes are different streams")
    func byteNames() throws {
        let store = try TestStore(SimulatedDisk())
        let (engine, _) = try store.open()
        try engine.append("caf\u{E9}", numbered(0..<1))
        try engine.append("cafe\u{301}", numbered(0..<1), expecting: .noStream)
        #expect(engine.streams().count == 2)
        engine.abandon()
        #expect(try store.open().engine.streams().count == 2)
    }

    @Test("Every append goes out with one write and one flush, and a group shares them")
    func oneFlush() throws {
        let disk = SimulatedDisk()
        let (engine, _) = try TestStore(disk).open()
        disk.recording = true
        for number in 0..<20 {
            _ = try engine.stageFully(AppendRequest(stream: "s\(number)", expecting: .noStream, [event(number)]))
        }
        try engine.flushStaged()
        #expect(disk.operations.count == 2)
        guard case .wrote = disk.operations.first, case .flushed = disk.operations.last else {
            Issue.record("\(disk.operations)")
            return
        }
    }

    @Test("A closed engine refuses everything and its events are all there when it is opened again")
    func closing() throws {
        let store = try TestStore(SimulatedDisk())
        let (engine, _) = try store.open()
        _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(0..<9)))
        try engine.close()
        try engine.close()
        let closed = StoreError.unavailable(store: "orders", why: "it is closed")
        #expect(throws: closed) { try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(9..<10))) }
        #expect(throws: closed) { try engine.flushStaged() }
        #expect(throws: closed) { try engine.readAll(count: 1) }
        #expect(throws: closed) { try engine.writeCheckpoint() }
        let (again, report) = try store.open()
        #expect(report.checkpoint == 9)
        #expect(report.records == 0)
        #expect(try again.all.count == 9)
    }
}
