/// A checkpoint: the index as it was after one durable record, so that opening a store reads the log only from there on.
///
/// ```
/// size
///    8  the ASCII letters "MGRVCKPT"
///    4  format version: 2
///    8  high half of the store's identity
///    8  low half
///    8  index of the last record covered
///    8  its term
///    8  events
///    8  streams
///    8  segments with records; then for each:
///         8  index of its first record      8  position of its first event      8  end of its last covered record
///         4  generation     8  decided, see ``CompactedHeader``
///         8  its last record's term     8  bytes of the facts set in it     1  1 if it has changes of facts, else 0
///       then for each event its record's offset in the segment, or 0 if it is not in the log any more, 4 each
///       then for each event its fingerprint, 8 each
///       then for each stream, in the order they first appeared:
///         2  size of the name, then the name     8  its first version here     8  events
///            then each event's position, 4 each
///    8  types; then for each as for a stream
///    8  tags; then for each as for a stream
///    8  facts; then for each, by space and key:
///         1  space     2  size of the key, then the key
///         8  index of its segment's first record     4  its record's offset in the segment
///         4  size of its value     1  1 if the value follows, else 0; then the value
///    4  CRC32C over everything before
/// ```
package enum CheckpointFormat {
    static let magic: UInt64 = 0x5450_4B43_5652_474D
    static let version: UInt32 = 2

    /// The file name of the checkpoint that covers the records up to this one.
    package static func name(_ lastIndex: UInt64) -> String {
        "index-" + SegmentFormat.padded(lastIndex) + ".checkpoint"
    }

    /// The last record it covers, if `name` is a checkpoint's.
    package static func lastIndex(of name: String) -> UInt64? {
        guard name.hasPrefix("index-"), name.hasSuffix(".checkpoint"),
            let lastIndex = UInt64(name.dropFirst(6).dropLast(11)), self.name(lastIndex) == name
        else { return nil }
        return lastIndex
    }

    /// Hands out a checkpoint's bytes in pieces of about 1 MiB.
    package static func encode<Failure: Error>(
        _ contents: StoreIndex.Contents,
        identity: StoreIdentity,
        _ emit: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
        let (image, streams) = (contents.image, contents.streams)
        var sink = Sink()
        sink.bytes.append(little: magic)
        sink.bytes.append(little: version)
        for number in [
            identity.high, identity.low, image.lastIndex, image.lastTerm, UInt64(image.offsets.count),
            UInt64(streams.count), UInt64(image.segments.count),
        ] {
            sink.bytes.append(little: number)
        }
        for segment in image.segments {
            sink.bytes.append(little: segment.first)
            sink.bytes.append(little: UInt64(segment.position))
            sink.bytes.append(little: UInt64(segment.end))
            sink.bytes.append(little: segment.generation)
            sink.bytes.append(little: segment.decided)
            sink.bytes.append(little: segment.lastTerm)
            sink.bytes.append(little: UInt64(segment.factBytes))
            sink.bytes.append(segment.hasFacts ? 1 : 0)
        }
        try image.offsets.forEachChunk { chunk throws(Failure) in
            sink.append(chunk)
            try sink.drain(emit)
        }
        try image.fingerprints.forEachChunk { chunk throws(Failure) in
            sink.append(chunk)
            try sink.drain(emit)
        }
        for (names, isCounted) in [(streams, false), (contents.types, true), (contents.tags, true)] {
            if isCounted { sink.bytes.append(little: UInt64(names.count)) }
            try names.forEachChunk { entries throws(Failure) in
                for entry in entries { try sink.append(entry, emit) }
            }
        }
        sink.bytes.append(little: UInt64(contents.facts.count))
        for space in FactSpace.allCases {
            try contents.facts[space].forEach { entry throws(Failure) in
                sink.append(entry, in: space)
                try sink.drain(emit)
            }
        }
        try sink.finish(emit)
    }

    /// Collects bytes and sums them up.
    private struct Sink {
        var bytes: [UInt8] = []
        var checksum = CRC32C()

        mutating func append<Integer: FixedWidthInteger & BitwiseCopyable>(_ numbers: [Integer]) {
            #if _endian(little)
                numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
            #else
                for number in numbers { bytes.append(little: number) }
            #endif
        }

        mutating func append<Failure: Error>(
            _ entry: NameTable.Entry,
            _ emit: ([UInt8]) throws(Failure) -> Void
        ) throws(Failure) {
            bytes.append(little: UInt16(truncatingIfNeeded: entry.name.utf8.count))
            bytes.append(contentsOf: entry.name.utf8)
            bytes.append(little: UInt64(entry.positions.base))
            bytes.append(little: UInt64(entry.positions.count - entry.positions.base))
            try entry.positions.forEachChunk { chunk throws(Failure) in
                append(chunk)
                try drain(emit)
            }
        }

        mutating func append(_ fact: FactTable.Entry, in space: FactSpace) {
            bytes.append(space.rawValue)
            bytes.append(little: UInt16(truncatingIfNeeded: fact.key.bytes.count))
            bytes.append(contentsOf: fact.key.bytes)
            bytes.append(little: fact.location.segment)
            bytes.append(little: UInt32(fact.location.offset))
            bytes.append(little: UInt32(fact.size))
            bytes.append(fact.small == nil ? 0 : 1)
            bytes.append(contentsOf: fact.small ?? [])
        }

        mutating func drain<Failure: Error>(_ emit: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
            guard bytes.count >= 1 << 20 else { return }
            bytes.withUnsafeBytes { checksum.update($0) }
            try emit(bytes)
            bytes.removeAll(keepingCapacity: true)
        }

        mutating func finish<Failure: Error>(_ emit: ([UInt8]) throws(Failure) -> Void) throws(Failure) {
            bytes.withUnsafeBytes { checksum.update($0) }
            bytes.append(little: checksum.value)
            try emit(bytes)
        }
    }
}
