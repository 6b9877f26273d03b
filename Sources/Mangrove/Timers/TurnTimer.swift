/// A turn that a process is to have at a certain time: the means to ask how long that is and to take it back.
///
/// Set by ``ProcessContext/after(_:as:_:)``, ``ProcessContext/at(_:as:_:)``, ``Ref/cast(after:_:)`` and
/// ``Address/cast(after:_:)``. It need not be kept: a timer runs out whether or not anybody holds it. Asking and cancelling
/// answer at once, from any task, whatever the process is doing. Source: `erlang:read_timer/1`, `erlang:cancel_timer/1`.
///
/// ```swift
/// let timer = context.after(.seconds(30), as: Session.self) { $0.expire() }
/// if let left = timer.cancel() { log("in time, with \(left) to spare") }
/// ```
public final class TurnTimer: Sendable {
    private enum State {
        case set((any RuntimeTimer)?)
        /// The time has come; the turn waits for the process.
        case due(ProcessCell)
        case over
    }

    /// When its time comes.
    public let deadline: RuntimeInstant
    private let clock: any RuntimeClock
    /// The process it is set on; nil if that is found out when its time comes.
    private let target: ProcessCell?
    private let state = Lock(State.set(nil))

    private init(_ deadline: RuntimeInstant, _ clock: any RuntimeClock, target: ProcessCell?) {
        self.deadline = deadline
        self.clock = clock
        self.target = target
    }

    /// How long until its time comes: zero while the turn that is due waits for the process to be free, nil once that turn
    /// has begun, the timer was cancelled, or the process has ended.
    public var remaining: Duration? {
        state.withLock { left($0) }
    }

    /// Takes the turn back: it does not come any more, even if it was due and waiting for the process to be free.
    ///
    /// Stricter than OTP, where a message that is due can no longer be taken back.
    /// - Returns: how long it had left; nil if there was nothing to take back, as ``remaining`` says.
    @discardableResult
    public func cancel() -> Duration? {
        let (saved, underlying) = state.withLock { state -> (Duration?, (any RuntimeTimer)?) in
            defer { state = .over }
            if case .set(let underlying) = state { return (left(state), underlying) }
            return (left(state), nil)
        }
        underlying?.cancel()
        return saved
    }

    private func left(_ state: State) -> Duration? {
        switch state {
        case .set where target?.gate.isDead ?? false: nil
        case .set: max(.zero, clock.now().duration(to: deadline))
        case .due(let cell): cell.gate.isDead ? nil : .zero
        case .over: nil
        }
    }

    // MARK: Setting

    /// A timer that ends with the process it is set on.
    static func set(
        on cell: ProcessCell,
        at deadline: RuntimeInstant,
        _ turn: @escaping @Sendable (any ProcessActor) async throws -> Void
    ) -> TurnTimer {
        let clock = cell.runtime.clock
        let timer = TurnTimer(deadline, clock, target: cell)
        timer.keep(cell.setTimer(after: clock.now().duration(to: deadline)) { timer.expire(on: cell, turn) })
        return timer
    }

    /// A timer for whoever `find` finds when its time comes.
    static func set(
        in runtime: Runtime,
        at deadline: RuntimeInstant,
        _ find: @escaping @Sendable () -> ProcessCell?,
        _ turn: @escaping @Sendable (any ProcessActor) async throws -> Void
    ) -> TurnTimer {
        let timer = TurnTimer(deadline, runtime.clock, target: nil)
        timer.keep(runtime.clock.schedule(at: deadline) { timer.expire(on: find(), turn) })
        return timer
    }

    private func keep(_ underlying: any RuntimeTimer) {
        state.withLock { state in
            if case .set = state { state = .set(underlying) }
        }
    }

    private func expire(on cell: ProcessCell?, _ turn: @escaping @Sendable (any ProcessActor) async throws -> Void) {
        let isDue = state.withLock { state -> Bool in
            guard case .set = state else { return false }
            state = cell.map(State.due) ?? .over
            return cell != nil
        }
        // A signal: a timer is exempt from the mailbox's bound.
        if isDue, let cell { cell.signal(isUrgent: true) { actor in if self.begin() { try await turn(actor) } } }
    }

    /// - Returns: whether the turn is still wanted.
    private func begin() -> Bool {
        state.withLock { state in
            guard case .due = state else { return false }
            state = .over
            return true
        }
    }
}
