import Mangrove
import MangroveTesting

@testable import MangroveStore

/// Drives a store through appends, settings, facts, checkpoints, compactions, crashes and failing disks by a seed, and
/// compares it after every reopening, and after every compaction, with what a plain list of all that was done says.
struct LifeRun {
    struct Problem: Error, CustomStringConvertible {
        var description: String
    }

    private enum Done {
        case events([(stream: String, event: NewEvent)])
        case change(stream: String, StreamChange)
        case fact(String, [UInt8]?)
    }

    /// What a store should hold, computed in the plainest way from the list.
    private struct Expected: Equatable {
        struct Event: Equatable {
            var stream: String
            var version: Int
            var position: Int
            var event: NewEvent
        }

        var events: [Event] = []
        var next: [String: Int] = [:]
        var floors: [String: Int] = [:]
        var limits: [String: Int] = [:]
        var ended: Set<String> = []
        var facts: [String: [UInt8]] = [:]
        var position = 0

        mutating func apply(_ done: Done) {
            switch done {
            case .events(let new):
                for (stream, event) in new {
                    let version = next[stream, default: 0]
                    events.append(Event(stream: stream, version: version, position: position, event: event))
                    next[stream] = version + 1
                    position += 1
                }
            case .change(let stream, .truncate(let version)):
                floors[stream] = max(floors[stream, default: 0], version)
            case .change(let stream, .settings(let settings)): limits[stream] = settings.maxCount
            case .change(let stream, .tombstone):
                floors[stream] = next[stream, default: 0]
                ended.insert(stream)
            case .fact(let key, let value): facts[key] = value
            }
            for (stream, limit) in limits {
                floors[stream] = max(floors[stream, default: 0], next[stream, default: 0] - limit)
            }
            events.removeAll { $0.version < floors[$0.stream, default: 0] }
        }
    }

    let power: SimulatedDisk
    private let policies: [CrashPolicy]
    private var generator: SeededGenerator
    private var list: [Done] = []
    /// What the whole list comes to.
    private var state = Expected()
    private var kept = 0
    private var nextEvent = 0
    private(set) var crashes = 0
    private(set) var report = CompactionReport()

    init(seed: UInt64, policies: [CrashPolicy]) {
        generator = SeededGenerator(seed: seed)
        power = SimulatedDisk(seed: generator.next())
        self.policies = policies
    }

    mutating func run(rounds: Int) throws {
        let store = try TestStore(power, segmentSize: 4 << 10)
        for _ in 0..<rounds {
            do {
                if Int.random(in: 0..<4, using: &generator) == 0 { planCrash() }
                let (engine, _) = try store.open()
                try check(engine)
                try work(engine)
                engine.abandon()
            } catch let error as StoreError {
                switch error {
                case .unavailable, .outcomeUnknown: continue
                default: throw error
                }
            }
        }
        power.mend()
        let (engine, _) = try store.open()
        try check(engine)
        engine.abandon()
        let report = try StoreEngine.verify(disk: power, directory: store.directory.path)
        if let problem = report.problems.first { throw Problem(description: problem) }
    }

    private mutating func planCrash() {
        crashes += 1
        let policy = policies.randomElement(using: &generator) ?? .dropAll
        power.crash(after: Int.random(in: 0..<40, using: &generator), policy)
    }

    private mutating func work(_ engine: StoreEngine) throws {
        for _ in 0..<Int.random(in: 1..<10, using: &generator) {
            switch Int.random(in: 0..<30, using: &generator) {
            case 0: power.failNextFlush()
            case 1: power.failNextSync()
            case 2: power.failNextWrite()
            case 3, 4: try engine.writeCheckpoint()
            case 5: planCrash()
            case 6...11: try compact(engine)
            default: try change(engine)
            }
        }
    }

    private mutating func compact(_ engine: StoreEngine) throws {
        let share: Double = [0.0, 0.2, 0.6].randomElement(using: &generator) ?? 0
        for segment in engine.compactable(share: share) { report.add(try engine.compact(segment)) }
        try check(engine)
    }

    private mutating func change(_ engine: StoreEngine) throws {
        for _ in 0..<Int.random(in: 1..<8, using: &generator) {
            let stream = "stream-\(Int.random(in: 0..<5, using: &generator))"
            let ended = state.ended.contains(stream)
            let done: Done
            switch Int.random(in: 0..<12, using: &generator) {
            case 0 where !ended:
                let last = state.next[stream, default: 0]
                done = .change(stream: stream, .truncate(before: Int.random(in: 0...last, using: &generator)))
            case 1 where !ended:
                let limit =
                    Int.random(in: 0..<3, using: &generator) == 0 ? nil : Int.random(in: 1...3, using: &generator)
                done = .change(stream: stream, .settings(StreamSettings(maxCount: limit)))
            case 2 where !ended && Int.random(in: 0..<8, using: &generator) == 0:
                done = .change(stream: stream, .tombstone)
            case 3...5:
                let size = [3, 300, 900].randomElement(using: &generator) ?? 0
                let value = [UInt8](repeating: UInt8(list.count % 256), count: size)
                let isSet = Int.random(in: 0..<4, using: &generator) > 0
                done = .fact("key-\(Int.random(in: 0..<5, using: &generator))", isSet ? value : nil)
            default:
                let others = ["stream-8", "stream-9"].filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
                let events = ((ended ? [] : [stream, stream]) + others).map { stream in
                    nextEvent += 1
                    return (stream: stream, event: event(nextEvent, size: Int.random(in: 0..<500, using: &generator)))
                }
                guard !events.isEmpty else { continue }
                done = .events(events)
            }
            try stage(done, engine)
            list.append(done)
            state.apply(done)
        }
        try engine.flushStaged()
        kept = list.count
    }

    private func stage(_ done: Done, _ engine: StoreEngine) throws {
        switch done {
        case .events(let events):
            // Consecutive events of a stream are one part.
            var parts: [StreamBatch] = []
            for (stream, event) in events {
                if parts.last?.stream == stream {
                    parts[parts.count - 1].events.append(event)
                } else {
                    parts.append(StreamBatch(stream: stream, events: [event]))
                }
            }
            _ = try engine.stageFully(AppendRequest(parts))
        case .change(let stream, let change): _ = try engine.stage(change, of: stream)
        case .fact(let key, let value): _ = try engine.stage(facts: [FactChange(.snapshots, FactKey(key), value)])
        }
    }

    private mutating func check(_ engine: StoreEngine) throws {
        // Everything done was one record.
        let found = Int(engine.published.withLock { $0.index.image.lastIndex })
        guard found >= kept else { throw Problem(description: "\(kept - found) acknowledged records are lost") }
        guard found <= list.count else { throw Problem(description: "there are records that nobody wrote") }
        if found < list.count {
            list.removeLast(list.count - found)
            state = Expected()
            for done in list { state.apply(done) }
        }
        kept = found
        let expected = state
        func seen(_ events: [RecordedEvent]) -> [Expected.Event] {
            events.map { recorded in
                Expected.Event(
                    stream: recorded.stream,
                    version: recorded.version,
                    position: recorded.position,
                    event: NewEvent(
                        id: recorded.id,
                        type: recorded.type,
                        data: recorded.data,
                        metadata: recorded.metadata
                    )
                )
            }
        }
        let all = seen(try engine.readAll(count: .max))
        guard all == expected.events else {
            let wrong = all.filter { !expected.events.contains($0) }.map {
                "\($0.stream) \($0.version) at \($0.position)"
            }
            let lacking = expected.events.filter { !all.contains($0) }
                .map { "\($0.stream) \($0.version) at \($0.position)" }
            throw Problem(description: "after \(found) records events \(wrong) should not be there, \(lacking) should")
        }
        let typed = try engine.readAll(start: 0, count: .max, filter: .types("tested")).events
        guard seen(typed) == expected.events else { throw Problem(description: "the index by type differs") }
        guard engine.eventCount == expected.position else { throw Problem(description: "positions do not continue") }
        for (stream, next) in expected.next {
            let own = expected.events.filter { $0.stream == stream }
            guard seen(try engine.read(stream: stream, count: .max)) == own,
                seen(try engine.read(stream: stream, count: .max, direction: .backward)) == own.reversed(),
                engine.version(of: stream) == next - 1
            else { throw Problem(description: "stream \(stream) differs") }
            let settings = try engine.settings(of: stream)
            guard settings.isTombstone == expected.ended.contains(stream), settings.maxCount == expected.limits[stream],
                settings.firstVersion == expected.floors[stream, default: 0]
            else { throw Problem(description: "the settings of \(stream) differ: \(settings)") }
        }
        let facts = try engine.facts(.snapshots).map {
            (String(decoding: $0.key.bytes.dropLast(), as: UTF8.self), $0.value)
        }
        guard Dictionary(uniqueKeysWithValues: facts) == expected.facts else {
            throw Problem(description: "the facts differ")
        }
    }
}
