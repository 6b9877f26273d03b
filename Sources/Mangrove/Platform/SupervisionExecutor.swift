/// Where supervision runs: on the pool like everything else, and on a thread of its own while the pool makes no progress.
///
/// Swift's pool has about one thread for each core, and code that does not suspend keeps its thread. When all of them are kept,
/// nothing else would run: no restart, no timer. The jobs of supervisors and timers are therefore kept here, and for each a
/// *ticket* is given to the pool, which takes the next job when it comes up. Where no ticket has come up for a millisecond the
/// thread takes the jobs instead, until the pool is back. A machine that has much else to do can be that late without anything
/// being wrong; only a pool that stays away for a second is reported.
///
/// ```
///            job, bell                     a job waits 1 ms
///  dormant ────────────▶ watching ─────────────────────────▶ rescuing
///     ▲                   │    ▲                                │
///     └──no job for 5 ms──┘    └────────a ticket came up────────┘
/// ```
///
/// The thread starts with the first job and ends when the executor is closed. While it is dormant it costs nothing.
final class SupervisionExecutor: TaskExecutor {
    private struct Waiting {
        var job: UnownedJob
        var since: RuntimeInstant
    }

    private struct State {
        var jobs = RingQueue<Waiting>()
        var isRunning = false
        var isDormant = false
        var isClosed = false
        /// Since when the pool has made no progress, while it makes none.
        var starvedSince: RuntimeInstant?
        /// Whether that has been reported.
        var isReported = false
        var report: (@Sendable (PoolProgress) -> Void)?
    }

    private static let patience: Int64 = 1_000_000
    private static let watch: Int64 = 5_000_000
    private static let reportable: Int64 = 1_000_000_000

    private let state = Lock(State())
    private let bell = ThreadSignal()

    /// Has `report` told when the pool makes no progress, and when it does again.
    func report(to report: @escaping @Sendable (PoolProgress) -> Void) {
        state.withLock { $0.report = report }
    }

    func close() {
        state.withLock { $0.isClosed = true }
        bell.ring()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let waiting = Waiting(job: UnownedJob(job), since: monotonicNow())
        let (mustStart, mustRing) = state.withLock { state -> (Bool, Bool) in
            state.jobs.append(waiting)
            defer {
                state.isRunning = true
                state.isDormant = false
            }
            return (!state.isRunning, state.isDormant)
        }
        if mustStart {
            SystemThread.start("mangrove-supervision") { [self] in keepWatch() }
        } else if mustRing {
            bell.ring()
        }
        Task.detached { [self] in takeTicket() }
    }

    /// A ticket has come up: the pool makes progress.
    private func takeTicket() {
        let (job, recovered) = state.withLock { state -> (UnownedJob?, PoolProgress?) in
            let since = state.starvedSince.take()
            let recovered = since.map { PoolProgress.recovered(after: $0.duration(to: monotonicNow())) }
            defer { state.isReported = false }
            return (state.jobs.popFirst()?.job, state.isReported ? recovered : nil)
        }
        if let recovered { tell(recovered) }
        job?.runSynchronously(on: asUnownedTaskExecutor())
    }

    private enum Step {
        case rescue(UnownedJob)
        case report
        case wait(Int64?)
        case end
    }

    private func keepWatch() {
        var idleSince = monotonicNow()
        while true {
            let now = monotonicNow()
            let step = state.withLock { state -> Step in
                state.isDormant = false
                if let since = state.starvedSince, !state.isReported,
                    now.nanoseconds - since.nanoseconds >= Self.reportable
                {
                    state.isReported = true
                    return .report
                }
                guard let first = state.jobs.first else {
                    if state.isClosed { return .end }
                    // A job that comes now is rescued at once: its coming rings the bell.
                    let isWatching = now.nanoseconds - idleSince.nanoseconds < Self.watch
                    if state.starvedSince == nil, isWatching { return .wait(Self.patience) }
                    state.isDormant = true
                    return .wait(state.starvedSince == nil || state.isReported ? nil : Self.reportable / 10)
                }
                idleSince = now
                let age = now.nanoseconds - first.since.nanoseconds
                // Once the pool is known to be stuck, nothing waits for it to be found out again.
                guard state.starvedSince != nil || age >= Self.patience else { return .wait(Self.patience - age) }
                _ = state.jobs.popFirst()
                if state.starvedSince == nil { state.starvedSince = first.since }
                return .rescue(first.job)
            }
            switch step {
            case .rescue(let job):
                job.runSynchronously(on: asUnownedTaskExecutor())
            case .report:
                tell(.stuck)
            case .wait(let time):
                bell.wait(nanoseconds: time)
                if time == nil { idleSince = monotonicNow() }
            case .end:
                return
            }
        }
    }

    private func tell(_ progress: PoolProgress) {
        state.withLock { $0.report }?(progress)
    }
}

/// Whether the pool on which tasks run makes progress.
public enum PoolProgress: Sendable {
    /// All its threads are kept by code that does not suspend.
    case stuck
    /// One of them is free again.
    case recovered(after: Duration)
}
