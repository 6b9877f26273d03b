/// What a task has come to, once and for all, and who waits to learn it.
final class TaskOutcome<Value: Sendable>: Sendable {
    private struct State: Sendable {
        var result: Result<Value, any Error>?
        var observed: UInt64 = 0
        var observers: [(number: UInt64, notify: @Sendable () -> Void)] = []
    }

    private let state = Lock(State())

    var result: Result<Value, any Error>? { state.withLock { $0.result } }

    /// Settles the outcome, unless it is settled.
    /// - Returns: whether this settled it.
    @discardableResult
    func finish(_ result: Result<Value, any Error>) -> Bool {
        let observers = state.withLock { state -> [(number: UInt64, notify: @Sendable () -> Void)]? in
            guard state.result == nil else { return nil }
            state.result = result
            defer { state.observers = [] }
            return state.observers
        }
        for observer in observers ?? [] { observer.notify() }
        return observers != nil
    }

    /// Runs `notify` when the outcome is settled: at once if it is.
    /// - Returns: what to forget it by.
    func observe(_ notify: @escaping @Sendable () -> Void) -> UInt64 {
        let number = state.withLock { state -> UInt64? in
            guard state.result == nil else { return nil }
            state.observed += 1
            state.observers.append((state.observed, notify))
            return state.observed
        }
        if number == nil { notify() }
        return number ?? 0
    }

    func forget(_ observer: UInt64) {
        state.withLock { state in state.observers.removeAll { $0.number == observer } }
    }
}

/// One wait for several tasks: over when enough of them have ended, when one has failed and that matters, or when time is
/// up.
final class TaskWait: Sendable {
    private struct State: Sendable {
        var missing: Int
        var isLate = false
    }

    private let state: Lock<State>
    private let signal = AsyncSignal()

    private init(missing: Int) {
        state = Lock(State(missing: missing))
    }

    /// Waits, leaving nothing behind with the tasks or the clock.
    /// - Parameters:
    ///   - wanted: how many must have ended.
    ///   - stopAtFailure: whether one that failed is enough.
    /// - Throws: `CancellationError`; `CallError.deadlock` if one of the tasks waits for the waiter.
    static func wait<Value>(
        for tasks: [SupervisedTask<Value>],
        wanted: Int,
        stopAtFailure: Bool,
        limit: Duration?
    ) async throws {
        guard let runtime = tasks.first?.cell.runtime, wanted > 0 else { return }
        let notes = try notes(of: tasks.map(\.cell))
        defer { for note in notes { note.end() } }
        let wait = TaskWait(missing: min(wanted, tasks.count))
        let observers = tasks.map { task in
            task.outcome.observe {
                if stopAtFailure, case .failure? = task.outcome.result { wait.end() } else { wait.countOne() }
            }
        }
        let timer = limit.map { runtime.clock.schedule(after: $0) { wait.end() } }
        defer {
            timer?.cancel()
            for (task, observer) in zip(tasks, observers) { task.outcome.forget(observer) }
        }
        while !wait.isOver {
            try Task.checkCancellation()
            await wait.signal.wait()
        }
    }

    /// Notes that whoever runs waits for all of these.
    static func notes(of cells: [ProcessCell]) throws(CallError) -> [WaitNote] {
        var notes: [WaitNote] = []
        for cell in cells {
            do {
                if let note = try ProcessCell.beginWaiting(for: cell) { notes.append(note) }
            } catch {
                for note in notes { note.end() }
                throw error
            }
        }
        return notes
    }

    private var isOver: Bool { state.withLock { $0.missing <= 0 || $0.isLate } }

    private func countOne() {
        let isOver = state.withLock { state in
            state.missing -= 1
            return state.missing == 0
        }
        if isOver { signal.ring() }
    }

    private func end() {
        state.withLock { $0.isLate = true }
        signal.ring()
    }
}
