/// Looks for bytes that need a second look, eight at a time.
enum PlainBytes {
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// Where in a word, its lowest byte first, a quotation mark, a backslash, a control character or a part of a character of
    /// several bytes stands; 8 if there is none.
    @inline(__always)
    static func firstOther(in word: UInt64) -> Int {
        // A byte that is less than what is taken from it gets its highest bit; so may those above it, but none below it.
        let quotes = (word ^ (ones &* 0x22)) &- ones
        let backslashes = (word ^ (ones &* 0x5C)) &- ones
        let found = (word | (word &- (ones &* 0x20)) | quotes | backslashes) & highs
        return found.trailingZeroBitCount / 8
    }

    /// Whether a text has neither control characters nor characters of several bytes; false means to look closer.
    static func isPlain(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var offset = 0
        while offset + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            let found = (word | (word &- (ones &* 0x20)) | ((word ^ (ones &* 0x7F)) &- ones)) & highs
            guard found == 0 else { return false }
            offset += 8
        }
        return bytes[offset...].allSatisfy { 0x20..<0x7F ~= $0 }
    }
}
