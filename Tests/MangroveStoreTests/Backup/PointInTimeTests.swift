import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct PointInTimeTests {
    @Test("A store is restored up to any position: with all events up to it, but no part of a batch")
    func positions() throws {
        let disk = SimulatedDisk(seed: 1)
        let bench = BackupBench(disk)
        let store = try TestStore(disk, segmentSize: 2 << 10)
        let (engine, _) = try store.open()
        // What could be seen of the store before each record of events.
        var sights: [(count: Int, facts: [FactSpace: [FactKey: [UInt8]]])] = []
        for number in 0..<12 {
            sights.append((engine.eventCount, try BackupBench.Sight(engine).facts))
            try engine.fill(number..<number + 1)
        }
        let whole = try BackupBench.Sight(engine)
        try bench.backUp(engine)
        for position in 0..<whole.count {
            let data = "at-\(position)"
            let report = try bench.restore(store: "orders", upTo: .position(position), into: data)
            let sight = try bench.sight(in: data)
            // Two events to a batch: an even position is in the middle of one.
            let count = (position + 1) / 2 * 2
            #expect(report.stores.map(\.events) == [count] && sight.count == count)
            #expect(sight.facts == (sights.first { $0.count == count }?.facts ?? whole.facts))
            let left = whole.events.filter { $0.position < count }.map(\.position)
            #expect(Set(left).isSubset(of: sight.events.map(\.position)))
        }
        #expect(throws: StoreError.refused("backup 1 of store 'orders' ends before position \(whole.count)")) {
            try bench.restore(store: "orders", upTo: .position(whole.count), into: "beyond")
        }
        #expect(throws: StoreError.invalid("a point in time is that of one store: positions are a store's own")) {
            try bench.restore(upTo: .position(1), into: "all")
        }
        // It goes on from there.
        let (again, _) = try StoreEngine.open(disk: disk, directory: "at-5/orders", options: store.options)
        #expect(try again.append("new", [event(900)]).position == 6)
        #expect(try again.verify().problems == [])
    }

    @Test("A store is restored up to a moment: with all events up to the first that came after it")
    func times() throws {
        let disk = SimulatedDisk(seed: 2)
        let bench = BackupBench(disk)
        let (engine, _) = try TestStore(disk, segmentSize: 2 << 10).open()
        for number in 0..<20 {
            let request = AppendRequest(stream: "a", expecting: .any, [event(number, size: 300)])
            _ = try engine.stage(request, now: Timestamp(microseconds: Int64(number) * 10))
            try engine.flushStaged()
        }
        try bench.backUp(engine, made: Timestamp(microseconds: 500))
        for (time, count) in [(-1, 0), (0, 1), (9, 1), (10, 2), (105, 11), (190, 20), (499, 20)] {
            let point = RestoreRequest.Point.time(Timestamp(microseconds: Int64(time)))
            try bench.restore(store: "orders", upTo: point, into: "at\(time)")
            #expect(try bench.sight(in: "at\(time)").count == count)
        }
        #expect(throws: StoreError.self) {
            try bench.restore(store: "orders", upTo: .time(Timestamp(microseconds: 500)), into: "late")
        }
    }

    @Test("What compaction has removed is not passed off as a moment of the past; an older backup still has it")
    func compacted() throws {
        let disk = SimulatedDisk(seed: 3)
        let bench = BackupBench(disk)
        let (engine, _) = try TestStore(disk, segmentSize: 2 << 10).open()
        for number in 0..<20 { try engine.append("a", [event(number, size: 300)]) }
        let before = try BackupBench.Sight(engine)
        try bench.backUp(engine)
        _ = try engine.stage(.truncate(before: 15), of: "a")
        try engine.flushStaged()
        for number in 20..<30 { try engine.append("a", [event(number, size: 300)]) }
        #expect(try engine.compactAll().events > 5)
        for number in 30..<35 { try engine.append("a", [event(number, size: 300)]) }
        try bench.backUp(engine)
        #expect {
            try bench.restore(store: "orders", number: 2, upTo: .position(10), into: "refused")
        } throws: {
            guard case .refused(let why)? = $0 as? StoreError else { return false }
            return why.contains("compaction has removed events of store 'orders'")
        }
        #expect(try bench.stores(in: "refused") == [])
        // Of itself the oldest is taken that reaches the point.
        let report = try bench.restore(store: "orders", upTo: .position(10), into: "ten")
        #expect(report.number == 1)
        #expect(try bench.sight(in: "ten").events == Array(before.events.prefix(11)))
        #expect(try bench.restore(store: "orders", upTo: .position(32), into: "later").number == 2)
        #expect(try bench.sight(in: "later").events.map(\.version) == Array(15..<33))
    }

    @Test("No store is replaced, and what cannot be restored under another name is not")
    func names() throws {
        let disk = SimulatedDisk(seed: 4)
        let bench = BackupBench(disk)
        let (engine, _) = try TestStore(disk).open()
        var sealed = event(0)
        sealed.isSealed = true
        try engine.append("a", [sealed])
        let other = try TestStore(disk, id: "plain").open().engine
        try other.append("a", [event(0)])
        try bench.backUp(engine, other)
        try bench.restore(store: "plain", as: "copy")
        #expect(try bench.stores() == ["copy"])
        #expect(throws: StoreError.storeExists("copy")) { try bench.restore(store: "plain", as: "copy") }
        #expect(throws: StoreError.noSuchStore("none")) { try bench.restore(store: "none") }
        #expect(throws: StoreError.invalid("a store's name must not start with '.'")) {
            try bench.restore(store: "plain", as: ".x")
        }
        #expect {
            try bench.restore(store: "orders", as: "elsewhere")
        } throws: {
            guard case .refused(let why)? = $0 as? StoreError else { return false }
            return why.hasPrefix("events of store 'orders' are encrypted for a store of that name")
        }
        try bench.restore()
        #expect(try bench.stores() == ["copy", "orders", "plain"])
    }
}
