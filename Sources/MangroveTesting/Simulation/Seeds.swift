/// The seeds 0, 1, … of a test that runs once for each.
///
/// ```swift
/// @Test(arguments: Seeds(200)) func survives(seed: UInt64) throws { try Simulation(seed: seed).run { … } }
/// ```
public struct Seeds: RandomAccessCollection, Sendable {
    /// One seed.
    public typealias Element = UInt64

    /// Zero.
    public let startIndex = 0
    /// How many there are.
    public let endIndex: Int

    /// The first `count` seeds.
    public init(_ count: Int) {
        endIndex = Swift.max(0, count)
    }

    /// A seed.
    public subscript(position: Int) -> UInt64 { UInt64(position) }
}
