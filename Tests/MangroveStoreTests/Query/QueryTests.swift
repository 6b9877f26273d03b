import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct QueryTests {
    /// Whether an event is meant, said once more and in the plainest way.
    private func isMeant(_ event: RecordedEvent, _ filter: EventFilter) -> Bool {
        for one in filter.alternatives {
            let typed = one.types.contains(event.type) || one.typePrefixes.contains { event.type.hasPrefix($0) }
            let type = one.types.isEmpty && one.typePrefixes.isEmpty || typed
            let tags = Set(one.tags).isSubset(of: Set(event.tags))
            if type, tags, one.streamPrefix.isEmpty || event.stream.hasPrefix(one.streamPrefix) { return true }
        }
        return false
    }

    private func anyFilter(_ generator: inout SeededGenerator) -> EventFilter {
        func some(_ names: [String]) -> [String] {
            names.filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
        }
        return EventFilter(
            (0..<Int.random(in: 1...3, using: &generator)).map { _ in
                EventFilter.Alternative(
                    types: some(["order-placed", "order-paid", "user-left", "none"]),
                    typePrefixes: some(["order", "user-", "x"]),
                    streamPrefix: ["", "", "a", "b-1", "zz"].randomElement(using: &generator) ?? "",
                    tags: some(["red", "green", "blue", "pink"])
                )
            }
        )
    }

    private func fill(_ engine: StoreEngine, _ generator: inout SeededGenerator) throws {
        for number in 0..<200 {
            var new = event(number)
            new.type =
                ["order-placed", "order-paid", "user-left", "user-came", "x"].randomElement(using: &generator) ?? ""
            new.tags = ["red", "green", "blue"].filter { _ in Int.random(in: 0..<3, using: &generator) == 0 }
            let stream = ["a-\(number % 3)", "b-\(number % 12)", "c"].randomElement(using: &generator) ?? ""
            try engine.append(stream, [new])
        }
        for stream in ["a-1", "b-1", "c"] {
            let version = engine.version(of: stream)
            _ = try engine.stage(.truncate(before: Int.random(in: 0...version, using: &generator)), of: stream)
        }
        try engine.flushStaged()
    }

    @Test("A filter gives the events that a reader of everything would pick, in pages of any size", arguments: Seeds(8))
    func model(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let store = try TestStore(SimulatedDisk(seed: seed), segmentSize: 8 << 10)
        var (engine, _) = try store.open()
        try fill(engine, &generator)
        for round in 0..<3 {
            let all = try engine.all
            for _ in 0..<60 {
                let filter = anyFilter(&generator)
                let start = Int.random(in: 0..<210, using: &generator)
                let count = Int.random(in: 1..<20, using: &generator)
                var found: [RecordedEvent] = []
                var next = start
                while true {
                    let page = try engine.readAll(start: next, count: count, filter: filter)
                    #expect(page.events.count <= count)
                    found += page.events
                    #expect(page.next > next || page.isAtEnd)
                    next = page.next
                    if page.isAtEnd { break }
                }
                #expect(next == max(start, 200))
                #expect(found == all.filter { $0.position >= start && isMeant($0, filter) })
                let backward = try pagesBackward(engine, from: start, count, filter)
                #expect(backward == all.filter { $0.position <= start && isMeant($0, filter) }.reversed())
            }
            if round == 1 { try engine.writeCheckpoint() }
            engine.abandon()
            (engine, _) = try store.open()
            #expect(try engine.all == all)
        }
    }

    /// All pages from a position downwards.
    private func pagesBackward(
        _ engine: StoreEngine,
        from start: Int?,
        _ count: Int,
        _ filter: EventFilter?
    ) throws -> [RecordedEvent] {
        var found: [RecordedEvent] = []
        var next = start
        while true {
            let page = try engine.readAllBackward(start: next, count: count, filter: filter)
            #expect(page.events.count <= count)
            found += page.events
            #expect(page.next < next ?? .max)
            next = page.next
            if page.isAtEnd { return found }
        }
    }

    @Test("Everything is read backward from the last event on, in windows of which most hold nothing")
    func backward() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        #expect(try engine.readAllBackward(count: 3) == EventPage(events: [], next: -1, isAtEnd: true))
        for number in 0..<9_000 {
            let isRare = number < 1_100 || number == 6_000
            let new = event(number, type: isRare ? "rare" : "common")
            _ = try engine.stageFully(AppendRequest(stream: "s\(number % 7)", expecting: .any, [new]))
        }
        try engine.flushStaged()
        _ = try engine.stage(.truncate(before: 10), of: "s3")
        try engine.flushStaged()
        let all = try engine.all
        #expect(try pagesBackward(engine, from: nil, 2_500, nil) == all.reversed())
        let rare = all.filter { $0.type == "rare" }
        #expect(try pagesBackward(engine, from: nil, 400, .types("rare")) == rare.reversed())
        #expect(
            try pagesBackward(engine, from: 1_050, 7, .types("rare")) == rare.prefix { $0.position <= 1_050 }.reversed()
        )
        #expect(throws: StoreError.self) { try engine.readAllBackward(start: -1, count: 1) }
        #expect(throws: StoreError.self) { try engine.readAllBackward(count: 0) }
    }

    @Test("Events of a rare type are found without reading those between")
    func sparse() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk)
        let (engine, _) = try store.open()
        try engine.append("s", [event(0, type: "rare")])
        let damaged = try store.contents(store.directory.logPath + "/" + SegmentFormat.name(1)).count + 500
        for number in 1..<100 { try engine.append("s", [event(number, size: 200, type: "common")]) }
        try engine.append("s", [event(100, type: "rare")])
        try disk.corrupt(store.directory.logPath + "/" + SegmentFormat.name(1), at: damaged)
        let page = try engine.readAll(start: 0, count: 10, filter: .types("rare"))
        #expect(page.events.map { $0.position } == [0, 100])
        #expect(page.isAtEnd && page.next == 101)
        #expect(throws: StoreError.self) { try engine.readAll(start: 0, count: 10, filter: .typePrefix("c")) }
    }

    @Test("Where a prefix has too many streams for the indexes, a call looks at a bounded number of events and says so")
    func manyStreams() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for number in 0..<3000 {
            _ = try engine.stageFully(
                AppendRequest(stream: number.isMultiple(of: 2) ? "a\(number)" : "b", expecting: .any, [event(number)])
            )
        }
        try engine.flushStaged()
        var found: [Int] = []
        var page = EventPage(events: [], next: 0, isAtEnd: false)
        while !page.isAtEnd {
            page = try engine.readAll(start: page.next, count: 7000, filter: .streamPrefix("a"))
            found += page.events.map { $0.position }
        }
        #expect(found == Array(stride(from: 0, to: 3000, by: 2)))
    }

    @Test("Filters and tags beyond their limits are refused")
    func limits() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let many = (0..<65).map { "t\($0)" }
        for filter in [
            EventFilter([]), EventFilter([EventFilter.Alternative](repeating: .init(), count: 65)),
            EventFilter([.init(types: many)]), EventFilter([.init(typePrefixes: many)]),
            EventFilter([.init(tags: many)]),
        ] {
            #expect(throws: StoreError.self) { try engine.readAll(start: 0, count: 1, filter: filter) }
        }
        for tags in [many, [""], ["a", "a"], ["a\n"], [String(repeating: "x", count: 257)]] {
            var bad = event(1)
            bad.tags = tags
            #expect(throws: StoreError.self) {
                try engine.stage(AppendRequest(stream: "s", expecting: .any, [bad]), now: epoch)
            }
        }
        var good = event(1)
        good.tags = Array(many.prefix(63)) + [String(repeating: "x", count: 256)]
        try engine.append("s", [good])
        #expect(try engine.all.first?.tags == good.tags)
    }

    @Test("The same id with other tags is another event, and is refused")
    func tagsBelongToContent() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        try engine.append("s", [event(1)])
        var other = event(1)
        other.tags = ["red"]
        #expect(throws: StoreError.eventIDConflict(stream: "s", id: other.id, version: 0)) {
            try engine.append("s", [other])
        }
    }

    @Test("Facts and settings never appear among the events, whatever the filter")
    func nothingLeaks() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        try engine.append("s", numbered(0..<2))
        try engine.record(FactChange(.subscriptions, FactKey("s"), [1]))
        _ = try engine.stage(.settings(StreamSettings(metadata: Array("{}".utf8), maxCount: 5)), of: "s")
        try engine.flushStaged()
        #expect(try engine.readAll(start: 0, count: 9, filter: EventFilter([.init()])).events.count == 2)
        #expect(try engine.all.count == 2)
        #expect(engine.streams().map { $0.stream } == ["s"])
    }
}
