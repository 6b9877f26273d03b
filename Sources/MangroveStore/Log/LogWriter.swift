package import Mangrove

/// Writes records to the end of the log: one write and one flush for all that is given to it, and one more of each for
/// every segment begun on the way.
///
/// Only one caller uses it at a time. After an error it is good for nothing: the bytes on the disk are unknown until the
/// log is recovered.
package struct LogWriter: Sendable {
    private let disk: any Disk
    private let directory: String
    private let identity: StoreIdentity
    private let segmentSize: Int
    private var segment: UInt64
    private var size: Int
    private var file: any DiskFile
    private var path: String
    /// The last record known to be durable.
    package private(set) var durable: UInt64

    /// Continues a recovered log.
    /// - Parameter active: the segment to append to, and its size.
    /// - Throws: ``DiskError`` if that cannot be opened.
    package init(
        disk: any Disk,
        directory: String,
        identity: StoreIdentity,
        segmentSize: Int,
        active: RecordLocation,
        durable: UInt64
    ) throws(DiskError) {
        self.disk = disk
        self.directory = directory
        self.identity = identity
        self.segmentSize = segmentSize
        self.durable = durable
        segment = active.segment
        size = active.offset
        path = directory + "/" + SegmentFormat.name(active.segment)
        file = try disk.open(path, .readWrite)
    }

    /// Writes a group and flushes it.
    ///
    /// - Parameter written: called with the index up to which the system has the records, before they are flushed.
    /// - Returns: where each record stands.
    /// - Throws: ``DiskError``: records up to ``durable`` are durable, of later ones nothing is known.
    package mutating func write(
        _ group: inout StagedGroup,
        written: (UInt64) -> Void
    ) throws(DiskError) -> [RecordLocation] {
        var locations: [RecordLocation] = []
        locations.reserveCapacity(group.records.count)
        var next = 0
        while next < group.records.count {
            // A record that fits into no segment has one of its own.
            if size > SegmentFormat.header, size + group.records[next].size > segmentSize {
                try begin(group.records[next].index)
            }
            let first = next
            let start = group.records[first].offset
            var end = start
            repeat {
                let record = group.records[next]
                RecordEncoder.seal(&group.bytes, at: record.offset, size: record.size, flushed: durable)
                locations.append(RecordLocation(segment: segment, offset: size + record.offset - start))
                end = record.offset + record.size
                next += 1
            } while next < group.records.count && size + end - start + group.records[next].size <= segmentSize
            try group.bytes.withUnsafeBufferPointer { bytes throws(DiskError) in
                try file.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes)[start..<end]), at: size)
            }
            written(group.records[next - 1].index)
            try diskFaultPoint("store.afterWrite", directory)
            #if DEBUG || MANGROVE_FAULTS
                if !isBroken(.skipsFlush) { try file.flush() }
            #else
                try file.flush()
            #endif
            // What has lost its name is lost with the last who has it open: nobody is told that it is durable.
            guard try disk.kind(of: path) == .file else { throw DiskError(.notFound, "find", path) }
            size += end - start
            durable = group.records[next - 1].index
        }
        return locations
    }

    /// Begins a segment. All before it is durable; it is durable itself, with its name, when this returns.
    private mutating func begin(_ first: UInt64) throws(DiskError) {
        let path = directory + "/" + SegmentFormat.name(first)
        let next = try disk.open(path, .create)
        try next.write(SegmentFormat.encode(first: first, identity: identity), at: 0)
        try next.flush()
        try diskFaultPoint("store.beforeNewSegment", directory)
        try disk.syncDirectory(directory)
        file.close()
        file = next
        self.path = path
        segment = first
        size = SegmentFormat.header
    }

    /// Closes the file.
    package func close() {
        file.close()
    }
}
