internal import Mangrove

/// A record that is waiting to be written, or being written.
package struct StagedRecord: Sendable {
    /// Its place in the log; what its waiters hold as their ticket.
    package var index: UInt64
    /// Its term.
    package var term: UInt64
    /// Where its frame is in the group's bytes.
    package var offset: Int
    /// Bytes of its frame.
    package var size: Int
    /// The position of its first event.
    package var position: Int
    /// When it was appended.
    package var created: Timestamp
    /// Its parts; none if it has facts.
    package var parts: [DraftPart]
    /// Its changes of facts.
    package var facts: [FactChange] = []

    /// Its events, as they are kept.
    package var events: [RecordedEvent] {
        var position = position
        var events: [RecordedEvent] = []
        for part in parts {
            for (offset, event) in part.events.enumerated() {
                var recorded = RecordedEvent(
                    stream: part.stream,
                    version: part.version + offset,
                    position: position,
                    id: event.id,
                    type: event.type,
                    data: event.data,
                    metadata: event.metadata,
                    tags: event.tags,
                    created: created
                )
                recorded.isSealed = event.isSealed
                events.append(recorded)
                position += 1
            }
        }
        return events
    }
}

/// Records that go out together.
package struct StagedGroup: Sendable {
    /// Their frames, one after the other.
    package var bytes: [UInt8] = []
    /// The records.
    package var records: [StagedRecord] = []
}

/// The appends decided on but not yet published: what is to be written, and what later appends must already see of it.
///
/// A value; its owner keeps it behind a lock.
package struct StagingArea: Sendable {
    private var group = StagedGroup()
    /// What the group holds.
    private var fresh = StagedStreams()
    /// What the group that was taken holds, until it is published.
    private var taken = StagedStreams()
    private var takenRecords: [StagedRecord] = []
    /// Room for the next group's frames.
    private var empty: [UInt8] = []
    private let fingerprint: Fingerprint
    private let term: UInt64
    private var nextIndex: UInt64
    /// The position the next event gets.
    package private(set) var nextPosition: Int
    /// How much the store may hold, as was said last.
    package var room = StoreRoom()
    /// Why nothing can be staged any more, if so.
    package var refusal: String?

    /// The most bytes that are kept for the next group.
    private static let keptBytes = 4 << 20

    /// Starts after the last record and event of the log of a store.
    package init(_ identity: StoreIdentity, lastIndex: UInt64, lastTerm: UInt64, eventCount: Int) {
        fingerprint = Fingerprint(identity)
        nextIndex = lastIndex + 1
        term = max(lastTerm, 1)
        nextPosition = eventCount
    }

    /// Bytes of what is staged and not yet published.
    package private(set) var stagedBytes = 0

    /// Bytes waiting to be written.
    package var waitingBytes: Int { group.bytes.count }

    /// A stream that has staged events.
    struct Found {
        /// Its last version.
        var tail: Int
        /// The record that this waits for.
        var ticket: UInt64
        /// Its numbers among what is fresh and what was taken.
        fileprivate var fresh: Int?
        fileprivate var taken: Int?
    }

    /// What is staged of a stream, or nil if nothing is.
    func find(_ stream: String) -> Found? {
        let fresh = fresh.number(of: stream)
        let taken = taken.number(of: stream)
        guard let last = fresh.map({ self.fresh[$0] }) ?? taken.map({ self.taken[$0] }) else { return nil }
        return Found(tail: last.tail, ticket: last.ticket, fresh: fresh, taken: taken)
    }

    /// The staged settings of a stream, and the record they wait for.
    package func life(of stream: String) -> (life: StreamLife, ticket: UInt64)? {
        fresh.life(of: stream) ?? taken.life(of: stream)
    }

    /// Keeps a stream's staged settings in mind until ``forget(_:)``.
    package mutating func remember(_ life: StreamLife, of stream: String, _ ticket: UInt64) {
        fresh.remember(life, of: stream, ticket)
    }

    /// The position of a staged event after `position` that a filter means.
    package func first(_ filter: EventFilter, after position: Int) -> Int? {
        for record in takenRecords + group.records {
            var next = record.position
            for part in record.parts {
                for (offset, event) in part.events.enumerated() {
                    defer { next += 1 }
                    guard next > position, filter.matches(stream: part.stream, type: event.type, tags: event.tags),
                        part.version + offset >= life(of: part.stream)?.life.floor ?? 0
                    else { continue }
                    return next
                }
            }
        }
        return nil
    }

    /// What is staged of an event with this id, or nil.
    /// - Parameter isSame: whether an event is the same in all else too.
    func known(_ id: EventID, in stream: Found, _ isSame: (NewEvent) -> Bool) -> KnownEvent? {
        stream.fresh.flatMap { fresh.known(id, in: $0, group.records, fingerprint, isSame) }
            ?? stream.taken.flatMap { taken.known(id, in: $0, takenRecords, fingerprint, isSame) }
    }

    /// Adds a record for these parts.
    /// - Returns: its index.
    /// - Throws: ``StoreError/invalid(_:)`` if it is too large; nothing was added.
    package mutating func add(_ parts: [DraftPart], created: Timestamp) throws(StoreError) -> UInt64 {
        let size = RecordEncoder.size(of: parts)
        try Self.check(size, "an append")
        let index = nextIndex
        let offset = group.bytes.count
        RecordEncoder.append(
            parts,
            term: term,
            index: index,
            position: nextPosition,
            created: created,
            size: size,
            to: &group.bytes
        )
        group.records.append(
            StagedRecord(
                index: index,
                term: term,
                offset: offset,
                size: size,
                position: nextPosition,
                created: created,
                parts: parts
            )
        )
        nextIndex += 1
        stagedBytes += size
        for (number, part) in parts.enumerated() {
            fresh.add(part, number, record: group.records.count - 1, index, at: nextPosition, fingerprint)
            nextPosition += part.events.count
            #if DEBUG || MANGROVE_FAULTS
                if isBroken(.reusesPosition) { reusePositions(part) }
            #endif
        }
        return index
    }

    private static func check(_ size: Int, _ what: String) throws(StoreError) {
        guard size <= RecordFormat.maximum else {
            throw .invalid("\(what) takes at most \(RecordFormat.maximum) bytes, this one \(size)")
        }
    }

    /// Adds a record for these changes of facts, of which there is one at least.
    /// - Returns: its index.
    /// - Throws: ``StoreError/invalid(_:)`` if it is too large; nothing was added.
    package mutating func add(_ changes: [FactChange]) throws(StoreError) -> UInt64 {
        let size = FactsBody.size(of: changes)
        try Self.check(size, "a record of facts")
        let index = nextIndex
        let offset = group.bytes.count
        FactsBody.append(changes, term: term, index: index, size: size, to: &group.bytes)
        group.records.append(
            StagedRecord(
                index: index,
                term: term,
                offset: offset,
                size: size,
                position: nextPosition,
                created: Timestamp(microseconds: 0),
                parts: [],
                facts: changes
            )
        )
        nextIndex += 1
        stagedBytes += size
        return index
    }

    #if DEBUG || MANGROVE_FAULTS
        private mutating func reusePositions(_ part: DraftPart) {
            nextPosition -= (part.version..<part.version + part.events.count).count { $0 % 10 == 8 }
        }
    #endif

    /// Takes all that waits to be written. What was taken stays visible to later appends until ``forget(_:)``.
    package mutating func take() -> StagedGroup {
        let group = group
        self.group = StagedGroup(bytes: empty)
        empty = []
        taken = fresh
        takenRecords = group.records
        fresh = StagedStreams()
        return group
    }

    /// Drops what was taken, which has been published.
    /// - Parameter bytes: its frames, whose memory is kept for the next group unless it is large.
    package mutating func forget(_ bytes: inout [UInt8]) {
        stagedBytes -= bytes.count
        taken = StagedStreams()
        takenRecords = []
        guard bytes.capacity <= Self.keptBytes else { return }
        bytes.removeAll(keepingCapacity: true)
        swap(&empty, &bytes)
    }
}
