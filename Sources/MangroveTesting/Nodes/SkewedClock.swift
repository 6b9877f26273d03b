internal import Mangrove

/// How the clock of one machine differs from the simulation's.
public struct ClockSkew: Sendable, Hashable {
    /// How far its civil time is ahead; behind, if negative.
    public var offset: Duration
    /// How many microseconds it gains in a second, of both times; it loses them, if negative. More than −1,000,000.
    public var drift: Int

    /// Makes a skew.
    public init(offset: Duration = .zero, drift: Int = 0) {
        self.offset = offset
        self.drift = max(drift, -999_999)
    }
}

/// A clock that goes wrong: the simulation's, seen through a skew.
struct SkewedClock: RuntimeClock {
    let clock: VirtualClock
    let skew: ClockSkew

    func now() -> RuntimeInstant {
        RuntimeInstant(nanoseconds: seen(clock.now().nanoseconds))
    }

    func civilMicroseconds() -> Int64 {
        simulatedEpochMicroseconds + (now().nanoseconds + skew.offset.wholeNanoseconds) / 1_000
    }

    func schedule(at deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        clock.schedule(at: RuntimeInstant(nanoseconds: real(deadline.nanoseconds)), action)
    }

    var pendingTimers: Int? { clock.pendingTimers }

    private var rate: Int64 { 1_000_000 + Int64(skew.drift) }

    private func seen(_ nanoseconds: Int64) -> Int64 {
        scale(nanoseconds, by: rate, over: 1_000_000)
    }

    /// The first moment at which this clock shows that much.
    private func real(_ nanoseconds: Int64) -> Int64 {
        skew.drift == 0 ? nanoseconds : scale(nanoseconds, by: 1_000_000, over: rate) &+ 1
    }

    private func scale(_ value: Int64, by factor: Int64, over divisor: Int64) -> Int64 {
        guard factor != divisor else { return value }
        let product = value.multipliedFullWidth(by: factor)
        // Beyond what can be divided lies only the time of timers that are never due.
        guard abs(product.high) < divisor / 4 else { return value < 0 ? .min : .max - 1 }
        return divisor.dividingFullWidth(product).quotient
    }
}
