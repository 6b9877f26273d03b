package import Mangrove

/// Writes records to the end of the log: one write and one flush for all that is given to it, and one more of each for
/// every segment begun on the way.
///
/// Behind the records it keeps space prepared: zeros, written and flushed with a group of records. To flush what goes over
/// them later is cheaper than to flush a file that grows, whose new size the file system has to note somewhere else as well.
///
/// Only one caller uses it at a time. After an error it is good for nothing: the bytes on the disk are unknown until the
/// log is recovered.
package struct LogWriter: Sendable {
    private let disk: any Disk
    private let directory: String
    private let identity: StoreIdentity
    private let segmentSize: Int
    private let space: PreparedSpace
    private var segment: UInt64
    private var size: Int
    /// Where the zeros behind the records end; the same as `size` if there are none.
    private var prepared: Int
    /// Whether the disk has taken all zeros so far; once it has not, this segment gets no more.
    private var hasRoom = true
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
        space: PreparedSpace,
        active: RecordLocation,
        durable: UInt64
    ) throws(DiskError) {
        self.disk = disk
        self.directory = directory
        self.identity = identity
        self.segmentSize = segmentSize
        self.space = space
        self.durable = durable
        segment = active.segment
        size = active.offset
        prepared = active.offset
        path = directory + "/" + SegmentFormat.name(active.segment)
        file = try disk.open(path, .readWrite)
    }

    /// Writes a group and flushes it.
    ///
    /// - Parameter spare: how many bytes may be taken for space that is prepared.
    /// - Parameter written: called with the index up to which the system has the records, before they are flushed.
    /// - Returns: where each record stands.
    /// - Throws: ``DiskError``: records up to ``durable`` are durable, of later ones nothing is known.
    package mutating func write(
        _ group: inout StagedGroup,
        spare: Int,
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
            prepare(behind: size + end - start, after: end - start, spare: spare)
            written(group.records[next - 1].index)
            try diskFaultPoint("store.afterWrite", directory)
            try flush()
            // What has lost its name is lost with the last who has it open: nobody is told that it is durable.
            guard try disk.kind(of: path) == .file else { throw DiskError(.notFound, "find", path) }
            size += end - start
            durable = group.records[next - 1].index
        }
        return locations
    }

    private func flush() throws(DiskError) {
        #if DEBUG || MANGROVE_FAULTS
            if isBroken(.skipsFlush) { return }
        #endif
        try file.flush()
    }

    /// Writes zeros behind the records, if those before are used up. The flush of the records is theirs as well; whether they
    /// are there matters to nothing but speed, so that a disk without room for them is no failure.
    private mutating func prepare(behind end: Int, after group: Int, spare: Int) {
        guard end > prepared else { return }
        guard hasRoom else {
            prepared = end
            return
        }
        let target = min(space.end(behind: end, after: group, spare: spare), segmentSize)
        prepared = end
        guard target > end else { return }
        do throws(DiskError) {
            try PreparedSpace.write(from: end, to: target, file)
            prepared = target
        } catch {
            // Some of them may be there. What they took is given back to whoever needs it more.
            hasRoom = false
            try? file.truncate(to: end)
        }
    }

    /// Takes away the zeros behind the records. Not durable before the file is flushed.
    private mutating func trim() throws(DiskError) {
        guard prepared > size else { return }
        try file.truncate(to: size)
        prepared = size
    }

    /// Begins a segment. All before it is durable; it is durable itself, with its name, when this returns.
    private mutating func begin(_ first: UInt64) throws(DiskError) {
        // Only the last segment may have something behind its records.
        if prepared > size {
            try trim()
            try flush()
        }
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
        prepared = size
        hasRoom = true
    }

    /// Closes the file for good, without the zeros behind its records.
    package mutating func finish() {
        // They do no harm where they stay.
        try? trim()
        file.close()
    }

    /// Closes the file.
    package func close() {
        file.close()
    }
}
