/// A hash that is worked out once and kept beside what it is of: for keys that are looked up far more often than they are made.
///
/// Tables ask a key for its hash at each look-up. A key that keeps one gives it to them at the cost of a multiplication, where a
/// text would be gone through again.
struct KeptHash: Hashable, Sendable {
    private let value: Int

    /// The hash of what `feed` feeds to it.
    @inline(__always)
    init(_ feed: (inout Hasher) -> Void) {
        var hasher = Hasher()
        feed(&hasher)
        value = hasher.finalize()
    }

    /// The hash for a table with this seed.
    ///
    /// What is kept is as good as any hash, and keyed anew in each run; the seed keeps tables of different sizes from having their
    /// elements in one order, which would make filling one from another slow.
    @inline(__always)
    func mixed(with seed: Int) -> Int {
        Self.mix(UInt(bitPattern: value), with: seed)
    }

    /// The hash of a number that is different for each key, for a table with this seed.
    @inline(__always)
    static func mix(_ number: UInt, with seed: Int) -> Int {
        let mixed = (number ^ UInt(bitPattern: seed)) &* 0x9E37_79B9_7F4A_7C15
        return Int(bitPattern: mixed ^ mixed >> 32)
    }
}
