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

    /// Eight tables of 256: table k moves a byte k places further through the polynomial, so that eight bytes are taken
    /// at a time with eight independent look-ups.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 {
                value = value & 1 == 1 ? value >> 1 ^ 0x82F6_3B78 : value >> 1
            }
            tables[byte] = value
        }
        for index in 256..<8 * 256 {
            let before = tables[index - 256]
            tables[index] = before >> 8 ^ tables[Int(before & 0xFF)]
        }
        return tables
    }()

    private static func run(
        _ start: UInt32,
        _ bytes: UnsafeRawBufferPointer,
        _ tables: UnsafeBufferPointer<UInt32>
    ) -> UInt32 {
        var state = start
        var index = 0
        let count = bytes.count
        while count - index >= 8 {
            let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) ^ UInt64(state)
            let low =
                tables[7 * 256 + Int(word & 0xFF)] ^ tables[6 * 256 + Int(word >> 8 & 0xFF)]
                ^ tables[5 * 256 + Int(word >> 16 & 0xFF)] ^ tables[4 * 256 + Int(word >> 24 & 0xFF)]
            let high =
                tables[3 * 256 + Int(word >> 32 & 0xFF)] ^ tables[2 * 256 + Int(word >> 40 & 0xFF)]
                ^ tables[256 + Int(word >> 48 & 0xFF)] ^ tables[Int(word >> 56)]
            state = low ^ high
            index += 8
        }
        while index < count {
            state = state >> 8 ^ tables[Int((state ^ UInt32(bytes[index])) & 0xFF)]
            index += 1
        }
        return state
    }
}
