/// How a store's log is kept.
package struct LogOptions: Sendable, Equatable {
    /// A segment that has reached this many bytes is followed by a new one; one record can carry it past that. Between
    /// 4 KiB and 1 GiB.
    package var segmentSize: Int
    /// How many segments are held open for reading at most.
    package var openSegments: Int
    /// The most bytes read at once.
    package var readSize: Int
    /// A log of at most this many bytes is read in full when it is opened, even where a checkpoint would make that
    /// unnecessary: it takes no time worth mentioning, and damage is found at once.
    package var checkedAtOpen: Int
    /// The most bytes that are prepared behind the records of the segment that is written to; 0 for none.
    package var ahead: Int

    /// Makes options; values out of range are brought into it.
    package init(
        segmentSize: Int = 64 << 20,
        openSegments: Int = 8,
        readSize: Int = 256 << 10,
        checkedAtOpen: Int = 16 << 20,
        ahead: Int = 512 << 10
    ) {
        self.segmentSize = min(max(segmentSize, 4 << 10), 1 << 30)
        self.openSegments = max(openSegments, 1)
        self.readSize = max(readSize, 4 << 10)
        self.checkedAtOpen = max(checkedAtOpen, 0)
        self.ahead = max(ahead, 0)
    }
}
