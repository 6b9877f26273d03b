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
}

private func monotonicNow() -> RuntimeInstant {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return RuntimeInstant(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
}

/// The timers of one clock and the thread that fires them.
private final class TimerQueue: Sendable {
    private struct State {
        var timers = TimerHeap<QueuedTimer>()
        var running = false
        var closed = false
    }

    private let state = Lock(State())
    private let bell = ThreadSignal()

    func add(_ deadline: RuntimeInstant, _ action: @escaping @Sendable () -> Void) -> any RuntimeTimer {
        let timer = QueuedTimer(deadline, action, self)
        let (isFirst, mustStart) = state.withLock { state in
            state.timers.insert(timer)
            let mustStart = !state.running
            state.running = true
            return (state.timers.first === timer, mustStart)
        }
        if mustStart {
            SystemThread.start("mangrove-timers") { [self] in fire() }
        } else if isFirst {
            bell.ring()
        }
        return timer
    }

    func remove(_ timer: QueuedTimer) -> Bool {
        state.withLock { $0.timers.remove(timer) }
    }

    func close() {
        state.withLock { $0.closed = true }
        bell.ring()
    }

    private func fire() {
        while true {
            let current = monotonicNow()
            let (due, next, closed) = state.withLock { state -> (QueuedTimer?, RuntimeInstant?, Bool) in
                guard !state.closed else { return (nil, nil, true) }
                guard let first = state.timers.first else { return (nil, nil, false) }
                guard first.deadline <= current else { return (nil, first.deadline, false) }
                _ = state.timers.remove(first)
                return (first, nil, false)
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
