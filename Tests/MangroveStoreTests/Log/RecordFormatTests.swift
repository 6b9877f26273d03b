import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct RecordFormatTests {
    private let parts = [
        DraftPart(stream: "first", version: 3, events: [event(3), event(4)]),
        DraftPart(stream: "zweiter \u{1F333}", version: 0, events: [event(9, size: 300)]),
    ]

    private func frame() -> [UInt8] {
        var bytes: [UInt8] = []
        let size = RecordEncoder.size(of: parts)
        RecordEncoder.append(parts, term: 5, index: 77, position: 1000, created: epoch, size: size, to: &bytes)
        RecordEncoder.seal(&bytes, at: 0, size: size, flushed: 76)
        return bytes
    }

    @Test("A frame takes the bytes it says, and says what was put in")
    func roundTrip() throws {
        let bytes = frame()
        #expect(bytes.count == RecordEncoder.size(of: parts))
        #expect(
            bytes.withUnsafeBytes { RecordFormat.parse($0) }
                == .whole(RecordHeader(size: bytes.count, kind: 1, term: 5, index: 77, flushed: 76))
        )
        try bytes.withUnsafeBytes { bytes in
            var body = try EventsBody(frame: bytes)
            #expect(body.created == epoch)
            for expected in parts {
                let part = try #require(try body.nextPart())
                #expect(part.stream == expected.stream && part.version == expected.version)
                #expect(part.count == expected.events.count)
                for event in expected.events {
                    let found = try body.nextEvent()
                    #expect(found.id == event.id)
                    #expect(Array(found.type) == Array(event.type.utf8))
                    #expect(Array(found.data) == event.data)
                    #expect(found.metadata.map { Array($0) } == event.metadata)
                }
            }
            #expect(body.position == 1003)
            #expect(try body.nextPart() == nil)
        }
    }

    @Test("The layout on the disk is the one that is documented")
    func layout() {
        let part = DraftPart(
            stream: "s",
            version: 1,
            events: [NewEvent(id: EventID(high: 0x0102, low: 0x0304), type: "t", data: [0x7B, 0x7D], metadata: [0x31])]
        )
        var bytes: [UInt8] = []
        let size = RecordEncoder.size(of: [part])
        RecordEncoder.append(
            [part],
            term: 2,
            index: 3,
            position: 4,
            created: Timestamp(microseconds: -1),
            size: size,
            to: &bytes
        )
        RecordEncoder.seal(&bytes, at: 0, size: size, flushed: 1)
        var expected: [UInt8] = [90, 0, 0, 0]
        expected += bytes[4..<8]
        expected += [1, 0, 0, 0]
        expected += [2, 0, 0, 0, 0, 0, 0, 0] + [3, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0, 0, 0, 0, 0]
        expected += [4, 0, 0, 0, 0, 0, 0, 0] + [UInt8](repeating: 255, count: 8) + [1, 0, 0, 0]
        expected += [1, 0, 0x73] + [1, 0, 0, 0, 0, 0, 0, 0] + [1, 0, 0, 0]
        expected += [2, 1, 0, 0, 0, 0, 0, 0] + [4, 3, 0, 0, 0, 0, 0, 0] + [1, 0, 0x74] + [1]
        expected += [2, 0, 0, 0, 0x7B, 0x7D] + [1, 0, 0, 0, 0x31]
        expected[0] = UInt8(expected.count - 8)
        #expect(bytes == expected)
    }

    @Test("A frame with any bit of any byte changed is none")
    func flips() {
        let bytes = frame()
        for index in bytes.indices {
            for bit in 0..<8 {
                var changed = bytes
                changed[index] ^= 1 << bit
                if case .whole = changed.withUnsafeBytes({ RecordFormat.parse($0) }) {
                    Issue.record("bit \(bit) of byte \(index) does not matter")
                }
            }
        }
    }

    @Test("A frame cut anywhere is incomplete and says what it needs")
    func cuts() {
        let bytes = frame()
        for count in 0..<bytes.count {
            let check = bytes[..<count].withUnsafeBytes { RecordFormat.parse($0) }
            #expect(check == .incomplete(needed: count < 4 ? RecordFormat.header : bytes.count))
        }
    }

    @Test("Bodies with impossible counts and sizes are refused without making room for them")
    func hostileBodies() throws {
        let bytes = frame()
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<3000 {
            var changed = bytes
            for _ in 0..<3 {
                changed[Int.random(in: 36..<bytes.count, using: &generator)] = UInt8.random(
                    in: 0...255,
                    using: &generator
                )
            }
            // Whatever comes out, it must not crash and not read past the end.
            let size = changed.count
            changed.withUnsafeBytes { bytes in
                _ = SegmentScanner.entry(
                    bytes,
                    RecordHeader(size: size, kind: 1, term: 1, index: 1, flushed: 0),
                    RecordLocation(segment: 1, offset: 40)
                )
            }
        }
    }

    @Test("Segment names sort as their numbers, and other names are none")
    func names() {
        #expect(SegmentFormat.name(1) == "00000000000000000001.log")
        #expect(SegmentID(name: SegmentFormat.name(.max)) == SegmentID(.max))
        for name in [
            "", "1.log", "00000000000000000000.log", "0000000000000000000x.log", "00000000000000000001.log.tmp",
        ] {
            #expect(SegmentID(name: name) == nil)
        }
        #expect(CheckpointFormat.lastIndex(of: CheckpointFormat.name(12)) == 12)
        #expect(CheckpointFormat.lastIndex(of: "index-12.checkpoint") == nil)
    }
}
