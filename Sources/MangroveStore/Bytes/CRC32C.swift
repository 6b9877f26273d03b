/// The Castagnoli checksum (reflected polynomial 0x82F63B78), which frames every record, header and checkpoint.
package struct CRC32C: Sendable {
    private var state: UInt32 = 0xFFFF_FFFF

    /// Starts a checksum over no bytes.
    package init() {}

    /// The checksum of all bytes so far.
    package var value: UInt32 { ~state }

    /// Continues the checksum over more bytes.
    package mutating func update(_ bytes: UnsafeRawBufferPointer) {
        state = Self.tables.withUnsafeBufferPointer { Self.run(state, bytes, $0) }
    }

    /// The checksum of `bytes`.
    package static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        var checksum = CRC32C()
        checksum.update(bytes)
        return checksum.value
    }

    /// The checksum of `bytes`.
    package static func of(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { of($0) }
    }

    /// Sixteen tables of 256: table k moves a byte k places further through the polynomial, so that sixteen bytes are taken
    /// at a time with sixteen independent look-ups.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 16 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
            }
            tables[byte] = value
        }
        for index in 256..<16 * 256 {
            let before = tables[index - 256]
            tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    /// Moves eight bytes through the polynomial, of which the last is followed by `behind` more.
    @inline(__always)
    private static func move(_ word: UInt64, _ behind: Int, _ tables: UnsafeBufferPointer<UInt32>) -> UInt32 {
        func look(_ place: Int) -> UInt32 {
            tables[(behind + 7 - place) * 256 + Int(truncatingIfNeeded: word >> UInt64(8 * place) & 0xFF)]
        }
        return look(0) ^ look(1) ^ look(2) ^ look(3) ^ look(4) ^ look(5) ^ look(6) ^ look(7)
    }

    private static func run(
        _ start: UInt32,
        _ bytes: UnsafeRawBufferPointer,
        _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        var state = start
        var index = 0
        let count = bytes.count
        func word(_ offset: Int) -> UInt64 {
            UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
        while count - index >= 16 {
            state = move(word(index) ^ UInt64(state), 8, tables) ^ move(word(index + 8), 0, tables)
            index += 16
        }
        if count - index >= 8 {
            state = move(word(index) ^ UInt64(state), 0, tables)
            index += 8
        }
        while index < count {
            state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xFF)]
            index += 1
        }
        return state
    }
}
