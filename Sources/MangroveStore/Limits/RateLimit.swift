/// So many in a second, and so many at once.
public struct RateLimit: Sendable, Hashable {
    /// How many may come each second, in the long run; more than zero.
    public var perSecond: Int
    /// How many may come at once after a quiet time; at least one.
    public var burst: Int

    /// Makes a limit.
    /// - Parameters:
    ///   - perSecond: less than one counts as one.
    ///   - burst: a second's worth unless given; less than one counts as one.
    public init(perSecond: Int, burst: Int? = nil) {
        self.perSecond = max(1, perSecond)
        self.burst = max(1, burst ?? self.perSecond)
    }
}
