extension EventID: LosslessStringConvertible {
    /// The namespace of the ids derived from strings: `6d616e67-726f-5665-8576-656e74696473`.
    ///
    /// It is fixed for ever: the ids in existing stores were made with it.
    public static let namespace = EventID(high: 0x6d61_6e67_726f_5665, low: 0x8576_656e_7469_6473)

    /// Reads a UUID: 32 hexadecimal digits of either case in groups of 8, 4, 4, 4 and 12 with hyphens between them.
    ///
    /// Any version and variant is taken. Other spellings (braces, `urn:uuid:`, no hyphens) are not UUIDs here: nil.
    public init?(_ description: String) {
        var halves: (UInt64, UInt64) = (0, 0)
        var count = 0
        for byte in description.utf8 {
            if [8, 13, 18, 23].contains(count) {
                guard byte == UInt8(ascii: "-") else { return nil }
            } else {
                guard count < 36, let digit = hexadecimalValue(of: byte) else { return nil }
                if count < 18 {
                    halves.0 = halves.0 << 4 | UInt64(digit)
                } else {
                    halves.1 = halves.1 << 4 | UInt64(digit)
                }
            }
            count += 1
        }
        guard count == 36 else { return nil }
        self.init(high: halves.0, low: halves.1)
    }

    /// The id a caller means by `text`: the UUID it is, or the id derived from it.
    ///
    /// So any string can name an event, and the same string for the same stream is the same id, today and after a restart.
    public init(naming text: String, stream: String, store: String) {
        self = EventID(text) ?? EventID(derivedFrom: text, stream: stream, store: store)
    }

    /// The UUID of version 5 (RFC 9562) of store, stream and text in ``namespace``.
    ///
    /// Each of the three goes into the hash behind its length (eight bytes, big-endian, of its UTF-8), so that no two
    /// different triples look the same to it.
    public init(derivedFrom text: String, stream: String, store: String) {
        var message = EventID.namespace.bytes
        for part in [store, stream, text] {
            message.append(contentsOf: bigEndianBytes(UInt64(part.utf8.count)))
            message.append(contentsOf: Array(part.utf8))
        }
        let digest = SHA1.digest(message)
        self.init(bytes: digest[..<16], version: 5)
    }

    /// A UUID of version 4 of 128 random bits, six of which give way to the version and the variant.
    ///
    /// The bits are the caller's to supply, so that a simulation decides them.
    public init(randomHigh high: UInt64, low: UInt64) {
        self.init(
            high: high & ~0xF000 | 0x4000,
            low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }

    /// The canonical form: lowercase, in groups of 8, 4, 4, 4 and 12 digits.
    public var description: String {
        String(unsafeUninitializedCapacity: 36) { buffer in
            var length = 0
            for (index, byte) in bytes.enumerated() {
                if [4, 6, 8, 10].contains(index) {
                    buffer[length] = UInt8(ascii: "-")
                    length += 1
                }
                buffer[length] = hexadecimalDigit(byte >> 4)
                buffer[length + 1] = hexadecimalDigit(byte)
                length += 2
            }
            return length
        }
    }

    /// The 16 bytes, most significant first.
    var bytes: [UInt8] {
        bigEndianBytes(high) + bigEndianBytes(low)
    }

    /// Sixteen bytes, most significant first, marked with a version and the RFC's variant.
    private init(bytes: ArraySlice<UInt8>, version: UInt64) {
        let high = bytes.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let low = bytes.suffix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        self.init(
            high: high & ~0xF000 | version << 12,
            low: low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        )
    }
}
