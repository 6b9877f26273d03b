import Mangrove

/// How much space is prepared behind the records of the segment that is written to: zeros, for later records to go over.
///
/// As much as the segment has already, between 16 KiB and a limit, so that a store of few events takes little. Behind a large
/// group there is none: its flush is the time that its bytes take, and zeros would only add to them.
package struct PreparedSpace: Sendable, Equatable {
    private static let least = 16 << 10
    private static let largeGroup = 128 << 10
    private static let block = 4 << 10
    private static let zeros = [UInt8](repeating: 0, count: 64 << 10)

    /// The most bytes; 0 for none at all.
    package var most: Int

    /// Makes a rule.
    package init(most: Int) {
        self.most = most
    }

    /// Where the prepared space is to end; the end of the records, or before it, if none is to be prepared.
    /// - Parameters:
    ///   - end: where the records end.
    ///   - group: bytes of what was written last.
    ///   - spare: bytes that may be taken.
    func end(behind end: Int, after group: Int, spare: Int) -> Int {
        guard group <= Self.largeGroup else { return end }
        let wanted = min(max(end, Self.least), most, spare)
        return (end + wanted) / Self.block * Self.block
    }

    /// Writes zeros.
    static func write(from start: Int, to end: Int, _ file: any DiskFile) throws(DiskError) {
        var offset = start
        while offset < end {
            let count = min(end - offset, zeros.count)
            try zeros.withUnsafeBufferPointer { zeros throws(DiskError) in
                try file.write(UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(zeros)[..<count]), at: offset)
            }
            offset += count
        }
    }

    /// Whether there is nothing but zeros in a file from a place on, and so no record and no part of one.
    static func isAll(of file: any DiskFile, from start: Int, to end: Int) throws(DiskError) -> Bool {
        var offset = start
        while offset < end {
            let bytes = try file.bytes(at: offset, count: min(end - offset, 1 << 20))
            guard !bytes.isEmpty, bytes.allSatisfy({ $0 == 0 }) else { return false }
            offset += bytes.count
        }
        return true
    }
}
