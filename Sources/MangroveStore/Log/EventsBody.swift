/// The body of a record of events: one atomic batch, over one or several streams.
///
/// ```
/// offset size
///      0    8  position  the global position of the batch's first event; the others follow without gaps; not in kind 3
///      8    8  created   microseconds since 1970, signed
///     16    4  parts     how many: 1 or more; then each part:
///             2  size of the stream's name, then the name, UTF-8
///             8  version of the part's first event in that stream; the others follow without gaps
///             8  position of the part's first event; the others follow without gaps; only in kind 3
///             4  events    how many: 1 or more; then each event:
///                 8  high half of the id
///                 8  low half of the id
///                 2  size of the type, then the type, UTF-8
///                 1  marks: 1 if there is metadata, 2 if there are tags, 4 if data and metadata are encrypted
///                 4  size of the data, then the data
///                 4  size of the metadata, then the metadata; only if there is some
///                 1  tags: how many, then for each 2 bytes of its size and the tag, UTF-8; only if there are some
/// ```
///
/// A record of kind 3 is what a compaction leaves of one of kind 1: its parts are those runs of events that are not gone.
package struct EventsBody {
    private var reader: ByteReader
    private let bytes: UnsafeRawBufferPointer
    private let isSparse: Bool
    /// The global position of the next event.
    package private(set) var position: Int
    /// When the batch was appended.
    package let created: Timestamp
    private var partsLeft: UInt32

    /// One part's share of the batch; its events follow.
    package struct Part {
        /// The stream.
        package var stream: String
        /// The version of its first event.
        package var version: Int
        /// How many events.
        package var count: Int
    }

    /// One event, pointing into the record.
    package struct Event {
        package var position: Int
        package var id: EventID
        package var type: UnsafeRawBufferPointer
        package var data: UnsafeRawBufferPointer
        package var metadata: UnsafeRawBufferPointer?
        package var tags: [String]
        package var isSealed: Bool
        /// All of it, as it stands in the record.
        package var whole: UnsafeRawBufferPointer

        /// The type.
        /// - Throws: ``Malformed`` if it is not UTF-8.
        package func typeText() throws(Malformed) -> String {
            guard let text = String(validating: type, as: UTF8.self) else {
                throw Malformed("an event's type is not UTF-8")
            }
            return text
        }
    }

    /// Starts on the body of a whole frame, which must outlive this value.
    /// - Throws: ``Malformed`` if its start is no such body's.
    package init(frame: UnsafeRawBufferPointer) throws(Malformed) {
        bytes = frame
        var kind = ByteReader(frame, at: RecordFormat.kindOffset)
        isSparse = try kind.integer(UInt32.self) == RecordFormat.sparseKind
        reader = ByteReader(frame, at: RecordFormat.header)
        position = isSparse ? 0 : try reader.count()
        created = Timestamp(microseconds: try reader.integer())
        partsLeft = try reader.integer()
        guard partsLeft > 0 else { throw Malformed("the record has no events") }
    }

    /// The next part, once the events of the one before are taken; nil after the last.
    /// - Throws: ``Malformed``, also if bytes are left over after the last.
    package mutating func nextPart() throws(Malformed) -> Part? {
        guard partsLeft > 0 else {
            guard reader.remaining == 0 else { throw Malformed("the record is longer than its events") }
            return nil
        }
        partsLeft -= 1
        let stream = try reader.text(Int(try reader.integer(UInt16.self)))
        let version = try reader.count()
        if isSparse { position = try reader.count() }
        let count = Int(try reader.integer(UInt32.self))
        // The smallest event has 23 bytes: a count beyond that would have the caller make room for nothing.
        guard count > 0, count <= reader.remaining / 23 else { throw Malformed("a part's event count is impossible") }
        return Part(stream: stream, version: version, count: count)
    }

    /// The next event of the part.
    /// - Throws: ``Malformed``.
    package mutating func nextEvent() throws(Malformed) -> Event {
        let start = reader.offset
        let id = EventID(high: try reader.integer(), low: try reader.integer())
        let type = try reader.slice(Int(try reader.integer(UInt16.self)))
        let marks = try reader.integer(UInt8.self)
        guard marks <= 7 else { throw Malformed("an event's marks are not known") }
        let data = try reader.slice(Int(try reader.integer(UInt32.self)))
        let metadata = marks & 1 == 1 ? try reader.slice(Int(try reader.integer(UInt32.self))) : nil
        var tags: [String] = []
        if marks & 2 == 2 {
            for _ in 0..<(try reader.integer(UInt8.self)) {
                tags.append(try reader.text(Int(try reader.integer(UInt16.self))))
            }
        }
        defer { position += 1 }
        let whole = UnsafeRawBufferPointer(rebasing: bytes[start..<reader.offset])
        return Event(
            position: position,
            id: id,
            type: type,
            data: data,
            metadata: metadata,
            tags: tags,
            isSealed: marks & 4 == 4,
            whole: whole
        )
    }
}

/// Writes frames of events.
package enum RecordEncoder {
    /// Bytes the frame of these parts takes.
    package static func size(of parts: [DraftPart]) -> Int {
        parts.reduce(RecordFormat.header + 20) { sum, part in
            // By number: to take an event out of its array costs more than to look at it there.
            part.events.indices.reduce(sum + 14 + part.stream.utf8.count) { $0 + size(of: part.events[$1]) }
        }
    }

    private static func size(of event: NewEvent) -> Int {
        23 + event.type.utf8.count + event.data.count + (event.metadata.map { 4 + $0.count } ?? 0)
            + (event.tags.isEmpty ? 0 : event.tags.reduce(1) { $0 + 2 + $1.utf8.count })
    }

    /// Appends a frame whose `flushed` and `checksum` are still zero; see ``seal(_:at:size:flushed:)``. Lengths must be
    /// within their limits.
    package static func append(
        _ parts: [DraftPart],
        term: UInt64,
        index: UInt64,
        position: Int,
        created: Timestamp,
        size: Int,
        to bytes: inout [UInt8]
    ) {
        withUnsafeTemporaryAllocation(byteCount: size, alignment: 1) { buffer in
            var frame = FrameWriter(buffer)
            frame.put(little: UInt32(truncatingIfNeeded: size - RecordFormat.prefix))
            frame.put(little: UInt32(0))
            frame.put(little: RecordFormat.eventsKind)
            frame.put(little: term)
            frame.put(little: index)
            frame.put(little: UInt64(0))
            frame.put(little: UInt64(position))
            frame.put(little: created.microseconds)
            frame.put(little: UInt32(truncatingIfNeeded: parts.count))
            for part in parts {
                frame.put(short: part.stream)
                frame.put(little: UInt64(part.version))
                frame.put(little: UInt32(truncatingIfNeeded: part.events.count))
                for number in part.events.indices { put(part.events[number], &frame) }
            }
            bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[..<frame.count]))
        }
    }

    /// Appends the header of a frame that is still to be sealed.
    package static func appendHeader(
        kind: UInt32,
        term: UInt64,
        index: UInt64,
        size: Int,
        to bytes: inout [UInt8]
    ) {
        bytes.append(little: UInt32(truncatingIfNeeded: size - RecordFormat.prefix))
        bytes.append(little: UInt32(0))
        bytes.append(little: kind)
        bytes.append(little: term)
        bytes.append(little: index)
        bytes.append(little: UInt64(0))
    }

    private static func put(_ event: NewEvent, _ frame: inout FrameWriter) {
        frame.put(little: event.id.high)
        frame.put(little: event.id.low)
        frame.put(short: event.type)
        let marks: UInt8 = (event.metadata == nil ? 0 : 1) | (event.tags.isEmpty ? 0 : 2) | (event.isSealed ? 4 : 0)
        frame.put(little: marks)
        frame.put(long: event.data)
        if let metadata = event.metadata { frame.put(long: metadata) }
        guard !event.tags.isEmpty else { return }
        frame.put(little: UInt8(truncatingIfNeeded: event.tags.count))
        for tag in event.tags { frame.put(short: tag) }
    }

    /// Fills in what is known only when the frame at `offset` is about to be written.
    package static func seal(_ bytes: inout [UInt8], at offset: Int, size: Int, flushed: UInt64) {
        bytes.overwrite(little: flushed, at: offset + RecordFormat.flushedOffset)
        let checksum = bytes.withUnsafeBytes {
            RecordFormat.checksum(of: UnsafeRawBufferPointer(rebasing: $0[offset..<offset + size]))
        }
        bytes.overwrite(little: checksum, at: offset + RecordFormat.checksumOffset)
    }
}

/// A part of a record to be written: consecutive events of one stream.
package struct DraftPart: Sendable {
    /// The stream.
    package var stream: String
    /// The version of its first event.
    package var version: Int
    /// The events; not empty.
    package var events: [NewEvent]
}
