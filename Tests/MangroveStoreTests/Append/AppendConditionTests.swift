import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct AppendConditionTests {
    private func tagged(_ number: Int, _ tags: String...) -> NewEvent {
        var new = event(number)
        new.tags = tags
        return new
    }

    @Test("Parts expect versions of their streams, and one that does not match keeps back all of them")
    func versions() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        try engine.append("a", numbered(0..<2))
        let parts = [
            StreamBatch(stream: "b", expecting: .noStream, events: numbered(5..<6)),
            StreamBatch(stream: "a", expecting: .exactly(0), events: numbered(6..<7)),
        ]
        #expect(throws: StoreError.wrongExpectedVersion(stream: "a", expected: .exactly(0), actual: 1)) {
            try engine.stageFully(AppendRequest(parts))
        }
        var right = parts
        right[1].expected = .exactly(1)
        #expect(try engine.stageFully(AppendRequest(right)).results.map { $0.version } == [0, 2])
        try engine.flushStaged()
        // Done before: the first results again.
        #expect(try engine.stageFully(AppendRequest(right)).results.map { $0.version } == [0, 2])
        #expect(engine.eventCount == 4)
    }

    @Test("A condition on a stream that is not written sees what is staged, and says what is there")
    func otherStream() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let batch = [StreamBatch(stream: "b", events: numbered(9..<10))]
        let condition = AppendCondition.stream("a", .exactly(0))
        for step in 0..<3 {
            let actual = [-1, 0, 1][step]
            if step == 1 {
                #expect(try engine.stageFully(AppendRequest(batch, if: [condition])).ticket != nil)
            } else {
                #expect(throws: StoreError.conditionFailed(condition, actual: actual)) {
                    try engine.stageFully(
                        AppendRequest([StreamBatch(stream: "c", events: batch[0].events)], if: [condition])
                    )
                }
            }
            _ = try engine.stageFully(AppendRequest(stream: "a", expecting: .any, numbered(step..<step + 1)))
        }
    }

    @Test("An append holds only if nothing its decision was made from has been added, durable or staged")
    func boundary() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        try engine.append("seats", [tagged(0, "seat:1"), tagged(1, "seat:2")])
        let condition = AppendCondition.noneMatching(.tags("seat:1"), after: 0)
        func book(_ number: Int, _ stream: String) throws -> [AppendResult] {
            let batch = StreamBatch(stream: stream, events: [tagged(number, "seat:1", "booked")])
            return try engine.stageFully(AppendRequest([batch], if: [condition])).results
        }
        let first = try book(10, "x")
        // Staged, not durable.
        #expect(throws: StoreError.conditionFailed(condition, actual: 2)) { try book(11, "y") }
        try engine.flushStaged()
        #expect(throws: StoreError.conditionFailed(condition, actual: 2)) { try book(11, "y") }
        #expect(try book(10, "x") == first)
        #expect(throws: StoreError.conditionFailed(.noneMatching(.tags("seat:2"), after: -1), actual: 1)) {
            try engine.stageFully(AppendRequest([], if: [.noneMatching(.tags("seat:2"), after: -1)]))
        }
        #expect(
            try engine.stageFully(AppendRequest([], if: [.noneMatching(.tags("seat:2", "booked"), after: -1)])).results
                .isEmpty
        )
        #expect(engine.eventCount == 3)
    }

    @Test("Conditions on types, prefixes and streams hold exactly where no such event comes after the position")
    func kinds() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        try engine.append("order-1", [event(0, type: "placed"), event(1, type: "paid")])
        try engine.append("user-1", [event(2, type: "placed")])
        let filters: [(EventFilter, Int)] = [
            (.types("placed"), 2), (.types("paid"), 1), (.typePrefix("pa"), 1), (.streamPrefix("order-"), 1),
            (EventFilter([.init(types: ["placed"], streamPrefix: "order-")]), 0),
            (EventFilter.types("paid").or(.streamPrefix("user")), 2), (EventFilter([.init()]), 2),
        ]
        for (filter, last) in filters {
            for position in -1...3 {
                let condition = AppendCondition.noneMatching(filter, after: position)
                let holds = (try? engine.stageFully(AppendRequest([], if: [condition]))) != nil
                #expect(holds == (position >= last), "\(filter) after \(position)")
            }
        }
    }

    @Test("Conditions that cannot be right are refused")
    func invalid() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for condition in [
            AppendCondition.stream("", .any), .stream("a", .exactly(-2)), .noneMatching(EventFilter([]), after: 0),
            .noneMatching(.types("a"), after: -2),
        ] {
            #expect(throws: StoreError.self) { try engine.stageFully(AppendRequest([], if: [condition])) }
        }
        let many = [AppendCondition](repeating: .stream("a", .any), count: 65)
        #expect(throws: StoreError.self) { try engine.stageFully(AppendRequest([], if: many)) }
    }
}
