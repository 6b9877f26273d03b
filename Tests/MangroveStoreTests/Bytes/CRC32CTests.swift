import Testing

@testable import MangroveStore

@Suite struct CRC32CTests {
    @Test("The published test vectors come out right")
    func vectors() {
        // From RFC 3720, appendix B.4, and the usual check value.
        #expect(CRC32C.of(Array("123456789".utf8)) == 0xE306_9283)
        #expect(CRC32C.of([]) == 0)
        #expect(CRC32C.of([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
        #expect(CRC32C.of([UInt8](repeating: 0xFF, count: 32)) == 0x62A8_AB43)
        #expect(CRC32C.of(Array(0..<32)) == 0x46DD_794E)
        #expect(CRC32C.of(Array((0..<32).reversed())) == 0x113F_DB5C)
    }

    @Test("Summing in pieces gives the same as at once, and as bit by bit", arguments: 0..<40)
    func pieces(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ 11) }
        var slow: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            slow ^= UInt32(byte)
            for _ in 0..<8 { slow = slow & 1 == 1 ? slow >> 1 ^ 0x82F6_3B78 : slow >> 1 }
        }
        #expect(CRC32C.of(bytes) == ~slow)
        for cut in 0...count {
            var checksum = CRC32C()
            bytes[..<cut].withUnsafeBytes { checksum.update($0) }
            bytes[cut...].withUnsafeBytes { checksum.update($0) }
            #expect(checksum.value == ~slow)
        }
    }
}
