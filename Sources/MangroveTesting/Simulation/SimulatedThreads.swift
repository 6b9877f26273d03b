public import Mangrove

/// The threads for blocking work of one machine of a simulation: what they are given falls between other steps as the
/// seed chooses, and may be made to take time.
public final class SimulatedThreads: BlockingThreads {
    private struct State {
        var slow = 0
        var time = Duration.zero
        var slowed = 0
    }

    private let tasks: SimulatedTasks
    private let clock: VirtualClock
    private let state = Lock(State())

    init(tasks: SimulatedTasks, clock: VirtualClock) {
        self.tasks = tasks
        self.clock = clock
    }

    /// Has the next `count` pieces of work, a flush of the disk for instance, begin only after `time` has passed.
    public func slowDown(next count: Int = 1, by time: Duration) {
        state.withLock { state in
            state.slow = max(0, count)
            state.time = time
        }
    }

    /// How many pieces of work were made to take time.
    public var slowed: Int { state.withLock { $0.slowed } }

    /// Does the work as a step of the simulation.
    public func submit(_ job: @escaping @Sendable () -> Void) {
        let time = state.withLock { state -> Duration? in
            guard state.slow > 0 else { return nil }
            state.slow -= 1
            state.slowed += 1
            return state.time
        }
        guard let time else { return start(job) }
        _ = clock.schedule(after: time) { [self] in start(job) }
    }

    private func start(_ job: @escaping @Sendable () -> Void) {
        tasks.spawn { job() }
    }
}
