/// A few threads for work that blocks, started as they are needed, up to a limit.
///
/// Jobs start in the order in which they were submitted. The threads end when the value is released and its jobs are done.
public final class SystemBlockingThreads: BlockingThreads {
    private let pool: ThreadPool

    /// Makes a pool of at most `limit` threads.
    public init(limit: Int = 4) {
        pool = ThreadPool(limit: max(1, limit))
    }

    deinit {
        pool.close()
    }

    /// Runs `job` as soon as a thread is free.
    public func submit(_ job: @escaping @Sendable () -> Void) {
        pool.submit(job)
    }
}

private final class ThreadPool: Sendable {
    private struct State {
        var jobs = RingQueue<@Sendable () -> Void>()
        var idle: [ThreadSignal] = []
        var threads = 0
        var closed = false
    }

    private enum Step {
        case run(@Sendable () -> Void)
        case wait
        case end
    }

    private let limit: Int
    private let state = Lock(State())

    init(limit: Int) {
        self.limit = limit
    }

    func submit(_ job: @escaping @Sendable () -> Void) {
        let (wake, start) = state.withLock { state -> (ThreadSignal?, Bool) in
            state.jobs.append(job)
            if let sleeper = state.idle.popLast() { return (sleeper, false) }
            guard state.threads < limit else { return (nil, false) }
            state.threads += 1
            return (nil, true)
        }
        wake?.ring()
        guard start else { return }
        if !SystemThread.start("mangrove-io", { [self] in work() }) {
            // The system is out of threads. With others of ours at work the job waits for them; with none it is run here:
            // late is better than never.
            let inline = state.withLock { state -> (@Sendable () -> Void)? in
                state.threads -= 1
                return state.threads == 0 ? state.jobs.popFirst() : nil
            }
            inline?()
        }
    }

    func close() {
        let sleepers = state.withLock { state -> [ThreadSignal] in
            state.closed = true
            defer { state.idle = [] }
            return state.idle
        }
        for sleeper in sleepers { sleeper.ring() }
    }

    private func work() {
        let signal = ThreadSignal()
        while true {
            let step = state.withLock { state -> Step in
                if let job = state.jobs.popFirst() { return .run(job) }
                if state.closed { return .end }
                state.idle.append(signal)
                return .wait
            }
            switch step {
            case .run(let job): job()
            case .wait: signal.wait()
            case .end: return
            }
        }
    }
}
