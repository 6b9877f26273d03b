import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// Reads a log by what the guide says of its bytes, and by nothing else.
private struct LogByTheGuide {
    struct Seen: Equatable {
        var stream: String
        var version: Int
        var position: Int
        var low: UInt64
        var type: String
        var data: [UInt8]
        var tags: [String]
    }

    private var bytes: ArraySlice<UInt8>
    private(set) var events: [Seen] = []
    private(set) var facts: [[UInt8]: [UInt8]] = [:]

    init(_ files: [[UInt8]]) {
        bytes = []
        for file in files {
            bytes = file[...]
            let magic = take(8)
            #expect(magic == Array("MGRVSEGM".utf8))
            bytes = file.dropFirst(file[8] == 2 ? 92 : 40)
            while !bytes.isEmpty { record() }
        }
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        defer { bytes = bytes.dropFirst(count) }
        return Array(bytes.prefix(count))
    }

    private mutating func number(_ size: Int) -> Int {
        take(size).reversed().reduce(0) { $0 << 8 | Int($1) }
    }

    private mutating func text(_ size: Int) -> String {
        String(decoding: take(number(size)), as: UTF8.self)
    }

    private mutating func record() {
        let length = number(4)
        let rest = bytes.dropFirst(4 + length)
        _ = take(4)
        let kind = number(4)
        _ = take(24)
        if kind == 2 {
            for _ in 0..<number(4) {
                let space = take(1)
                let key = take(number(2))
                let isSet = number(1) == 1
                let value = take(number(4))
                facts[space + key] = isSet ? value : nil
            }
        } else {
            var position = kind == 1 ? number(8) : 0
            _ = take(8)
            for _ in 0..<number(4) {
                let stream = text(2)
                var version = number(8)
                if kind == 3 { position = number(8) }
                for _ in 0..<number(4) {
                    _ = take(8)
                    let low = UInt64(number(8))
                    let type = text(2)
                    let marks = number(1)
                    let data = take(number(4))
                    if marks & 1 == 1 { _ = take(number(4)) }
                    let tags = marks & 2 == 2 ? (0..<number(1)).map { _ in text(2) } : []
                    events.append(
                        Seen(
                            stream: stream,
                            version: version,
                            position: position,
                            low: low,
                            type: type,
                            data: data,
                            tags: tags
                        )
                    )
                    version += 1
                    position += 1
                }
            }
        }
        #expect(bytes.count == rest.count)
        bytes = rest
    }
}

@Suite struct LogGuideTests {
    @Test("A log can be read by what the guide says of its bytes, before a compaction and after")
    func bytes() throws {
        let disk = SimulatedDisk()
        let store = try TestStore(disk, segmentSize: 4 << 10)
        let (engine, _) = try store.open()
        for number in 0..<30 {
            var tagged = event(number, size: 200, type: "type-\(number % 3)")
            tagged.tags = number.isMultiple(of: 2) ? ["red", "grün"] : []
            let batch = [
                StreamBatch(stream: "a", events: [tagged]),
                StreamBatch(stream: "b\(number % 4)", events: [event(number)]),
            ]
            _ = try engine.stageFully(AppendRequest(batch))
            try engine.record(
                FactChange(.snapshots, FactKey("k\(number % 3)"), [UInt8](repeating: 5, count: number * 9))
            )
        }
        try engine.record(FactChange(.snapshots, FactKey("k1"), nil))
        for compacted in [false, true] {
            if compacted {
                _ = try engine.stage(.truncate(before: 20), of: "a")
                try engine.flushStaged()
                #expect(try engine.compactAll().segments > 3)
            }
            let names = try store.segments().sorted()
            let read = LogByTheGuide(try names.map { try store.contents(store.directory.logPath + "/" + $0) })
            let all = try engine.all
            // What is gone from the store can still be in the segment that is written to.
            let seen = read.events.filter { event in event.stream != "a" || !compacted || event.version >= 20 }
            #expect(
                seen
                    == all.map { event in
                        LogByTheGuide.Seen(
                            stream: event.stream,
                            version: event.version,
                            position: event.position,
                            low: event.id.low,
                            type: event.type,
                            data: event.data,
                            tags: event.tags
                        )
                    }
            )
            let snapshots = try engine.facts(.snapshots)
            #expect(snapshots.count == 2)
            for fact in snapshots { #expect(read.facts[[5] + fact.key.bytes] == fact.value) }
            #expect(read.facts[[5] + FactKey("k1").bytes] == nil)
        }
        let report = try engine.verify()
        #expect(report.problems == [])
    }
}
