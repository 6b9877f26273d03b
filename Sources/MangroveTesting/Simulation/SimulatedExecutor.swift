internal import Mangrove

/// Runs every job of a simulation, one at a time, on the thread that drives it; which of the waiting jobs comes next is
/// the seed's choice.
///
/// Tasks are started with it as their executor preference, which takes their child tasks and the default actors they call
/// along.
final class SimulatedExecutor: TaskExecutor {
    private struct State {
        var jobs: [(job: UnownedJob, priority: UInt8)] = []
        var generator: SeededGenerator
        var ran = 0
        /// Folds the choices made: equal for equal runs.
        var trace: UInt64 = 0xCBF2_9CE4_8422_2325
    }

    private let state: Lock<State>
    private let checks: Checks
    private let priorities: SimulatedPriorities

    init(seed: UInt64, checks: Checks, priorities: SimulatedPriorities) {
        self.checks = checks
        self.priorities = priorities
        state = Lock(State(generator: SeededGenerator(seed: seed)))
    }

    func enqueue(_ job: consuming ExecutorJob) {
        checks.touched { "has a task of the simulation go on" }
        let priority = job.priority.rawValue
        let job = UnownedJob(job)
        state.withLock { $0.jobs.append((job, priority)) }
    }

    /// Runs one of the waiting jobs.
    /// - Returns: false if none waits.
    func runOne() -> Bool {
        let job = state.withLock { state -> UnownedJob? in
            guard !state.jobs.isEmpty else { return nil }
            let choice = choose(&state)
            state.ran += 1
            state.trace = (state.trace ^ UInt64(choice)) &* 0x0000_0100_0000_01B3
            state.trace = (state.trace ^ UInt64(state.jobs.count)) &* 0x0000_0100_0000_01B3
            // The order of those that wait is kept, so that a run depends on the choices alone.
            return state.jobs.remove(at: choice).job
        }
        guard let job else { return false }
        job.runSynchronously(on: asUnownedTaskExecutor())
        return true
    }

    private func choose(_ state: inout State) -> Int {
        guard priorities == .respected, let highest = state.jobs.map(\.priority).max() else {
            return Int(state.generator.next() % UInt64(state.jobs.count))
        }
        let first = state.jobs.indices.filter { state.jobs[$0].priority == highest }
        return first[Int(state.generator.next() % UInt64(first.count))]
    }

    var isIdle: Bool { state.withLock { $0.jobs.isEmpty } }

    var steps: Int { state.withLock { $0.ran } }

    var trace: UInt64 { state.withLock { $0.trace } }

    func random() -> UInt64 {
        state.withLock { $0.generator.next() }
    }
}

/// What the priorities of tasks mean to a simulation.
public enum SimulatedPriorities: Sendable, Hashable {
    /// Nothing: any task may come before any other, as on a machine that is free to do as it likes. Finds more.
    case ignored
    /// Of the tasks that could go on, those of the highest priority come first; the seed chooses among them.
    case respected
}
