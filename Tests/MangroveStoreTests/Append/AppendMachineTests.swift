import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// One line of the table of expected versions.
struct VersionCase: Sendable, CustomTestStringConvertible {
    var expected: ExpectedVersion
    /// The tails at which it holds, of -1, 0, 1 and 2.
    var holds: Set<Int>

    var testDescription: String { "\(expected)" }
}

@Suite struct AppendMachineTests {
    private let decideAt = 100

    private func decide(
        _ expected: ExpectedVersion,
        tail: Int,
        _ events: [NewEvent],
        _ known: [KnownEvent]? = nil
    ) throws -> AppendDecision {
        try AppendMachine.decide(
            AppendRequest(stream: "s", expecting: expected, events),
            views: [StreamView(tail: tail, ticket: 9, known: known ?? events.map { _ in .absent })],
            nextPosition: 100
        )
    }

    @Test(
        "An expected version holds where it should, with events and without",
        arguments: [
            VersionCase(expected: .any, holds: [-1, 0, 1, 2]), VersionCase(expected: .noStream, holds: [-1]),
            VersionCase(expected: .streamExists, holds: [0, 1, 2]), VersionCase(expected: .exactly(-1), holds: [-1]),
            VersionCase(expected: .exactly(0), holds: [0]), VersionCase(expected: .exactly(1), holds: [1]),
            VersionCase(expected: .exactly(2), holds: [2]), VersionCase(expected: .exactly(3), holds: []),
        ]
    )
    func expectedVersions(line: VersionCase) throws {
        for tail in -1...2 {
            guard line.holds.contains(tail) else {
                let wrong = StoreError.wrongExpectedVersion(stream: "s", expected: line.expected, actual: tail)
                #expect(throws: wrong) { try decide(line.expected, tail: tail, [event(1)]) }
                #expect(throws: wrong) { try decide(line.expected, tail: tail, []) }
                continue
            }
            guard case .record(let parts, let results) = try decide(line.expected, tail: tail, [event(1), event(2)])
            else {
                Issue.record("nothing to write at \(tail)")
                continue
            }
            #expect(parts.map { $0.version } == [tail + 1])
            #expect(parts.first?.events == [event(1), event(2)])
            #expect(results == [AppendResult(stream: "s", version: tail + 2, position: 101)])
            guard case .alreadyPresent(let current, let ticket) = try decide(line.expected, tail: tail, []) else {
                Issue.record("something to write at \(tail)")
                continue
            }
            #expect(current == [AppendResult(stream: "s", version: tail, position: nil)])
            #expect(ticket == 9)
        }
    }

    /// The event of that version, as the stream has it.
    private func at(_ version: Int, same: Bool = true) -> KnownEvent {
        .present(version: version, position: version * 10, same: same, ticket: UInt64(version))
    }

    @Test("A repeated append gets its first result, whatever came after it", arguments: [4, 5, 90])
    func repetition(tail: Int) throws {
        for expected in [ExpectedVersion.exactly(2), .any, .streamExists] {
            guard
                case .alreadyPresent(let results, let ticket) =
                    try decide(expected, tail: tail, [event(1), event(2)], [at(3), at(4)])
            else {
                Issue.record("appended again")
                continue
            }
            #expect(results == [AppendResult(stream: "s", version: 4, position: 40)])
            #expect(ticket == 4)
        }
        guard case .alreadyPresent(let results, _) = try decide(.noStream, tail: tail, [event(1)], [at(0)]) else {
            Issue.record("appended again")
            return
        }
        #expect(results == [AppendResult(stream: "s", version: 0, position: 0)])
    }

    @Test("Ids at another place than the append says are a conflict if the version matches, else a wrong version")
    func elsewhere() throws {
        let events = [event(1), event(2)]
        for known in [[at(3), .absent], [.absent, at(3)], [at(1), at(2)], [at(3), at(2)], [at(2), at(4)]] {
            let wrong = StoreError.wrongExpectedVersion(stream: "s", expected: .exactly(7), actual: 4)
            #expect(throws: wrong) { try decide(.exactly(7), tail: 4, events, known) }
            #expect {
                try decide(.exactly(4), tail: 4, events, known)
            } throws: {
                guard case .eventIDConflict("s", _, _) = $0 as? StoreError else { return false }
                return true
            }
        }
    }

    @Test("The same id with other content is a conflict, whatever is expected")
    func otherContent() throws {
        for expected in [ExpectedVersion.any, .streamExists, .noStream, .exactly(2), .exactly(5), .exactly(99)] {
            let conflict = StoreError.eventIDConflict(stream: "s", id: event(2).id, version: 4)
            #expect(throws: conflict) {
                try decide(expected, tail: 5, [event(1), event(2)], [at(3), at(4, same: false)])
            }
        }
    }

    @Test("Without an expected version only what is missing is appended, in order")
    func partial() throws {
        for expected in [ExpectedVersion.any, .streamExists] {
            guard
                case .record(let parts, let results) =
                    try decide(expected, tail: 5, [event(1), event(2), event(3)], [.absent, at(2), .absent])
            else {
                Issue.record("nothing to write")
                continue
            }
            #expect(parts.map { $0.events } == [[event(1), event(3)]])
            #expect(parts.map { $0.version } == [6])
            #expect(results == [AppendResult(stream: "s", version: 7, position: 101)])
        }
    }

    @Test(
        "An id twice in one append counts once without an expected version, and is invalid with one or with two contents"
    )
    func twice() throws {
        let other = NewEvent(id: event(1).id, type: "other", data: event(1).data)
        for expected in [ExpectedVersion.any, .streamExists] {
            guard case .record(let parts, _) = try decide(expected, tail: 0, [event(1), event(2), event(1)]) else {
                Issue.record("nothing to write")
                continue
            }
            #expect(parts.map { $0.events } == [[event(1), event(2)]])
            guard
                case .alreadyPresent(let results, _) =
                    try decide(expected, tail: 5, [event(1), event(1)], [at(3), at(3)])
            else {
                Issue.record("appended again")
                continue
            }
            #expect(results == [AppendResult(stream: "s", version: 3, position: 30)])
        }
        for expected in [ExpectedVersion.any, .exactly(0), .noStream] {
            #expect(throws: StoreError.self) { try decide(expected, tail: 0, [event(1), other]) }
        }
        #expect(throws: StoreError.self) { try decide(.exactly(0), tail: 0, [event(1), event(1)]) }
    }

    @Test("Requests that cannot be right are refused before anything else")
    func invalid() throws {
        let long = String(repeating: "x", count: 1025)
        let bad: [AppendRequest] = [
            AppendRequest(stream: "", expecting: .any, [event(1)]), AppendRequest(stream: long, expecting: .any, []),
            AppendRequest(stream: "a\nb", expecting: .any, []), AppendRequest(stream: "a\u{85}", expecting: .any, []),
            AppendRequest(stream: "a\u{0}", expecting: .any, []),
            AppendRequest(stream: "s", expecting: .exactly(-2), []),
            AppendRequest(stream: "s", expecting: .any, [event(1, type: "")]),
            AppendRequest(stream: "s", expecting: .any, [event(1, type: long)]),
            AppendRequest([StreamBatch(stream: "ok", events: []), StreamBatch(stream: "", events: [])]),
        ]
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        for request in bad {
            #expect {
                try engine.stage(request, now: epoch)
            } throws: {
                guard case .invalid = $0 as? StoreError else { return false }
                return true
            }
        }
        #expect(engine.stagedBytes == 0)
        let limit = String(repeating: "x", count: 1024)
        try engine.append(limit, [event(1, type: limit)])
        #expect(try engine.all.first?.type == limit)
    }

    @Test("An append above the record limit is refused and leaves nothing behind")
    func tooLarge() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        let large = NewEvent(id: event(1).id, type: "t", data: [UInt8](repeating: 0x20, count: RecordFormat.maximum))
        #expect(throws: StoreError.self) {
            try engine.stage(AppendRequest(stream: "s", expecting: .any, [large]), now: epoch)
        }
        #expect(try engine.append("s", [event(1)], expecting: .noStream).version == 0)
    }

    @Test("No requests at all make no record")
    func nothing() throws {
        let (engine, _) = try TestStore(SimulatedDisk()).open()
        #expect(try engine.stage(AppendRequest([]), now: epoch) == .done([]))
    }
}
