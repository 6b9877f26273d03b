package import Mangrove

/// A segment's file: which records it stands for, and how often it was rewritten.
package struct SegmentID: Sendable, Hashable {
    /// Index of the first record.
    package var first: UInt64
    /// 0 for the segment as it was written, and one more for each time it was rewritten without what is gone.
    package var generation: UInt32 = 0

    /// The file's name: that of the segment, with the generation in it if that is not 0.
    package var name: String {
        generation == 0
            ? SegmentFormat.name(first)
            : SegmentFormat.padded(first) + "." + String(generation) + ".log"
    }

    /// Names a segment.
    package init(_ first: UInt64, _ generation: UInt32 = 0) {
        self.first = first
        self.generation = generation
    }

    /// The segment whose file has this name, or nil if no segment's has.
    package init?(name: String) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard 2...3 ~= parts.count, let first = UInt64(parts[0]), first > 0 else { return nil }
        guard let generation = parts.count == 3 ? UInt32(parts[1]) : 0 else { return nil }
        self.init(first, generation)
        guard self.name == name else { return nil }
    }
}

/// The files in a log's directory: the newest of each segment, and those that a rewritten one has replaced.
package struct SegmentListing {
    /// The segments, in order.
    package var segments: [SegmentID] = []
    /// The names of files that are of no more use.
    package var obsolete: [String] = []

    /// What ends the name of a file that is being written.
    package static let unfinished = ".log.tmp"

    /// Looks into a log's directory.
    package init(_ disk: any Disk, _ path: String) throws(DiskError) {
        var newest: [UInt64: SegmentID] = [:]
        for name in try disk.list(path) {
            if name.hasSuffix(Self.unfinished) { obsolete.append(name) }
            guard let segment = SegmentID(name: name) else { continue }
            guard let other = newest[segment.first] else {
                newest[segment.first] = segment
                continue
            }
            let isNewer = segment.generation > other.generation
            newest[segment.first] = isNewer ? segment : other
            obsolete.append((isNewer ? other : segment).name)
        }
        segments = newest.values.sorted { $0.first < $1.first }
    }

    /// Removes what is of no more use. The names that replace it are made durable first.
    package func clean(_ disk: any Disk, _ path: String) throws(DiskError) {
        guard !obsolete.isEmpty else { return }
        try disk.syncDirectory(path)
        for name in obsolete { try disk.removeIfPresent(path + "/" + name) }
        try disk.syncDirectory(path)
    }
}
