extension Collection {
    /// Waits for the results of several tasks. Source: `Task.await_many/2`.
    ///
    /// The first failure ends the wait. Nothing is left waiting behind, and the other tasks run on; those that are linked end
    /// if the owner does. Cancelling the awaiting task ends the linked ones, and their owner lives on.
    ///
    /// ```swift
    /// let pages = try await tasks.values(within: .seconds(10))
    /// ```
    /// - Parameter limit: how long to wait for all of them together; nil for as long as it takes.
    /// - Returns: the results, in the order of the tasks.
    /// - Throws: as ``SupervisedTask/value(within:)``.
    public func values<Value>(within limit: Duration? = .seconds(5)) async throws -> [Value]
    where Element == SupervisedTask<Value> {
        let tasks = Array(self)
        do {
            try await TaskWait.wait(for: tasks, wanted: tasks.count, stopAtFailure: true, limit: limit)
        } catch is CancellationError {
            for task in tasks where task.owner != nil {
                task.unlink()
                task.cell.requestStop(.shutdown)
            }
            throw CancellationError()
        }
        let results = tasks.map(\.outcome.result)
        for case .failure(let error)? in results { throw error }
        return try results.map { result in
            guard let result else { throw TaskError.timedOut(limit ?? .zero) }
            return try result.get()
        }
    }

    /// Waits for the results of several tasks for a while. Source: `Task.yield_many/2`.
    /// - Parameters:
    ///   - limit: how long to wait for all of them together; nil for as long as it takes.
    ///   - enough: how many results end the wait; nil for all.
    ///   - late: what becomes of tasks without a result then.
    /// - Returns: the tasks in their order, each with its result or nil.
    /// - Throws: `CancellationError`, and nothing is done to the tasks; ``CallError/deadlock(_:)``.
    public func yield<Value>(
        within limit: Duration? = .seconds(5),
        enough: Int? = nil,
        late: LateTasks = .leave
    ) async throws -> [(task: SupervisedTask<Value>, result: Result<Value, any Error>?)]
    where Element == SupervisedTask<Value> {
        let tasks = Array(self)
        try await TaskWait.wait(for: tasks, wanted: enough ?? tasks.count, stopAtFailure: false, limit: limit)
        var results: [(task: SupervisedTask<Value>, result: Result<Value, any Error>?)] = []
        for task in tasks {
            guard task.outcome.result == nil else {
                results.append((task, task.outcome.result))
                continue
            }
            switch late {
            case .leave: results.append((task, task.outcome.result))
            case .kill: results.append((task, await task.shutdown(.brutalKill)))
            case .ignore: results.append((task, task.ignore()))
            }
        }
        return results
    }
}

/// What becomes of tasks that have no result in time.
public enum LateTasks: Sendable, Hashable {
    /// They run on, and can be asked again.
    case leave
    /// They are killed.
    case kill
    /// They run on, and nobody will learn what becomes of them; see ``SupervisedTask/ignore()``.
    case ignore
}
