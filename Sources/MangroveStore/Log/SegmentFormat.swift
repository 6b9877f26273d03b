/// A segment: one file of the log, named by the index of its first record.
///
/// Its first 40 bytes, before the records:
///
/// ```
/// offset size
///      0    8  the ASCII letters "MGRVSEGM"
///      8    4  format version: 1, or 2 for one that was rewritten; see ``CompactedHeader``
///     12    8  index of the first record, as in the file's name
///     20    8  high half of the store's identity
///     28    8  low half
///     36    4  CRC32C over bytes 0..<36
/// ```
///
/// A segment is made only once every record before it is durable, and is itself durable, its name in the directory
/// included, before a record goes into it.
package enum SegmentFormat {
    /// Bytes before the first record.
    package static let header = 40
    private static let magic: UInt64 = 0x4D47_4553_5652_474D
    package static let version: UInt32 = 1
    package static let compactedVersion: UInt32 = 2

    /// A new segment's first bytes.
    package static func encode(first: UInt64, identity: StoreIdentity, version: UInt32 = version) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(little: magic)
        bytes.append(little: version)
        bytes.append(little: first)
        bytes.append(little: identity.high)
        bytes.append(little: identity.low)
        bytes.append(little: CRC32C.of(bytes))
        return bytes
    }

    /// Whether `bytes` are the start of that segment of that store.
    /// - Throws: ``Malformed`` if they are not.
    package static func check(
        _ bytes: UnsafeRawBufferPointer,
        first: UInt64,
        identity: StoreIdentity,
        version: UInt32 = version
    ) throws(Malformed) {
        guard bytes.count >= header else { throw Malformed("the segment's header is incomplete") }
        var reader = ByteReader(UnsafeRawBufferPointer(rebasing: bytes[..<header]))
        guard try reader.integer(UInt64.self) == magic else { throw Malformed("this is no segment") }
        let format = try reader.integer(UInt32.self)
        guard format == version else { throw Malformed("the segment's format \(format) is not known") }
        let named = try reader.integer(UInt64.self)
        let owner = StoreIdentity(high: try reader.integer(), low: try reader.integer())
        let checksum = CRC32C.of(UnsafeRawBufferPointer(rebasing: bytes[..<(header - 4)]))
        guard try reader.integer(UInt32.self) == checksum else {
            throw Malformed("the segment header's checksum is wrong")
        }
        guard named == first else { throw Malformed("the segment's header says it starts at \(named)") }
        guard owner == identity else { throw Malformed("the segment belongs to another store") }
    }

    /// The file name of the segment that starts with record `first`.
    package static func name(_ first: UInt64) -> String {
        padded(first) + ".log"
    }

    /// A number as 20 digits, so that names sort as numbers.
    package static func padded(_ number: UInt64) -> String {
        let digits = String(number)
        return String(repeating: "0", count: 20 - digits.utf8.count) + digits
    }
}

/// Where a record stands.
package struct RecordLocation: Sendable, Hashable {
    /// The segment: its first record's index.
    package var segment: UInt64
    /// The frame's first byte in that file.
    package var offset: Int
    /// How often the segment was rewritten.
    package var generation: UInt32 = 0

    /// The segment's file.
    package var file: SegmentID { SegmentID(segment, generation) }
}
