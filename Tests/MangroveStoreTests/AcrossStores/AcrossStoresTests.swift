import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Several stores as one")
struct AcrossStoresTests {
    @Test(
        "Merged events keep each store's order, go by time between stores, and are the same each time",
        arguments: Seeds(20)
    )
    func merged(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            let stores = ["a", "b", "c"]
            for store in stores { try await node.gateway.createStore(store) }
            var generator = SeededGenerator(seed: seed)
            for number in 0..<60 {
                let store = stores.randomElement(using: &generator) ?? "a"
                _ = try await node.gateway.append(
                    to: store,
                    stream: "s",
                    expecting: .any,
                    happenings(number..<number + 1)
                )
                try await simulation.runtime.sleep(for: .milliseconds(Int.random(in: 0..<2, using: &generator)))
            }
            let merged = node.gateway.mergedEvents(of: stores + ["a"], pageSize: 7)
            var all: [MergedEvents.Element] = []
            for try await element in merged { all.append(element) }
            #expect(all.count == 60)
            for store in stores {
                let positions = all.filter { $0.store == store }.map(\.event.position)
                #expect(positions == Array(positions.indices))
            }
            let keys = all.map { "\($0.event.created.microseconds) \($0.store)" }
            #expect(keys == keys.sorted())
            // Going on from any place gives the rest.
            var iterator = merged.makeAsyncIterator()
            for _ in 0..<Int.random(in: 0..<60, using: &generator) { _ = try await iterator.next() }
            let place = iterator.place
            let seen = place.positions.values.reduce(0, +)
            var rest: [MergedEvents.Element] = []
            for try await element in node.gateway.mergedEvents(of: stores, from: place) { rest.append(element) }
            #expect(rest == Array(all.dropFirst(seen)))
            await node.close()
        }
    }

    @Test("A store's clock that was set back neither breaks its order nor holds up the others")
    func clocks() async throws {
        func event(_ position: Int, _ time: Int64) -> RecordedEvent {
            RecordedEvent(
                stream: "s",
                version: position,
                position: position,
                id: EventID(high: 0, low: UInt64(position)),
                type: "t",
                data: [],
                metadata: nil,
                created: Timestamp(microseconds: time)
            )
        }
        func head(_ store: String, _ events: RecordedEvent...) -> MergedEvents.Head {
            let listed = AsyncThrowingStream<RecordedEvent, any Error> { listed in
                for event in events { listed.yield(event) }
                listed.finish()
            }
            return MergedEvents.Head(store: store, events: listed.makeAsyncIterator())
        }
        var iterator = MergedEvents.Iterator(
            place: MergedEvents.Place(),
            heads: [
                head("a", event(0, 10), event(1, 3), event(2, 20)), head("b", event(0, 5), event(1, 10), event(2, 15)),
            ]
        )
        var order: [String] = []
        while let element = try await iterator.next() { order.append("\(element.store)\(element.event.position)") }
        #expect(order == ["b0", "a0", "a1", "b1", "b2", "a2"])
    }

    @Test("A store that cannot be read is said, and reading goes on where it was once it can")
    func failing() async throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            try await node.gateway.createStore("a")
            _ = try await node.gateway.append(to: "a", stream: "s", expecting: .any, happenings(0..<3))
            var iterator = node.gateway.mergedEvents(of: ["a", "z"]).makeAsyncIterator()
            await #expect(throws: StoreError.noSuchStore("z")) { _ = try await iterator.next() }
            try await node.gateway.createStore("z")
            var count = 0
            while try await iterator.next() != nil { count += 1 }
            #expect(count == 3)
            await node.close()
        }
    }

    @Test("Keys are spread evenly, the same for ever, and only those move that have to")
    func spread() throws {
        let three = try StoreSpread(["c", "a", "b", "a"])
        #expect(three.stores == ["a", "b", "c"])
        // Values that must never change: where data is, depends on them.
        #expect(["x", "y", "z", "ann", "bob"].map { three.store(for: $0) } == ["b", "c", "c", "b", "c"])
        let four = try StoreSpread(["a", "b", "c", "d"])
        var moved: [String: Int] = [:]
        var counts: [String: Int] = [:]
        for number in 0..<12_000 {
            let (before, after) = (three.store(for: "key-\(number)"), four.store(for: "key-\(number)"))
            counts[before, default: 0] += 1
            if before != after {
                #expect(after == "d")
                moved[before, default: 0] += 1
            }
        }
        for store in three.stores {
            #expect(3_700...4_300 ~= counts[store] ?? 0)
            #expect(850...1_150 ~= moved[store] ?? 0)
        }
        #expect(throws: StoreError.self) { try StoreSpread([]) }
        #expect(throws: StoreError.self) { try StoreSpread(["a", "no/store"]) }
    }
}
