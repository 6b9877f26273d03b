/// What a rewritten segment says of itself, after the 40 bytes that every segment begins with, whose format version is 2:
///
/// ```
/// offset size
///     40    8  generation, as in the file's name
///     48    8  index of the last record that the segment stands for, whether that is still in it or not
///     56    8  its term
///     64    8  the position after the last event that it stands for
///     72    8  bytes of the whole file
///     80    8  decided: what is gone was decided with the log known up to this record
///     88    4  CRC32C over bytes 0..<88
/// ```
///
/// The records that are left keep their index, term and `flushed`. One of which nothing is gone is as it was; one that has
/// lost events is a record of kind 3, one that has lost facts has fewer of them. The file is complete and flushed before it
/// has its name, and is never changed: whatever in it cannot be read is damage.
package struct CompactedHeader: Sendable, Equatable {
    package var generation: UInt32
    package var last: UInt64
    package var lastTerm: UInt64
    package var nextPosition: Int
    package var size: Int
    package var decided: UInt64

    /// Bytes before the first record.
    package static let bytes = 92

    /// A rewritten segment's first bytes.
    package func encode(first: UInt64, identity: StoreIdentity) -> [UInt8] {
        var bytes = SegmentFormat.encode(first: first, identity: identity, version: SegmentFormat.compactedVersion)
        bytes.append(little: UInt64(generation))
        bytes.append(little: last)
        bytes.append(little: lastTerm)
        bytes.append(little: UInt64(nextPosition))
        bytes.append(little: UInt64(size))
        bytes.append(little: decided)
        bytes.append(little: CRC32C.of(bytes))
        return bytes
    }

    /// Reads the first bytes of this segment of that store.
    /// - Throws: ``Malformed`` if they are not right.
    package init(_ bytes: [UInt8], _ segment: SegmentID, identity: StoreIdentity, size actual: Int) throws(Malformed) {
        self = try bytes.withUnsafeBufferPointer { bytes throws(Malformed) in
            try Self.decode(UnsafeRawBufferPointer(bytes), segment, identity)
        }
        guard generation == segment.generation else {
            throw Malformed("the segment's header says it is of generation \(generation)")
        }
        guard size == actual else { throw Malformed("the segment has \(actual) bytes, its header says \(size)") }
        guard last >= segment.first, decided >= last else { throw Malformed("the segment's header cannot be right") }
    }

    private init(
        generation: UInt32,
        last: UInt64,
        lastTerm: UInt64,
        nextPosition: Int,
        size: Int,
        decided: UInt64
    ) {
        self.generation = generation
        self.last = last
        self.lastTerm = lastTerm
        self.nextPosition = nextPosition
        self.size = size
        self.decided = decided
    }

    /// Makes the header of a segment that is being rewritten.
    package init(_ segment: SegmentID, last: UInt64, lastTerm: UInt64, nextPosition: Int, size: Int, decided: UInt64) {
        self.init(
            generation: segment.generation,
            last: last,
            lastTerm: lastTerm,
            nextPosition: nextPosition,
            size: size,
            decided: decided
        )
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ segment: SegmentID,
        _ identity: StoreIdentity
    ) throws(Malformed) -> CompactedHeader {
        try SegmentFormat.check(
            bytes,
            first: segment.first,
            identity: identity,
            version: SegmentFormat.compactedVersion
        )
        guard bytes.count >= Self.bytes else { throw Malformed("the segment's header is incomplete") }
        var reader = ByteReader(bytes, at: SegmentFormat.header)
        let generation = UInt32(truncatingIfNeeded: try reader.integer(UInt64.self))
        let header = CompactedHeader(
            generation: generation,
            last: try reader.integer(),
            lastTerm: try reader.integer(),
            nextPosition: try reader.count(),
            size: try reader.count(),
            decided: try reader.integer()
        )
        let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<(Self.bytes - 4)]))
        guard try reader.integer(UInt32.self) == checksum else {
            throw Malformed("the segment header's checksum is wrong")
        }
        return header
    }
}
