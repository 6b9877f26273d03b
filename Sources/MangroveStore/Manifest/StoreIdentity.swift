/// 128 random bits that tell a store from every other, also from an earlier one of the same name.
package struct StoreIdentity: Sendable, Hashable {
    /// The first half.
    package var high: UInt64
    /// The second half.
    package var low: UInt64

    /// Makes an identity; the halves should come from the runtime's random source.
    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}
