internal import Mangrove

/// The tasks that a simulation was asked to start: one that never ends waits for something that never comes.
final class TaskLedger: Sendable {
    private let tasks = Lock<[(task: Task<Void, Never>, step: Int)]>([])

    func add(_ task: Task<Void, Never>, step: Int) {
        tasks.withLock { $0.append((task, step)) }
    }

    /// Takes them all out, with the steps at which they were started.
    func takeAll() -> [(task: Task<Void, Never>, step: Int)] {
        tasks.withLock { tasks in
            defer { tasks = [] }
            return tasks
        }
    }
}
