import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// Where the first append is when it is repeated.
enum Whereabouts: CaseIterable, Sendable {
    case staged
    case durable
    case reopened
    case reopenedFromCheckpoint
}

@Suite struct IdempotencyTests {
    /// A store whose stream has events 0 to 4, brought to where the case says.
    private func prepared(_ whereabouts: Whereabouts) throws -> StoreEngine {
        let store = try TestStore(SimulatedDisk())
        let (engine, _) = try store.open()
        _ = try engine.stageFully(AppendRequest(stream: "s", expecting: .noStream, numbered(0..<3)))
        _ = try engine.stageFully(AppendRequest(stream: "s", expecting: .exactly(2), numbered(3..<5)))
        if whereabouts == .staged { return engine }
        try engine.flushStaged()
        switch whereabouts {
        case .staged, .durable: return engine
        case .reopened: engine.abandon()
        case .reopenedFromCheckpoint: try engine.close()
        }
        return try store.open().engine
    }

    @Test("An append repeated returns its first result and adds nothing", arguments: Whereabouts.allCases)
    func repetition(whereabouts: Whereabouts) throws {
        let engine = try prepared(whereabouts)
        let first = AppendResult(stream: "s", version: 2, position: 2)
        let second = AppendResult(stream: "s", version: 4, position: 4)
        for expected in [ExpectedVersion.noStream, .exactly(-1), .any, .streamExists] {
            #expect(
                try engine.stageFully(AppendRequest(stream: "s", expecting: expected, numbered(0..<3))).results == [
                    first
                ]
            )
        }
        for expected in [ExpectedVersion.exactly(2), .any] {
            #expect(
                try engine.stageFully(AppendRequest(stream: "s", expecting: expected, numbered(3..<5))).results == [
                    second
                ]
            )
        }
        try engine.flushStaged()
        #expect(engine.eventCount == 5)
    }

    @Test("Only what is missing is appended when nothing is expected", arguments: Whereabouts.allCases)
    func partial(whereabouts: Whereabouts) throws {
        let engine = try prepared(whereabouts)
        let result = try engine.append("s", numbered(2..<8))
        #expect(result == AppendResult(stream: "s", version: 7, position: 7))
        #expect(try engine.read(stream: "s", count: 100).map { $0.id.low } == Array(0..<8))
    }

    @Test("The same id with another type, data or metadata is a conflict", arguments: Whereabouts.allCases)
    func conflict(whereabouts: Whereabouts) throws {
        let engine = try prepared(whereabouts)
        let original = event(3)
        var variants = [original, original, original, original]
        variants[0].type = "other"
        variants[1].data += [0x20]
        variants[2].metadata = nil
        variants[3].metadata = []
        for variant in variants {
            for expected in [ExpectedVersion.any, .exactly(2), .exactly(4)] {
                #expect(throws: StoreError.eventIDConflict(stream: "s", id: original.id, version: 3)) {
                    try engine.stageFully(AppendRequest(stream: "s", expecting: expected, [variant]))
                }
            }
        }
        #expect(try engine.append("other", variants.suffix(1), expecting: .noStream).version == 0)
    }

    @Test("What an engine says of an append that was cut short by a crash is found out by repeating it")
    func afterCrash() throws {
        for seed in 0..<UInt64(20) {
            let disk = SimulatedDisk(seed: seed)
            let store = try TestStore(disk)
            let (engine, _) = try store.open()
            try engine.append("s", numbered(0..<2))
            disk.crash(after: 1, .random)
            let request = AppendRequest(stream: "s", expecting: .exactly(1), numbered(2..<5))
            _ = try engine.stageFully(request)
            #expect(throws: StoreError.self) { try engine.flushStaged() }
            engine.abandon()
            let (again, _) = try store.open()
            #expect(try again.append("s", numbered(2..<5), expecting: .exactly(1)).version == 4)
            #expect(try again.all.map { $0.id.low } == Array(0..<5))
        }
    }
}
