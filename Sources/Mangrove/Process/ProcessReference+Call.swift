extension ProcessReference where Target: Actor {
    /// Runs `body` on the process as one turn, and returns its result.
    ///
    /// When the process is idle the closure runs in the caller's own task, at the cost of a hop to the actor and back.
    /// Otherwise it waits in the mailbox, behind what was sent before it: a call never overtakes the same sender's casts.
    ///
    /// An error thrown by `body` comes to the caller and the process lives on, unless it is an ``Exit``. Cancelling the
    /// caller while it waits removes the call and its work is not done.
    ///
    /// ```swift
    /// let value = try await counter.call { $0.increment() }
    /// ```
    /// A turn that does not suspend cannot be interrupted, by anyone: one that runs long keeps those who have already reached
    /// the actor waiting, past their timeouts and past a kill. Long work belongs into the form that may suspend.
    /// - Parameters:
    ///   - timeout: how long to wait for the turn to begin; nil for as long as it takes. Once begun, the turn completes.
    ///   - body: what to do, on the actor.
    /// - Throws: ``CallError``; `CancellationError`; what `body` throws.
    @inlinable @inline(__always)
    public func call<Answer: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (isolated Target) throws -> Answer
    ) async throws -> Answer {
        // Inlined, because the frame that a function needs which suspends costs more than all that is done here besides the
        // hops.
        let cell = try resolve().cell
        if cell.enter() {
            defer { cell.leave() }
            if let lent = cell.lentActor(as: Target.self) {
                let actor = lent.takeRetainedValue()
                defer { _ = Unmanaged.passRetained(actor) }
                switch try await runIfIdle(actor, cell, body) {
                case .answer(let answer): return answer
                case .exited: throw await cell.exitOfLeavingProcess()
                case .busy: break
                }
            }
        }
        return try await cell.callThroughMailbox(timeout, body)
    }

    /// Runs `body`, which may suspend, on the process as one turn, in a task of the process's own.
    ///
    /// No other turn begins before it ends. As with the synchronous form, but the timeout and the caller's cancellation
    /// apply throughout: a timeout frees the caller while the process still does the work; cancelling the caller frees it
    /// and cancels the turn.
    ///
    /// - Parameters:
    ///   - timeout: how long to wait for the answer; nil for as long as it takes.
    ///   - body: what to do, on the actor.
    /// - Throws: ``CallError``; `CancellationError`; what `body` throws.
    @inlinable
    public func call<Answer: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (isolated Target) async throws -> Answer
    ) async throws -> Answer {
        let cell = try resolve().cell
        if cell.enter() {
            defer { cell.leave() }
            if let actor = cell.pinnedActor(as: Target.self) { return try await callFrom(actor, cell, timeout, body) }
        }
        return try await cell.callThroughMailbox(timeout, body)
    }

    /// Leaves `body` for the process to run as a turn, and returns at once.
    ///
    /// Casts of one sender run in the order in which they were sent. An error thrown by `body` has nobody to receive it and
    /// ends the process. A cast is not answered: if the process ends before its turn, it is not run.
    /// - Throws: ``CallError`` if the process is dead, is ending, or its mailbox is full. Nothing was enqueued.
    @inlinable
    public func cast(_ body: @escaping @Sendable (isolated Target) throws -> Void) throws(CallError) {
        try resolve().cell.enqueueCast(IsolatedTurn(body: body).erased)
    }

    /// Leaves `body`, which may suspend, for the process to run as a turn, and returns at once.
    ///
    /// As with the synchronous form; no other turn begins before it ends.
    /// - Throws: ``CallError`` if the process is dead, is ending, or its mailbox is full. Nothing was enqueued.
    @inlinable
    public func cast(_ body: @escaping @Sendable (isolated Target) async throws -> Void) throws(CallError) {
        try resolve().cell.enqueueAsyncCast(body)
    }
}

/// A closure isolated to a process's actor, on its way into the mailbox.
@usableFromInline
struct IsolatedTurn<Target: ProcessActor & Actor> {
    @usableFromInline let body: @Sendable (isolated Target) throws -> Void

    @inlinable
    init(body: @escaping @Sendable (isolated Target) throws -> Void) {
        self.body = body
    }

    /// The closure for an actor whose type is no longer known, without another closure around it.
    @inlinable var erased: SyncTurn {
        // Safe: only the static type and isolation of the parameter are dropped, a single reference either way. The drain
        // calls it on the process's actor, and a ref's type is checked where the ref is made.
        unsafeBitCast(self, to: ErasedTurn.self).body
    }
}

/// What an ``IsolatedTurn`` is in memory.
@usableFromInline
struct ErasedTurn {
    @usableFromInline let body: SyncTurn
}

/// What became of a call that reached the actor.
@usableFromInline
enum DirectTurn<Answer: Sendable>: Sendable {
    case answer(Answer)
    case busy
    case exited
}

/// Runs the turn if nobody's turn is suspended and nobody waits before it.
@inlinable
func runIfIdle<Target: ProcessActor & Actor, Answer: Sendable>(
    _ actor: isolated Target,
    _ cell: ProcessCell,
    _ body: (isolated Target) throws -> Answer
) throws -> DirectTurn<Answer> {
    guard cell.beginTurn() else { return .busy }
    do {
        return .answer(try body(actor))
    } catch let exit as Exit {
        cell.requestStop(exit.reason)
        return .exited
    }
}

/// Makes a call that may suspend on the actor, where its turn can begin in place.
@inlinable
func callFrom<Target: ProcessActor & Actor, Answer: Sendable>(
    _ actor: isolated Target,
    _ cell: ProcessCell,
    _ timeout: Duration?,
    _ body: @escaping @Sendable (isolated Target) async throws -> Answer
) async throws -> Answer {
    let waiter = AnswerWaiter<Answer>()
    let message = Message(cell.work(body, waiter), waiter)
    return try await cell.finish(waiter, message, timeout, on: actor) { cell.beginDrain(of: actor) }
}

extension ProcessCell {
    /// Waits for the end of a process whose turn threw ``Exit``.
    @usableFromInline
    func exitOfLeavingProcess() async -> CallError {
        // The caller's pin is still held and would keep the actor; that is all it does.
        .exited(await awaitDeath())
    }

    @inlinable
    func callThroughMailbox<Target: ProcessActor & Actor, Answer: Sendable>(
        _ timeout: Duration?,
        _ body: @escaping @Sendable (isolated Target) throws -> Answer
    ) async throws -> Answer {
        let waiter = AnswerWaiter<Answer>()
        let turn: @Sendable (isolated Target) throws -> Void = { [self] actor in
            do {
                if !waiter.succeed(try body(actor)) { noteLateReply() }
            } catch let exit as Exit {
                throw exit
            } catch {
                fail(waiter, error)
            }
        }
        return try await finish(waiter, Message(.sync(IsolatedTurn(body: turn).erased), waiter), timeout, on: nil)
    }

    @inlinable
    func callThroughMailbox<Target: ProcessActor & Actor, Answer: Sendable>(
        _ timeout: Duration?,
        _ body: @escaping @Sendable (isolated Target) async throws -> Answer
    ) async throws -> Answer {
        let waiter = AnswerWaiter<Answer>()
        return try await finish(waiter, Message(work(body, waiter), waiter), timeout, on: nil)
    }

    /// What a call that may suspend puts into the mailbox.
    @inlinable
    func work<Target: ProcessActor & Actor, Answer: Sendable>(
        _ body: @escaping @Sendable (isolated Target) async throws -> Answer,
        _ waiter: AnswerWaiter<Answer>
    ) -> Message.Work {
        // No capture list: with one, the closure would not be taken for one that stays where it is called.
        .async { actor in
            do {
                if !waiter.succeed(try await body(unsafeDowncast(actor, to: Target.self))) { self.noteLateReply() }
            } catch let exit as Exit {
                throw exit
            } catch {
                self.fail(waiter, error)
            }
        }
    }

    /// Enqueues the message of a call and waits for its outcome.
    /// - Parameter drain: starts the drain, where the caller can do that better than the mailbox.
    @inlinable
    func finish<Answer: Sendable>(
        _ waiter: AnswerWaiter<Answer>,
        _ message: Message,
        _ timeout: Duration?,
        on isolation: isolated (any Actor)?,
        drain: (() -> Void)? = nil
    ) async throws -> Answer {
        let note = try Self.beginWaiting(for: self)
        defer { note?.end() }
        let deadline = timeout.map { runtime.clock.now().advanced(by: $0) }
        return try await withTaskCancellationHandler {
            // Named, so that the closure stays where the caller is.
            _ = isolation
            if try enqueue(message, drainedByCaller: drain != nil) { drain?() }
            if let answer = try waiter.earlyAnswer() { return answer }
            if let timeout, let deadline { setTimer(for: waiter, timeout, deadline) }
            return try await waiter.answer(on: isolation)
        } onCancel: {
            abandon(waiter, CancellationError(), cancellingTurn: true)
        }
    }

    @usableFromInline
    func setTimer(for waiter: CallWaiter, _ timeout: Duration, _ deadline: RuntimeInstant) {
        waiter.keep(
            runtime.clock.schedule(at: deadline) { [self] in
                abandon(waiter, CallError.timedOut(timeout), cancellingTurn: false)
            }
        )
    }

    /// Gives the caller the error that its turn threw.
    @usableFromInline
    func fail(_ waiter: CallWaiter, _ error: any Error) {
        guard waiter.end(.failed(error)) == .over else { return }
        noteLateReply()
        runtime.emit(RuntimeEvents.errorWithoutCaller) { (path, LoggedError(error)) }
    }

    /// Counts an outcome that came when its caller had gone.
    @usableFromInline
    func noteLateReply() {
        runtime.counters.lateReplies.add()
    }

    @usableFromInline
    func enqueueAsyncCast<Target: ProcessActor & Actor>(
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) throws(CallError) {
        try enqueue(Message(work: .async { actor in try await body(unsafeDowncast(actor, to: Target.self)) }))
    }
}
