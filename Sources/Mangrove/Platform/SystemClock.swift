#if canImport(Darwin)
    import Darwin
#elseif canImport(Musl)
    import Musl
#else
    import Glibc
#endif

/// The machine's clock, with timers kept by one thread of its own, so that they fire while every pool thread is busy.
///
/// The thread starts with the first timer and ends when the clock is released.
public final class SystemClock: RuntimeClock {
    private let queue = TimerQueue()

    /// Makes a clock.
    public init() {}

    deinit {
        queue.close()
    }

    /// The monotonic time.
    public func now() -> RuntimeInstant {
        monotonicNow()
    }

    /// The civil time.
    public func civilMicroseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }

    /// Runs `action` at `deadline`, on the timer thread.
    public func schedule(at deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        queue.add(deadline, action)
    }

    /// How many timers are set.
    public var pendingTimers: Int? { queue.count }
}

func monotonicNow() -> RuntimeInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return RuntimeInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// The timers of one clock and the thread that fires them.
private final class TimerQueue: Sendable {
    private struct State {
        var timers = TimerHeap<QueuedTimer>()
        var running = false
        /// When the thread will look again by itself; a timer due earlier must wake it. Most timers are taken back long
        /// before they are due, and cost no wake-up at all.
        var wakesAt = RuntimeInstant(nanoseconds: .min)
        var closed = false
    }

    private let state = Lock(State())
    private let bell = ThreadSignal()

    func add(_ deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        let timer = QueuedTimer(deadline, action, self)
        let (mustStart, mustWake) = state.withLock { state in
            state.timers.insert(timer)
            let mustStart = !state.running
            state.running = true
            return (mustStart, deadline < state.wakesAt)
        }
        if mustStart {
            SystemThread.start("mangrove-timers") { [self] in fire() }
        } else if mustWake {
            bell.ring()
        }
        return timer
    }

    func remove(_ timer: QueuedTimer) -> Bool {
        state.withLock { $0.timers.remove(timer) }
    }

    var count: Int { state.withLock { $0.timers.count } }

    func close() {
        state.withLock { $0.closed = true }
        bell.ring()
    }

    private func fire() {
        while true {
            let current = monotonicNow()
            let (due, next, closed) = state.withLock { state -> (QueuedTimer?, RuntimeInstant?, Bool) in
                guard !state.closed else { return (nil, nil, true) }
                if let first = state.timers.first, first.deadline <= current {
                    _ = state.timers.remove(first)
                    state.wakesAt = RuntimeInstant(nanoseconds: .min)
                    return (first, nil, false)
                }
                let next = state.timers.first?.deadline
                state.wakesAt = next ?? RuntimeInstant(nanoseconds: .max)
                return (nil, next, false)
            }
            if closed { return }
            if let due {
                due.action()
            } else {
                bell.wait(nanoseconds: next.map { max(0, $0.nanoseconds - current.nanoseconds) })
            }
        }
    }
}

private final class QueuedTimer: RuntimeTimer, HeapedTimer {
    let deadline: RuntimeInstant
    let action: @Sendable () -> Void
    private let queue: TimerQueue
    // Safe: read and written by the heap only, inside the queue's lock.
    nonisolated(unsafe) var heapIndex: Int?

    init(_ deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void, _ queue: TimerQueue) {
        self.deadline = deadline
        self.action = action
        self.queue = queue
    }

    func cancel() -> Bool {
        queue.remove(self)
    }
}
