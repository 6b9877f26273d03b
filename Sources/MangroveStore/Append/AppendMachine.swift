/// What is known of one event of an append before it is decided on.
package enum KnownEvent: Sendable, Equatable {
    /// Its id is not in the stream.
    case absent
    /// Its id is in the stream, at this place; `same` if type, data and metadata are the same too. `ticket` is the record
    /// whose durability it waits for, or 0 if it is durable.
    case present(version: Int, position: Int, same: Bool, ticket: UInt64)
}

/// What is known of the stream of one part of an append, staged events included.
package struct StreamView: Sendable, Equatable {
    /// Its last version.
    package var tail: Int
    /// The record whose durability that version waits for, or 0.
    package var ticket: UInt64
    /// The part's events, in order.
    package var known: [KnownEvent]

    /// Makes a view.
    package init(tail: Int, ticket: UInt64 = 0, known: [KnownEvent]) {
        self.tail = tail
        self.ticket = ticket
        self.known = known
    }
}

/// What is to be done about an append.
package enum AppendDecision: Sendable {
    /// Nothing to write; the results hold once the record `ticket` is durable, 0 meaning now.
    case alreadyPresent([AppendResult], ticket: UInt64)
    /// One record to write, and the results once it is durable.
    case record([DraftPart], [AppendResult])
}

/// Decides on appends: expected versions, repeated events, versions and positions. A value; no locks, no I/O.
///
/// - An empty list of events checks the expected version and answers the current one.
/// - An id that is in the stream with another type, data or metadata is ``StoreError/eventIDConflict(stream:id:version:)``,
///   whatever is expected.
/// - With a version expected (`.exactly`, `.noStream`): if all ids are in the stream right after that version, in order, the
///   append was done before and its result is returned, even if the stream has moved on. Otherwise the version must match,
///   and then an id that is elsewhere in the stream is a conflict. An id twice in one append is invalid.
/// - With none (`.any`, `.streamExists`): ids already in the stream are left out, and so are repetitions within the append.
///   If nothing is left, the result is that of the newest of them.
package struct AppendMachine {
    private struct Planned {
        var tail: Int
        var events: [EventID: (event: NewEvent, version: Int, position: Int)] = [:]
    }

    private var nextPosition: Int
    /// What is planned by stream, for a later part on the same stream; a request of one part needs none of it.
    private let hasParts: Bool
    private var planned: [StreamKey: Planned] = [:]
    private var drafts: [DraftPart] = []
    private var results: [AppendResult] = []
    private var ticket: UInt64 = 0

    /// Decides on a request that has been checked.
    ///
    /// - Parameter views: what is known of each part's stream, in the order of the parts.
    /// - Parameter nextPosition: the global position the next event gets.
    /// - Throws: ``StoreError``; nothing is to be done then.
    package static func decide(
        _ request: AppendRequest,
        views: [StreamView],
        nextPosition: Int
    ) throws(StoreError) -> AppendDecision {
        var machine = AppendMachine(nextPosition: nextPosition, hasParts: request.parts.count > 1)
        for (part, view) in zip(request.parts, views) {
            machine.results.append(try machine.plan(part, view))
        }
        guard !machine.drafts.isEmpty else { return .alreadyPresent(machine.results, ticket: machine.ticket) }
        return .record(machine.drafts, machine.results)
    }

    private init(nextPosition: Int, hasParts: Bool) {
        self.nextPosition = nextPosition
        self.hasParts = hasParts
    }

    private mutating func plan(_ part: AppendRequest.Part, _ view: StreamView) throws(StoreError) -> AppendResult {
        let key = StreamKey(part.stream)
        let tail = hasParts ? planned[key]?.tail ?? view.tail : view.tail
        guard !part.events.isEmpty else {
            try Self.require(part, tail)
            ticket = max(ticket, view.ticket)
            return AppendResult(stream: part.stream, version: tail, position: nil)
        }
        let found = try find(part, view, key)
        switch part.expected {
        case .noStream: return try planExact(part, key, tail, -1, found)
        case .exactly(let version): return try planExact(part, key, tail, version, found)
        case .any, .streamExists:
            try Self.require(part, tail)
            if found.allSatisfy({ $0 == .absent }) { return add(part.stream, key, tail, part.events) }
            let fresh = zip(part.events, found).filter { $0.1 == .absent }.map { $0.0 }
            return fresh.isEmpty ? repeated(part, found) : add(part.stream, key, tail, fresh)
        }
    }

    private mutating func planExact(
        _ part: AppendRequest.Part,
        _ key: StreamKey,
        _ tail: Int,
        _ expected: Int,
        _ found: [KnownEvent]
    ) throws(StoreError) -> AppendResult {
        let inPlace = found.enumerated().allSatisfy { offset, event in
            if case .present(expected + 1 + offset, _, _, _) = event { true } else { false }
        }
        if inPlace { return repeated(part, found) }
        try Self.require(part, tail)
        for (event, known) in zip(part.events, found) {
            if case .present(let version, _, _, _) = known {
                throw .eventIDConflict(stream: part.stream, id: event.id, version: version)
            }
        }
        return add(part.stream, key, tail, part.events)
    }

    private static func require(_ part: AppendRequest.Part, _ tail: Int) throws(StoreError) {
        guard part.expected.holds(at: tail) else {
            throw .wrongExpectedVersion(stream: part.stream, expected: part.expected, actual: tail)
        }
    }

    /// What is known of each event, those of this request's earlier parts and events included.
    private func find(
        _ part: AppendRequest.Part,
        _ view: StreamView,
        _ key: StreamKey
    ) throws(StoreError) -> [KnownEvent] {
        var found = view.known
        let earlier = hasParts ? planned[key]?.events ?? [:] : [:]
        var own = OwnEvents(part.events)
        // By number: to take an event out of its array costs more than to look at it there.
        for offset in part.events.indices {
            let id = part.events[offset].id
            if case .present(let version, _, false, _) = found[offset] {
                throw .eventIDConflict(stream: part.stream, id: id, version: version)
            }
            if !earlier.isEmpty, let before = earlier[id] {
                guard before.event == part.events[offset] else { throw Self.twice(id, "with different content") }
                found[offset] = .present(version: before.version, position: before.position, same: true, ticket: 0)
            }
            guard let first = own.earlier(offset) else { continue }
            guard part.events[first] == part.events[offset] else { throw Self.twice(id, "with different content") }
            switch part.expected {
            case .noStream, .exactly: throw Self.twice(id, "where a version is expected")
            case .any, .streamExists:
                // The first of them stands for all.
                if found[first] == .absent { found[offset] = Self.repetition }
            }
        }
        return found
    }

    /// Marks an event that an earlier one of the same part stands for; its version is never looked at, because then
    /// something is left to append.
    private static let repetition = KnownEvent.present(version: -1, position: -1, same: true, ticket: 0)

    private static func twice(_ id: EventID, _ how: String) -> StoreError {
        .invalid("the event id \(id) occurs twice in one append, \(how)")
    }

    private mutating func repeated(_ part: AppendRequest.Part, _ found: [KnownEvent]) -> AppendResult {
        var result = AppendResult(stream: part.stream, version: -1, position: nil)
        for case .present(let version, let position, _, let ticket) in found {
            self.ticket = max(self.ticket, ticket)
            guard version > result.version else { continue }
            result.version = version
            result.position = position
        }
        return result
    }

    private mutating func add(
        _ stream: String,
        _ key: StreamKey,
        _ tail: Int,
        _ events: [NewEvent]
    ) -> AppendResult {
        drafts.append(DraftPart(stream: stream, version: tail + 1, events: events))
        guard hasParts else {
            nextPosition += events.count
            return AppendResult(stream: stream, version: tail + events.count, position: nextPosition - 1)
        }
        var plan = planned[key] ?? Planned(tail: tail)
        for event in events {
            plan.tail += 1
            plan.events[event.id] = (event, plan.tail, nextPosition)
            nextPosition += 1
        }
        planned[key] = plan
        return AppendResult(stream: stream, version: plan.tail, position: nextPosition - 1)
    }
}

/// Finds in the events of one part those that have the id of an earlier one.
private struct OwnEvents {
    private static let few = 8
    /// Nobody outside can choose ids that have the same hashes with it; nothing but speed depends on it.
    private static let fingerprint = Fingerprint(StoreIdentity(high: secret(1), low: secret(2)))

    private let events: [NewEvent]
    private var numbers: HashedNumbers

    init(_ events: [NewEvent]) {
        self.events = events
        numbers = events.count > Self.few ? HashedNumbers(room: events.count) : HashedNumbers()
    }

    /// The first event before this one that has its id, or nil. To be asked for one after the other.
    mutating func earlier(_ offset: Int) -> Int? {
        let id = events[offset].id
        guard events.count > Self.few else { return (0..<offset).first { events[$0].id == id } }
        let hash = Self.fingerprint.of(stream: 0, id)
        defer { numbers.append(hash) }
        return numbers.first(hash) { events[$0].id == id }
    }

    /// A number that is another one in every run of the program.
    private static func secret(_ number: Int) -> UInt64 {
        UInt64(truncatingIfNeeded: number.hashValue)
    }
}
