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
    private struct Stream {
        var tail: Int
        var ticket: UInt64
        var events: [EventID: Entry] = [:]
    }

    private struct Entry {
        var version: Int
        var position: Int
        var ticket: UInt64
        var event: NewEvent
    }

    private var streams: [StreamKey: Stream] = [:]
    private var lives: [StreamKey: (life: StreamLife, ticket: UInt64)] = [:]
    private var group = StagedGroup()
    private let term: UInt64
    private var nextIndex: UInt64
    /// The position the next event gets.
    package private(set) var nextPosition: Int
    /// Why nothing can be staged any more, if so.
    package var refusal: String?

    /// Starts after the last record and event of the log.
    package init(lastIndex: UInt64, lastTerm: UInt64, eventCount: Int) {
        nextIndex = lastIndex + 1
        term = max(lastTerm, 1)
        nextPosition = eventCount
    }

    /// Bytes of what is staged and not yet published.
    package private(set) var stagedBytes = 0

    /// Bytes waiting to be written.
    package var waitingBytes: Int { group.bytes.count }

    /// The last version of a stream that has staged events, and the record it waits for.
    package func tail(of stream: String) -> (version: Int, ticket: UInt64)? {
        streams[StreamKey(stream)].map { ($0.tail, $0.ticket) }
    }

    /// The staged settings of a stream, and the record they wait for.
    package func life(of stream: String) -> (life: StreamLife, ticket: UInt64)? {
        lives.isEmpty ? nil : lives[StreamKey(stream)]
    }

    /// Keeps a stream's staged settings in mind until ``forget(_:)``.
    package mutating func remember(_ life: StreamLife, of stream: String, _ ticket: UInt64) {
        lives[StreamKey(stream)] = (life, ticket)
    }

    /// The position of a staged event after `position` that a filter means.
    package func first(_ filter: EventFilter, after position: Int) -> Int? {
        var first: Int?
        for (key, stream) in streams {
            for entry in stream.events.values where entry.position > position && entry.position < first ?? .max {
                guard filter.matches(stream: key.name, type: entry.event.type, tags: entry.event.tags),
                    entry.version >= lives[key]?.life.floor ?? 0
                else { continue }
                first = entry.position
            }
        }
        return first
    }

    /// What is staged of an event with this id, or nil.
    package func known(_ event: NewEvent, in stream: String) -> KnownEvent? {
        guard !streams.isEmpty, let entry = streams[StreamKey(stream)]?.events[event.id] else { return nil }
        return .present(
            version: entry.version,
            position: entry.position,
            same: entry.event == event,
            ticket: entry.ticket
        )
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
        for part in parts { remember(part, index) }
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

    private mutating func remember(_ part: DraftPart, _ index: UInt64) {
        var tail = part.version
        let key = StreamKey(part.stream)
        for event in part.events {
            streams[key, default: Stream(tail: tail, ticket: index)].events[event.id] =
                Entry(version: tail, position: nextPosition, ticket: index, event: event)
            tail += 1
            nextPosition += 1
            #if DEBUG || MANGROVE_FAULTS
                if tail % 10 == 9, isBroken(.reusesPosition) { nextPosition -= 1 }
            #endif
        }
        streams[key]?.tail = tail - 1
        streams[key]?.ticket = index
    }

    /// Takes all that waits to be written, leaving `empty` to be filled. What was taken stays visible to later appends
    /// until ``forget(_:)``.
    package mutating func take(leaving empty: StagedGroup) -> StagedGroup {
        let taken = group
        group = empty
        return taken
    }

    /// Drops what has been published.
    package mutating func forget(_ records: [StagedRecord]) {
        for record in records {
            stagedBytes -= record.size
            if !lives.isEmpty, !record.facts.isEmpty {
                lives = lives.filter { $0.value.ticket > record.index }
            }
            for part in record.parts {
                let key = StreamKey(part.stream)
                for event in part.events { streams[key]?.events[event.id] = nil }
                if streams[key]?.events.isEmpty ?? false { streams[key] = nil }
            }
        }
    }
}
