internal import Mangrove

/// Runs every job of a simulation, one at a time, on the thread that drives it; which of the waiting jobs comes next is
/// the seed's choice.
///
/// Tasks are started with it as their executor preference, which takes their child tasks and the default actors they call
/// along.
final class SimulatedExecutor: TaskExecutor {
    private struct State {
        var jobs: [UnownedJob] = []
        var generator: SeededGenerator
        var ran = 0
        /// Folds the choices made: equal for equal runs.
        var trace: UInt64 = 0xCBF2_9CE4_8422_2325
    }

    private let state: Lock<State>

    init(seed: UInt64) {
        state = Lock(State(generator: SeededGenerator(seed: seed)))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append(job) }
    }

    /// Runs one of the waiting jobs.
    /// - Returns: false if none waits.
    func runOne() -> Bool {
        let job = state.withLock { state -> UnownedJob? in
            guard !state.jobs.isEmpty else { return nil }
            let choice = Int(state.generator.next() % UInt64(state.jobs.count))
            state.ran += 1
            state.trace = (state.trace ^ UInt64(choice)) &* 0x0000_0100_0000_01B3
            state.trace = (state.trace ^ UInt64(state.jobs.count)) &* 0x0000_0100_0000_01B3
            // The order of those that wait is kept, so that a run depends on the choices alone.
            return state.jobs.remove(at: choice)
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    var steps: Int { state.withLock { $0.ran } }

    var trace: UInt64 { state.withLock { $0.trace } }

    func random() -> UInt64 {
        state.withLock { $0.generator.next() }
    }
}
