/// A small file of lines whose last line tells whether the others are as they were written.
///
/// ```
/// {"partitions":2}
/// crc32c 0c3fa81e
/// ```
enum CheckedFile {
    private static let mark = Array("\ncrc32c ".utf8)

    /// The file's bytes.
    static func encode(_ content: [UInt8]) -> [UInt8] {
        content + mark + Array(hex(CRC32C.of(content)).utf8) + [0x0A]
    }

    /// Takes the content from the file's bytes.
    /// - Throws: ``Malformed`` if it is not as it was written.
    static func decode(_ bytes: [UInt8]) throws(Malformed) -> [UInt8] {
        let tail = mark.count + 9
        guard bytes.count >= tail else { throw Malformed("it is too short") }
        let content = Array(bytes.dropLast(tail))
        guard bytes.elementsEqual(encode(content)) else { throw Malformed("its checksum is wrong") }
        return content
    }

    private static func hex(_ number: UInt32) -> String {
        let digits = String(number, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
