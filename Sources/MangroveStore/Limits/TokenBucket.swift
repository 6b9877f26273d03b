import Mangrove

/// Keeps a ``RateLimit``: a bucket that fills steadily and is taken from.
///
/// A value without a clock. What is larger than the bucket may be taken from a full one, which is then in debt for as long as
/// it takes to fill again: a large batch is late, not impossible.
struct TokenBucket: Sendable {
    private let limit: RateLimit
    /// When the bucket was, or will be, full, as far as is known.
    private var fullAt: RuntimeInstant?

    init(_ limit: RateLimit) {
        self.limit = limit
    }

    /// Takes `count` out, if enough is in.
    /// - Returns: nil if they were taken; else how long to wait before it is worth another try, and nothing was taken.
    mutating func take(_ count: Int, at now: RuntimeInstant) -> Duration? {
        let full = max(fullAt ?? now, now)
        // What is missing in the bucket now, and may be missing at most before something is taken out.
        let missing = full.nanoseconds - now.nanoseconds
        let allowed = max(0, time(for: limit.burst) - time(for: min(count, limit.burst)))
        guard missing <= allowed else { return .nanoseconds(missing - allowed) }
        fullAt = RuntimeInstant(nanoseconds: full.nanoseconds + time(for: count))
        return nil
    }

    /// Nanoseconds in which so many come in.
    private func time(for count: Int) -> Int64 {
        Int64(Double(count) / Double(limit.perSecond) * 1_000_000_000)
    }
}
