/// The handle of a task that runs under a ``TaskSupervisor``: its result, once there is one, and the means to end it.
///
/// A handle is a value: it can be passed on, and whoever has it can ask for the result, as often as they like.
///
/// ```swift
/// let task = try await jobs.async(for: context) { _ in try await fetch(page) }
/// let page = try await task.value()
/// ```
public struct SupervisedTask<Value: Sendable>: Sendable {
    let cell: ProcessCell
    let outcome: TaskOutcome<Value>
    /// The process it is linked with.
    let owner: ProcessCell?

    /// The process that does the work.
    public var process: Ref<TaskProcess> { Ref(cell) }

    /// Waits for the result. Source: `Task.await/2`.
    ///
    /// A timeout leaves the task running. If it is linked and its owner ends for want of the result, the task ends too.
    /// Cancelling the awaiting task ends the wait at once, and a linked task with it, as ``shutdown(_:)`` would: its owner
    /// lives on. One that is not linked runs on.
    /// - Parameter limit: how long to wait; nil for as long as it takes.
    /// - Throws: what the work threw; ``TaskError/exited(_:)`` if it ended without a result; ``TaskError/timedOut(_:)``;
    ///   ``TaskError/ignored``; `CancellationError`; ``CallError/deadlock(_:)`` if the task waits for the caller.
    public func value(within limit: Duration? = .seconds(5)) async throws -> Value {
        try await [self].values(within: limit)[0]
    }

    /// Waits for the result for a while. Source: `Task.yield/2`.
    ///
    /// Errors of the work come as values. Can be asked again and again.
    /// - Returns: the result, or nil if there is none yet.
    /// - Throws: `CancellationError`, and the task runs on; ``CallError/deadlock(_:)``.
    public func yield(within limit: Duration = .seconds(5)) async throws -> Result<Value, any Error>? {
        if let result = outcome.result { return result }
        try await TaskWait.wait(for: [self], wanted: 1, stopAtFailure: false, limit: limit)
        return outcome.result
    }

    /// Ends the task and waits for its end; the owner does not end with it. Source: `Task.shutdown/2`.
    /// - Parameter policy: how: by default it is cancelled, and killed if it has not ended after 5 seconds.
    /// - Returns: the result if there is one after all; a ``TaskError/exited(_:)`` if it ended otherwise than it was told
    ///   to, such as killed for want of obedience; else nil.
    @discardableResult
    public func shutdown(_ policy: ShutdownPolicy = .within(.seconds(5))) async -> Result<Value, any Error>? {
        unlink()
        if outcome.result == nil {
            let reason = await cell.stop(.shutdown, within: policy)
            outcome.finish(.failure(TaskError.exited(reason)))
        }
        guard case .failure(let error)? = outcome.result, case .exited(let reason)? = error as? TaskError else {
            return outcome.result
        }
        switch reason {
        case .shutdown: return nil
        case .killed where policy == .brutalKill: return nil
        default: return outcome.result
        }
    }

    /// Lets the task run on without anybody to care: it is no longer linked, and its result or failure is dropped. Source:
    /// `Task.ignore/1`.
    /// - Returns: the result, if there is one already.
    @discardableResult
    public func ignore() -> Result<Value, any Error>? {
        unlink()
        return outcome.finish(.failure(TaskError.ignored)) ? nil : outcome.result
    }

    func unlink() {
        if let owner { cell.unlink(from: owner) }
    }
}

/// Why a task has no result.
public enum TaskError: Error, Sendable {
    /// It ended before it had one: it was killed, told to stop, or threw ``Exit``.
    case exited(ExitReason)
    /// It took longer than that.
    case timedOut(Duration)
    /// ``SupervisedTask/ignore()`` was called on it.
    case ignored
    /// A number of tasks to run at once that is below 1.
    case concurrency(Int)
}

extension TaskError: CustomStringConvertible {
    /// One line: what is the matter.
    public var description: String {
        switch self {
        case .exited(let reason): "the task ended without a result: \(reason)"
        case .timedOut(let limit): "the task had no result within \(limit)"
        case .ignored: "the task's result is ignored"
        case .concurrency(let number): "\(number) tasks at once: at least 1 is needed"
        }
    }
}
