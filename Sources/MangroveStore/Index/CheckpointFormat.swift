/// A checkpoint: the index as it was after one durable record, so that opening a store reads the log only from there on.
///
/// ```
/// size
///    8  the ASCII letters "MGRVCKPT"
///    4  format version: 1
///    8  high half of the store's identity
///    8  low half
///    8  index of the last record covered
///    8  its term
///    8  events
///    8  streams
///    8  segments with events; then for each:
///         8  index of its first record      8  position of its first event      8  end of its last covered record
///       then for each event its record's offset in the segment, 4 each
///       then for each event its fingerprint, 8 each
///       then for each stream, in the order they first appeared:
///         2  size of the name, then the name     8  events     then each event's position, 4 each
///    4  CRC32C over everything before
/// ```
package enum CheckpointFormat {
    static let magic: UInt64 = 0x5450_4B43_5652_474D
    static let version: UInt32 = 1

    /// The file name of the checkpoint that covers `events` events.
    package static func name(_ events: Int) -> String {
        "index-" + SegmentFormat.padded(UInt64(events)) + ".checkpoint"
    }

    /// How many events it covers, if `name` is a checkpoint's.
    package static func events(of name: String) -> Int? {
        guard name.hasPrefix("index-"), name.hasSuffix(".checkpoint"),
            let events = Int(name.dropFirst(6).dropLast(11)), events >= 0, self.name(events) == name
        else { return nil }
        return events
    }

    /// Hands out a checkpoint's bytes in pieces of about 1 MiB.
    package static func encode<Failure: Error>(
        _ image: StoreIndex.Image,
        _ streams: ChunkedArray<StreamTable.Entry>,
        identity: StoreIdentity,
        _ emit: ([UInt8]) throws(Failure) -> Void
    ) throws(Failure) {
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
        }
        try image.offsets.forEachChunk { chunk throws(Failure) in
            sink.append(chunk)
            try sink.drain(emit)
        }
        try image.fingerprints.forEachChunk { chunk throws(Failure) in
            sink.append(chunk)
            try sink.drain(emit)
        }
        try streams.forEachChunk { entries throws(Failure) in
            for entry in entries {
                sink.bytes.append(little: UInt16(truncatingIfNeeded: entry.name.utf8.count))
                sink.bytes.append(contentsOf: entry.name.utf8)
                sink.bytes.append(little: UInt64(entry.positions.count))
                try entry.positions.forEachChunk { chunk throws(Failure) in
                    sink.append(chunk)
                    try sink.drain(emit)
                }
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
