import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct StoreIndexTests {
    @Test("The index finds every event by position, stream and id, however many there are")
    func manyEvents() throws {
        let identity = StoreIdentity(high: 1, low: 2)
        var index = StoreIndex(identity)
        var generator = SeededGenerator(seed: 5)
        // The oracle: plain dictionaries.
        var streams: [String: [Int]] = [:]
        var ids: [EventID] = []
        var locations: [RecordLocation] = []
        var offset = 40
        for record in 1...UInt64(12_000) {
            let stream = "stream-\(Int.random(in: 0..<50, using: &generator))"
            let location = RecordLocation(segment: (record - 1) / 1000 * 1000 + 1, offset: offset % 60_000)
            let count = Int.random(in: 1..<4, using: &generator)
            let new = (0..<count).map { _ in EventID(high: 0, low: generator.next()) }
            try index.insert(
                RecordEntry(
                    index: record,
                    term: 1,
                    flushed: record - 1,
                    location: location,
                    size: 10,
                    content: .events([
                        .init(
                            stream: stream,
                            version: streams[stream]?.count ?? 0,
                            position: ids.count,
                            ids: new,
                            types: new.map { "type-\($0.low % 5)" }
                        )
                    ])
                )
            )
            for id in new {
                streams[stream, default: []].append(ids.count)
                ids.append(id)
                locations.append(location)
            }
            offset += 77
        }
        #expect(index.eventCount == ids.count)
        for (stream, positions) in streams {
            #expect(index.version(of: stream) == positions.count - 1)
            #expect(index.positions(of: stream, 0..<Int.max) == positions)
            for position in positions {
                #expect(index.candidates(stream: stream, ids[position]) == [position])
                #expect(index.location(of: position) == locations[position])
            }
            #expect(index.candidates(stream: stream, EventID(high: 9, low: 9)).isEmpty)
        }
        #expect(index.candidates(stream: "none", ids[0]).isEmpty)
        let again = try StoreIndex(identity, index.contents)
        #expect(again.difference(from: index) == nil)
        for (stream, positions) in streams {
            #expect(positions.allSatisfy { again.candidates(stream: stream, ids[$0]) == [$0] })
        }
    }

    @Test("Fingerprints that collide are all candidates")
    func collisions() {
        var table = FingerprintTable()
        var column = ChunkedArray<UInt64>()
        for position in 0..<UInt32(4000) {
            column.append(position < 2000 ? 42 + UInt64(position % 5) : UInt64(position) &* 0x9E37_79B9_7F4A_7C15)
            table.insert(position, column[Int(position)], in: column)
        }
        #expect(table.positions(of: 42, in: column).count == 400)
        let expected: [UInt32] = (0..<400).map { UInt32($0 * 5 + 4) }
        #expect(table.positions(of: 46, in: column).sorted() == expected)
        for position in UInt32(2000)..<4000 {
            #expect(table.positions(of: column[Int(position)], in: column) == [position])
        }
    }

    @Test("A table made with room finds what one that grew finds, also beyond its room")
    func room() {
        var column = ChunkedArray<UInt64>()
        var (roomy, grown) = (FingerprintTable(room: 9000), FingerprintTable())
        var generator = SeededGenerator(seed: 9)
        for position in 0..<UInt32(30_000) {
            column.append(generator.next() >> (position.isMultiple(of: 5) ? 3 : 0))
            roomy.insert(position, column[Int(position)], in: column)
            grown.insert(position, column[Int(position)], in: column)
        }
        for position in UInt32(0)..<30_000 {
            let print = column[Int(position)]
            #expect(roomy.positions(of: print, in: column) == [position])
            #expect(grown.positions(of: print, in: column) == [position])
        }
        #expect(roomy.positions(of: 1, in: column).isEmpty)
    }

    @Test("A copy does not change with the original")
    func copies() {
        var array = ChunkedArray<Int>()
        for number in 0..<10_000 { array.append(number) }
        let copy = array
        array[5] = 0
        array.append(1)
        #expect(copy[5] == 5)
        #expect(copy.count == 10_000)
        var list = PositionList()
        for number in 0..<UInt32(5000) { list.append(number) }
        #expect((0..<5000).allSatisfy { list[$0] == UInt32($0) })
        #expect(list.count == 5000)
    }
}
