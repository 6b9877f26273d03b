internal import Mangrove

/// The frame around every record of the log. All numbers are little-endian.
///
/// ```
/// offset size
///      0    4  length    bytes that follow the checksum: 28 or more
///      4    4  checksum  CRC32C over bytes 0..<4 and everything after the checksum
///      8    4  kind      1: events, 2: facts, 3: what is left of events
///     12    8  term      the term the record was written in; never falls along the log
///     20    8  index     the record's place in the log, from 1, without gaps
///     28    8  flushed   every record up to this index was durable before this one was written
///     36       body      by kind; see ``EventsBody`` and ``FactsBody``
/// ```
///
/// `flushed` tells a write that was torn by a power failure from damage. The records of one group go out in one write and
/// one flush, and a power failure may leave any part of that write: record 8 unreadable and record 9 whole. Both then say
/// `flushed` = 7, nobody was told of either, and the log is cut back before record 8. If record 9 said `flushed` = 8,
/// record 8 was durable once and has been damaged since.
///
/// No frame can hide inside an event's JSON or a stream's name: each has a zero byte in its length (a length without one
/// is above the limit), and those texts have none.
package enum RecordFormat {
    /// Bytes before the part that `length` counts.
    package static let prefix = 8
    /// Bytes before the body.
    package static let header = 36
    /// The largest frame, header included: 64 MiB.
    package static let maximum = 64 << 20
    /// The kind of a record of events.
    package static let eventsKind: UInt32 = 1
    /// The kind of a record of facts.
    package static let factsKind: UInt32 = 2
    /// The kind of a record of events of which some are gone.
    package static let sparseKind: UInt32 = 3

    /// Whether records of this kind are known.
    package static func isKnown(kind: UInt32) -> Bool {
        hasEvents(kind: kind) || kind == factsKind
    }

    /// Whether records of this kind hold events.
    package static func hasEvents(kind: UInt32) -> Bool {
        kind == eventsKind || kind == sparseKind
    }

    /// Where in a frame the fields stand that are filled in just before it is written.
    package static let checksumOffset = 4
    package static let kindOffset = 8
    package static let flushedOffset = 28

    /// The checksum a frame should carry; `frame` is all of it.
    package static func checksum(of frame: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(UnsafeRawBufferPointer(rebasing: frame[..<4]))
        checksum.update(UnsafeRawBufferPointer(rebasing: frame[prefix...]))
        return checksum.value
    }

    private static func hasRightChecksum(_ frame: UnsafeRawBufferPointer, _ found: UInt32) -> Bool {
        #if DEBUG || MANGROVE_FAULTS
            if isBroken(.servesDamage) { return true }
        #endif
        return found == checksum(of: frame)
    }

    /// Looks for a frame at the start of `bytes`.
    package static func parse(_ bytes: UnsafeRawBufferPointer) -> FrameCheck {
        guard bytes.count >= 4 else { return .incomplete(needed: header) }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
        guard length >= header - prefix, length <= maximum - prefix else {
            return .bad("the record's length is impossible")
        }
        let total = prefix + length
        guard bytes.count >= total else { return .incomplete(needed: total) }
        let frame = UnsafeRawBufferPointer(rebasing: bytes[..<total])
        func number<Integer: FixedWidthInteger & BitwiseCopyable>(_ offset: Int) -> Integer {
            Integer(littleEndian: frame.loadUnaligned(fromByteOffset: offset, as: Integer.self))
        }
        guard hasRightChecksum(frame, number(checksumOffset)) else { return .bad("the record's checksum is wrong") }
        return .whole(
            RecordHeader(size: total, kind: number(8), term: number(12), index: number(20), flushed: number(28))
        )
    }
}

/// What stands where a frame should be.
package enum FrameCheck: Equatable {
    /// A frame with a right checksum.
    case whole(RecordHeader)
    /// The start of a frame, maybe: it needs this many bytes to be one.
    case incomplete(needed: Int)
    /// Not a frame.
    case bad(String)
}

/// What a frame says of itself.
package struct RecordHeader: Sendable, Equatable {
    /// Bytes of the whole frame.
    package var size: Int
    /// What the body is.
    package var kind: UInt32
    /// The term it was written in.
    package var term: UInt64
    /// Its place in the log.
    package var index: UInt64
    /// The index up to which the log was durable before.
    package var flushed: UInt64
}
