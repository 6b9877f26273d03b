/// The seeds 0, 1, … of a test that runs once for each.
///
/// ```swift
/// @Test(arguments: Seeds(200)) func survives(seed: UInt64) throws { try Simulation(seed: seed).run { … } }
/// ```
///
/// With the environment variable `MANGROVE_SEED` set they are the one it names, whatever the count: see ``ReplayTrait``.
public struct Seeds: RandomAccessCollection, Sendable {
    /// One seed.
    public typealias Element = UInt64

    /// Zero.
    public let startIndex = 0
    /// How many there are.
    public let endIndex: Int

    private let only: UInt64?

    /// The first `count` seeds.
    public init(_ count: Int) {
        self.init(count, only: TestSettings.seed)
    }

    init(_ count: Int, only: UInt64?) {
        self.only = only
        endIndex = only == nil ? Swift.max(0, count) : 1
    }

    /// A seed.
    public subscript(position: Int) -> UInt64 { only ?? UInt64(position) }
}
