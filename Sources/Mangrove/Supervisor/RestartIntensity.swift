/// How many restarts a supervisor accepts in how long a time before it gives up.
///
/// With `maxRestarts` of 3 in 5 seconds, three restarts are made and the fourth within five seconds of the first is not:
/// the supervisor stops its children and ends with ``ExitReason/shutdown``. Source: OTP's `intensity` and `period`.
public struct RestartIntensity: Sendable, Hashable {
    /// How time is cut for the comparison.
    public enum Resolution: Sendable, Hashable {
        /// As fine as the clock.
        case nanoseconds
        /// In whole seconds, as OTP does: two restarts up to just under `period` plus one second apart may count together.
        case wholeSeconds
    }

    /// The most restarts within the period.
    public var maxRestarts: Int
    /// The period.
    public var period: Duration
    /// How time is cut.
    public var resolution: Resolution

    /// Makes an intensity; the default is three restarts in five seconds.
    public init(_ maxRestarts: Int = 3, within period: Duration = .seconds(5), resolution: Resolution = .nanoseconds) {
        self.maxRestarts = maxRestarts
        self.period = period
        self.resolution = resolution
    }

    /// The intensity that supervisors of a runtime go by: this one, unless they are wrong on purpose.
    func applied(in runtime: Runtime) -> RestartIntensity {
        #if DEBUG || MANGROVE_FAULTS
            if runtime.isBroken(.allowsOneRestartMore) {
                return RestartIntensity(maxRestarts + 1, within: period, resolution: resolution)
            }
        #endif
        return self
    }

    func validate() throws(SpecError) {
        if maxRestarts < 0 { throw .negativeIntensity(maxRestarts) }
        if period <= .zero { throw .period(period) }
    }
}

/// The restarts of the recent past, oldest first: a ring that grows on demand and is pruned by age, so that a restart costs
/// the same however many came before it.
struct RestartWindow: Sendable {
    private var stamps = RingQueue<Int64>()

    /// Counts one restart.
    /// - Returns: whether it is within the limit.
    mutating func admit(at now: RuntimeInstant, _ intensity: RestartIntensity) -> Bool {
        // The stamps are kept as they are, so that another intensity can apply to them.
        let unit: Int64 = intensity.resolution == .wholeSeconds ? 1_000_000_000 : 1
        let start = now.nanoseconds / unit - intensity.period.wholeNanoseconds / unit
        // A stamp exactly one period old still counts.
        while let oldest = stamps.first, oldest / unit < start { _ = stamps.popFirst() }
        stamps.append(now.nanoseconds)
        return stamps.count <= intensity.maxRestarts
    }
}
