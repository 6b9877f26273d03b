/// A random number generator whose numbers follow from its seed alone: xoshiro256**, seeded through SplitMix64.
///
/// The same seed gives the same numbers on every machine and in every version. Not for secrets.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: (UInt64, UInt64, UInt64, UInt64)

    /// Makes a generator. Every seed is as good as any other, neighbours included.
    public init(seed: UInt64) {
        var seed = seed
        func split() -> UInt64 {
            seed &+= 0x9E37_79B9_7F4A_7C15
            var value = seed
            value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
            value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
            return value ^ value >> 31
        }
        state = (split(), split(), split(), split())
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 {
            value << count | value >> (64 - count)
        }
        let result = rotate(state.1 &* 5, 7) &* 9
        let shifted = state.1 << 17
        state.2 ^= state.0
        state.3 ^= state.1
        state.1 ^= state.2
        state.0 ^= state.3
        state.2 ^= shifted
        state.3 = rotate(state.3, 45)
        return result
    }

    /// A generator of its own, whose numbers have nothing to do with those that follow here.
    public mutating func split() -> SeededGenerator {
        SeededGenerator(seed: next())
    }
}
