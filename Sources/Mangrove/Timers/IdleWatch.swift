extension ProcessContext {
    /// Runs `body` as a turn of this process each time it has had nothing to do for a while: to release what it can make
    /// again, or to end for want of work.
    ///
    /// Nothing to do means that no turn was under way and no message waited; every turn, one that only looks at the state
    /// included, begins the wait anew. It comes once for each time of rest, no sooner than `limit` after the last turn and
    /// no later than twice that: the time of each turn is not kept, so that calls and casts cost nothing for it. What a
    /// process of ``LongRunning`` does in `run` does not count. An error thrown by `body` ends the process; ``Exit`` is how
    /// it leaves in good order. Source: `hibernate_after` and the inactivity timeout of `gen_server`. It frees no memory by
    /// itself: Swift has no heap of one actor.
    ///
    /// ```swift
    /// context.whenIdle(for: .seconds(60), as: Cache.self) { $0.entries = [:] }
    /// ```
    /// - Parameters:
    ///   - limit: how long without a turn; at least a millisecond.
    ///   - type: the process's actor.
    ///   - body: the turn.
    /// - Returns: the watch, to take it back; it need not be kept.
    @discardableResult
    public func whenIdle<Target: ProcessActor & Actor>(
        for limit: Duration,
        as type: Target.Type = Target.self,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> IdleWatch {
        let watch = IdleWatch(cell, max(limit, .milliseconds(1)), cell.turn(body))
        watch.arm()
        return watch
    }
}

/// Looks from time to time whether a process has anything to do; see ``ProcessContext/whenIdle(for:as:_:)``.
public final class IdleWatch: Sendable {
    private struct State {
        var timer: (any RuntimeTimer)?
        /// How many turns the process had had at the last look.
        var turns: UInt64
        /// Whether the present time of rest has had its turn.
        var hasRun = false
        var isCancelled = false
    }

    private let cell: ProcessCell
    private let limit: Duration
    private let turn: @Sendable (any ProcessActor) async throws -> Void
    private let state: Lock<State>

    init(
        _ cell: ProcessCell,
        _ limit: Duration,
        _ turn: @escaping @Sendable (any ProcessActor) async throws -> Void
    ) {
        self.cell = cell
        self.limit = limit
        self.turn = turn
        state = Lock(State(turns: cell.turnCount))
    }

    /// Ends the watch: `body` does not run any more, unless it is running.
    public func cancel() {
        let timer = state.withLock { state in
            state.isCancelled = true
            return state.timer.take()
        }
        timer?.cancel()
    }

    func arm() {
        // Belongs to the process, and so ends with it.
        let timer = cell.setTimer(after: limit) { [self] in look() }
        let isCancelled = state.withLock { state in
            state.timer = timer
            return state.isCancelled
        }
        if isCancelled { timer.cancel() }
    }

    private func look() {
        let turns = cell.turnCount
        let isBusy = cell.state.withLock { $0.draining || !$0.mailbox.isEmpty }
        let isIdle = state.withLock { state -> Bool in
            guard !isBusy, state.turns == turns else {
                state.turns = turns
                state.hasRun = false
                return false
            }
            return !state.hasRun
        }
        if isIdle { cell.signal(isUrgent: true) { actor in try await self.run(actor, after: turns) } }
        arm()
    }

    private func run(_ actor: any ProcessActor, after turns: UInt64) async throws {
        // This is a turn itself. Any other one between means that there was something to do after all, and so does what
        // waits by now.
        guard cell.turnCount == turns + 1, cell.waitingMessages == 0 else { return }
        let isWanted = state.withLock { state in
            state.turns = turns + 1
            state.hasRun = true
            return !state.isCancelled
        }
        if isWanted { try await turn(actor) }
    }
}
