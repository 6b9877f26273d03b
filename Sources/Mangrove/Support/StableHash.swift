/// A key whose hash is the same in every program, on every machine, for ever; unlike `Hashable`'s, which is seeded anew in
/// each run.
public protocol StableHashable: Sendable {
    /// Feeds the key's bytes to the hash.
    func hash(into hash: inout StableHash)
}

extension StableHashable {
    /// The partition the key belongs to, out of `count`.
    public func stablePartition(of count: Int) -> Int {
        guard count > 1 else { return 0 }
        var hash = StableHash()
        self.hash(into: &hash)
        return Int(hash.value % UInt64(count))
    }
}

/// The hash that routes keys to partitions: FNV-1a over 64 bits, finished with the mixer of splitmix64.
public struct StableHash: Sendable {
    private var state: UInt64 = 0xCBF2_9CE4_8422_2325

    /// Makes an empty hash.
    public init() {}

    /// Adds bytes.
    public mutating func combine(_ bytes: some Sequence<UInt8>) {
        for byte in bytes { state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
    }

    /// The hash of what was added.
    public var value: UInt64 {
        // FNV's low bits alone are weak for short keys, and a remainder uses little else.
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension String: StableHashable {
    /// Adds the UTF-8 bytes and a terminator that cannot occur in them.
    public func hash(into hash: inout StableHash) {
        hash.combine(utf8)
        hash.combine(CollectionOfOne(0xFF))
    }
}

extension Int: StableHashable {
    /// Adds the eight bytes, lowest first.
    public func hash(into hash: inout StableHash) {
        withUnsafeBytes(of: Int64(self).littleEndian) { hash.combine($0) }
    }
}
