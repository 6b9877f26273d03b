/// The streams of a group of staged records, with where their events are: what later appends must see of the group.
///
/// Forgotten as a whole, so that nothing is ever taken out of it. Up to eight streams, or events, are looked through one by
/// one; more are found by a hash.
struct StagedStreams: Sendable {
    /// A stream of the group.
    struct Stream: Sendable {
        var key: StreamKey
        /// Its last version.
        var tail: Int
        /// The record that this waits for.
        var ticket: UInt64
    }

    private struct Entry {
        var id: EventID
        var position: Int
        var stream: UInt32
        var record: UInt32
        var part: UInt32
        var offset: UInt32
    }

    private static let few = 8

    private var streams: [Stream] = []
    private var numbers: [StreamKey: Int] = [:]
    private var entries: [Entry] = []
    private var table = HashedNumbers()
    private var lives: [StreamKey: (life: StreamLife, ticket: UInt64)] = [:]

    /// The stream with this number.
    subscript(number: Int) -> Stream { streams[number] }

    /// The stream's number, or nil if the group has nothing of it.
    func number(of stream: String) -> Int? {
        guard !streams.isEmpty else { return nil }
        let key = StreamKey(stream)
        return streams.count <= Self.few ? streams.firstIndex { $0.key == key } : numbers[key]
    }

    /// The settings of a stream, and the record they wait for.
    func life(of stream: String) -> (life: StreamLife, ticket: UInt64)? {
        lives.isEmpty ? nil : lives[StreamKey(stream)]
    }

    /// Keeps a stream's settings in mind.
    mutating func remember(_ life: StreamLife, of stream: String, _ ticket: UInt64) {
        lives[StreamKey(stream)] = (life, ticket)
    }

    /// Adds a part of a record.
    mutating func add(
        _ part: DraftPart,
        _ number: Int,
        record: Int,
        _ index: UInt64,
        at position: Int,
        _ fingerprint: Fingerprint
    ) {
        let stream = self.number(of: part.stream) ?? begin(part.stream)
        streams[stream].tail = part.version + part.events.count - 1
        streams[stream].ticket = index
        entries.reserve(part.events.count)
        for offset in part.events.indices {
            entries.append(
                Entry(
                    id: part.events[offset].id,
                    position: position + offset,
                    stream: UInt32(truncatingIfNeeded: stream),
                    record: UInt32(truncatingIfNeeded: record),
                    part: UInt32(truncatingIfNeeded: number),
                    offset: UInt32(truncatingIfNeeded: offset)
                )
            )
        }
        guard entries.count > Self.few else { return }
        for number in table.count..<entries.count {
            table.append(fingerprint.of(stream: entries[number].stream, entries[number].id))
        }
    }

    private mutating func begin(_ stream: String) -> Int {
        streams.append(Stream(key: StreamKey(stream), tail: -1, ticket: 0))
        guard streams.count > Self.few else { return streams.count - 1 }
        for number in numbers.count..<streams.count { numbers[streams[number].key] = number }
        return streams.count - 1
    }

    /// What the group holds of an event with this id in a stream of it, or nil.
    /// - Parameters:
    ///   - records: those of the group.
    ///   - isSame: whether an event is the same in all else too.
    func known(
        _ id: EventID,
        in stream: Int,
        _ records: [StagedRecord],
        _ fingerprint: Fingerprint,
        _ isSame: (NewEvent) -> Bool
    ) -> KnownEvent? {
        let stream = UInt32(truncatingIfNeeded: stream)
        func isMeant(_ number: Int) -> Bool { entries[number].id == id && entries[number].stream == stream }
        let found =
            entries.count <= Self.few
            ? entries.indices.first(where: isMeant)
            : table.first(fingerprint.of(stream: stream, id), where: isMeant)
        guard let entry = found.map({ entries[$0] }) else { return nil }
        let record = records[Int(entry.record)]
        let part = record.parts[Int(entry.part)]
        return .present(
            version: part.version + Int(entry.offset),
            position: entry.position,
            same: isSame(part.events[Int(entry.offset)]),
            ticket: record.index
        )
    }
}

extension Array {
    /// Makes room for so many more, and for twice of all, so that this can be asked for again and again.
    fileprivate mutating func reserve(_ more: Int) {
        guard count + more > capacity else { return }
        reserveCapacity(Swift.max(count * 2, count + more))
    }
}
