public import Mangrove

/// A clock that stands still until it is moved: in a ``Simulation``, to the next timer whenever nothing else is left to do.
///
/// Civil time begins at 2020-01-01T00:00:00Z and moves with it.
public final class VirtualClock: RuntimeClock {
    private struct State {
        var now: Int64 = 0
        var timers = TimerHeap<VirtualTimer>()
    }

    private let state = Lock(State())
    private let checks: Checks?

    /// Makes a clock that shows zero.
    public init() { checks = nil }

    init(checks: Checks) { self.checks = checks }

    /// The time it was moved to.
    public func now() -> RuntimeInstant {
        checks?.touched { "reads the clock" }
        return time
    }

    /// As ``now()``, for the simulation itself.
    var time: RuntimeInstant { RuntimeInstant(nanoseconds: state.withLock { $0.now }) }

    /// When the next timer is due.
    var nextDeadline: RuntimeInstant? { state.withLock { $0.timers.first?.deadline } }

    /// The simulated civil time.
    public func civilMicroseconds() -> Int64 {
        simulatedEpochMicroseconds + now().nanoseconds / 1_000
    }

    /// Runs `action` when the clock is moved to `deadline` or past it; on the thread that moves it.
    public func schedule(at deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        checks?.touched { "sets a timer" }
        let timer = VirtualTimer(deadline, action, self)
        state.withLock { $0.timers.insert(timer) }
        return timer
    }

    /// How many timers are set.
    public var timerCount: Int { state.withLock { $0.timers.count } }

    /// As ``timerCount``.
    public var pendingTimers: Int? { timerCount }

    /// Moves to the next timer, if there is one, and fires it.
    /// - Returns: false if no timer is set.
    @discardableResult
    public func advanceToNextTimer() -> Bool {
        fireNext(notAfter: .max)
    }

    /// Moves by `duration`, firing the timers on the way, each at its own time.
    public func advance(by duration: Duration) {
        let end = now().advanced(by: duration)
        while fireNext(notAfter: end.nanoseconds) {}
        state.withLock { $0.now = max($0.now, end.nanoseconds) }
    }

    private func fireNext(notAfter limit: Int64) -> Bool {
        let due = state.withLock { state -> VirtualTimer? in
            guard let first = state.timers.first, first.deadline.nanoseconds <= limit else { return nil }
            state.now = max(state.now, first.deadline.nanoseconds)
            _ = state.timers.remove(first)
            return first
        }
        due?.action()
        return due != nil
    }

    fileprivate func remove(_ timer: VirtualTimer) -> Bool {
        state.withLock { $0.timers.remove(timer) }
    }
}

private final class VirtualTimer: RuntimeTimer, HeapedTimer {
    let deadline: RuntimeInstant
    let action: @Sendable () -> Void
    // Safe: read and written by the heap only, inside the clock's lock. The clock is released with its last timer.
    nonisolated(unsafe) var heapIndex: Int?
    private let clock: VirtualClock

    init(_ deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void, _ clock: VirtualClock) {
        self.deadline = deadline
        self.action = action
        self.clock = clock
    }

    func cancel() -> Bool {
        clock.remove(self)
    }
}
