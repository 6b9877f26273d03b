/// How long a supervisor waits before it restarts a child, ever longer while the child does not stay up.
///
/// Without one a child is restarted at once. With one, a child that ends, or whose restart fails, waits: ``initial`` at
/// first, ``factor`` times as long each time after, ``maximum`` at most. Once an incarnation has stayed up for
/// ``resetAfter``, the next wait is ``initial`` again. Siblings that the ``Strategy`` restarts with it are stopped at once
/// and wait with it.
///
/// The restart counts against the supervisor's ``RestartIntensity`` when it is made, not when the child ends: one that is
/// called off does not count, and a wait that lets older restarts expire keeps a supervisor from giving up. While it waits,
/// the child shows as restarting, with the time of the next attempt; it can be terminated, and ``restartChild(_:)`` makes the
/// attempt at once, uncounted.
public struct Backoff: Sendable, Hashable {
    /// The first wait; not below zero.
    public var initial: Duration
    /// The longest wait; at least ``initial``.
    public var maximum: Duration
    /// How much longer each wait is than the one before; finite, and at least 1.
    ///
    /// However large it is, no wait is longer than ``maximum``: a factor that leads past it, even to a time that cannot be
    /// represented, is not refused, since what it asks for is well defined: the longest wait, from the second on.
    public var factor: Double
    /// Which part of a wait chance can take away, 0 to 1: so that children that fell together do not come back together.
    public var jitter: Double
    /// How long an incarnation must stay up for the next wait to be the first again; above zero.
    public var resetAfter: Duration

    /// Makes a backoff.
    public init(
        initial: Duration = .milliseconds(100),
        maximum: Duration = .seconds(30),
        factor: Double = 2,
        jitter: Double = 0.2,
        resetAfter: Duration = .seconds(60)
    ) {
        self.initial = initial
        self.maximum = maximum
        self.factor = factor
        self.jitter = jitter
        self.resetAfter = resetAfter
    }

    var isValid: Bool {
        initial >= .zero && maximum >= initial && factor >= 1 && factor.isFinite && (0...1).contains(jitter)
            && resetAfter > .zero
    }

    /// The wait that follows one of `last`, before chance takes its part.
    func wait(after last: Duration) -> Duration {
        // Compared before it is multiplied: the product need not be representable. Nothing stays nothing.
        guard last > .zero else { return last }
        return factor >= maximum / last ? maximum : min(last * factor, maximum)
    }
}

/// How many restarts of one child are too many, beside what its supervisor accepts of all.
///
/// A restart that this refuses does not count against the supervisor's ``RestartIntensity``.
public struct RestartBudget: Sendable, Hashable {
    /// What happens when a child has used its restarts up.
    public enum Exhaustion: Sendable, Hashable {
        /// The supervisor gives up, as with its own intensity.
        case supervisorGivesUp
        /// The child is left stopped and its siblings go on: those that were stopped for its sake are started again. It can
        /// be started with ``ProcessReference/restartChild(_:)``; a dynamic supervisor forgets it. For
        /// ``AutoShutdown`` it has ended for good.
        case childStaysStopped
    }

    /// How many restarts in how long a time.
    public var limit: RestartIntensity
    /// What happens when there would be more.
    public var whenUsedUp: Exhaustion

    /// Makes a budget.
    public init(_ maxRestarts: Int, within period: Duration, whenUsedUp: Exhaustion) {
        limit = RestartIntensity(maxRestarts, within: period)
        self.whenUsedUp = whenUsedUp
    }
}

/// What few children have; kept aside so that the others stay small.
final class RestartLimits: Sendable {
    let backoff: Backoff?
    let budget: RestartBudget?

    init?(_ backoff: Backoff?, _ budget: RestartBudget?) {
        guard backoff != nil || budget != nil else { return nil }
        self.backoff = backoff
        self.budget = budget
    }
}
