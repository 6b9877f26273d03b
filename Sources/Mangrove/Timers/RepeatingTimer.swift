extension ProcessContext {
    /// Runs `body` as a turn of this process again and again, for the first time one interval from now; gone with the
    /// process. Source: `timer:send_interval/2`.
    ///
    /// The turns are due at fixed times, however long each takes. They do not pile up where OTP's do: while one that is due
    /// waits for the process, those due after it are left out. Exempt from the mailbox's bound. An error thrown by `body`
    /// ends the process.
    ///
    /// ```swift
    /// context.every(.seconds(10), as: Meter.self) { $0.sample() }
    /// ```
    /// - Parameters:
    ///   - interval: from one to the next; at least a millisecond.
    ///   - type: the process's actor.
    ///   - body: the turn.
    /// - Returns: the timer, to take it back; it need not be kept.
    @discardableResult
    public func every<Target: ProcessActor & Actor>(
        _ interval: Duration,
        as type: Target.Type = Target.self,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> RepeatingTimer {
        let timer = RepeatingTimer(cell, max(interval, .milliseconds(1)), cell.turn(body))
        timer.arm()
        return timer
    }
}

/// A turn that a process is to have again and again; see ``ProcessContext/every(_:as:_:)``.
public final class RepeatingTimer: Sendable {
    private struct State {
        var deadline: RuntimeInstant
        var timer: (any RuntimeTimer)?
        /// Whether a turn is due and has not begun.
        var isDue = false
        var isCancelled = false
    }

    private let cell: ProcessCell
    private let interval: Duration
    private let turn: @Sendable (any ProcessActor) async throws -> Void
    private let state: Lock<State>

    init(
        _ cell: ProcessCell,
        _ interval: Duration,
        _ turn: @escaping @Sendable (any ProcessActor) async throws -> Void
    ) {
        self.cell = cell
        self.interval = interval
        self.turn = turn
        state = Lock(State(deadline: cell.runtime.clock.now()))
    }

    /// Takes back all turns to come, one that is due and waits for the process included.
    public func cancel() {
        let timer = state.withLock { state in
            state.isCancelled = true
            return state.timer.take()
        }
        timer?.cancel()
    }

    /// Sets the clock to the next time that is not over yet.
    func arm() {
        let now = cell.runtime.clock.now()
        let deadline = state.withLock { state in
            let late = state.deadline.duration(to: now)
            if late >= interval { state.deadline = now }
            state.deadline = state.deadline.advanced(by: interval)
            return state.deadline
        }
        // Belongs to the process, and so ends with it.
        let timer = cell.setTimer(after: now.duration(to: deadline)) { [self] in expire() }
        let isCancelled = state.withLock { state in
            state.timer = timer
            return state.isCancelled
        }
        if isCancelled { timer.cancel() }
    }

    private func expire() {
        let mustSend = state.withLock { state in
            defer { state.isDue = true }
            return !state.isDue && !state.isCancelled
        }
        if mustSend { cell.signal(isUrgent: true) { actor in if self.begin() { try await self.turn(actor) } } }
        arm()
    }

    private func begin() -> Bool {
        state.withLock { state in
            state.isDue = false
            return !state.isCancelled
        }
    }
}
