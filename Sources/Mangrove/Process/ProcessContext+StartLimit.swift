extension ProcessContext {
    /// Does what a start takes its time for, within a limit: for use in the closure that starts the process. Source: the
    /// `timeout` option of `gen_server:start/3`.
    ///
    /// When the limit is over the process is killed: its start has failed with ``StartTimedOut``, and its supervisor goes on
    /// as after any failed start. `body` is cancelled; if it does not heed that, what it returns late is thrown away.
    ///
    /// ```swift
    /// Worker("database") { context in try await context.start(within: .seconds(1)) { try await Database.connect() } }
    /// ```
    /// - Parameters:
    ///   - limit: how long it may take; not above zero is no time at all.
    ///   - body: makes what the start needs, usually the actor.
    /// - Returns: what `body` returns.
    /// - Throws: ``StartTimedOut``; what `body` throws; `CancellationError` if the process has ended.
    public func start<Value: Sendable>(
        within limit: Duration,
        _ body: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let outcome = AnswerWaiter<Value>()
        let work = Lock<Task<Void, Never>?>(nil)
        let activity = ProcessCell.activity
        return try await withTaskCancellationHandler {
            let lives = cell.state.withLock { state -> Bool in
                if case .dead = state.phase { return false }
                // Code of a process that was killed counts as running until it has returned.
                cell.gate.pin()
                return true
            }
            guard lives else { throw CancellationError() }
            let task = runtime.spawn {
                await ProcessCell.$activity.withValue(activity) { await run(body, outcome) }
            }
            work.withLock { $0 = task }
            // Cancelled before there was anything to cancel.
            if Task.isCancelled { task.cancel() }
            outcome.keep(
                runtime.clock.schedule(after: limit) {
                    if outcome.end(.failed(StartTimedOut(limit: limit))) != .over { task.cancel() }
                }
            )
            return try await outcome.answer(on: nil)
        } onCancel: {
            outcome.fail(CancellationError())
            work.withLock { $0 }?.cancel()
        }
    }

    private func run<Value: Sendable>(
        _ body: @Sendable () async throws -> Value,
        _ outcome: AnswerWaiter<Value>
    ) async {
        defer { cell.leave() }
        do {
            let value = try await body()
            if !outcome.succeed(value) { runtime.emit(RuntimeEvents.lateStart) { path } }
        } catch {
            outcome.fail(error)
        }
    }
}

/// A start took longer than it was given. The process was killed.
public struct StartTimedOut: Error, Sendable, Equatable {
    /// How long it was given.
    public var limit: Duration
}

extension StartTimedOut: CustomStringConvertible {
    /// One line: what is the matter.
    public var description: String { "not started within \(limit)" }
}
