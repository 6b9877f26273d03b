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
    @inlinable
    public func call<Answer: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (isolated Target) throws -> Answer
    ) async throws -> Answer {
        let cell = try resolve().cell
        if cell.enter() {
            defer { cell.leave() }
            if let actor = cell.pinnedActor(as: Target.self) {
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
        try await resolve().cell.callThroughMailbox(timeout, body)
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

extension ProcessCell {
    /// Waits for the end of a process whose turn threw ``Exit``.
    @usableFromInline
    func exitOfLeavingProcess() async -> CallError {
        // The caller's pin is still held and would keep the actor; that is all it does.
        .exited(await awaitDeath())
    }

    @usableFromInline
    func callThroughMailbox<Target: ProcessActor & Actor, Answer: Sendable>(
        _ timeout: Duration?,
        _ body: @escaping @Sendable (isolated Target) throws -> Answer
    ) async throws -> Answer {
        try await callThroughMailbox(timeout) { waiter in
            let turn: @Sendable (isolated Target) throws -> Void = { [self] actor in
                do {
                    answer(waiter, .success(try body(actor)))
                } catch let exit as Exit {
                    throw exit
                } catch {
                    answer(waiter, .failure(error))
                }
            }
            return .sync(IsolatedTurn(body: turn).erased)
        }
    }

    @usableFromInline
    func callThroughMailbox<Target: ProcessActor & Actor, Answer: Sendable>(
        _ timeout: Duration?,
        _ body: @escaping @Sendable (isolated Target) async throws -> Answer
    ) async throws -> Answer {
        try await callThroughMailbox(timeout) { waiter in
            .async { [self] actor in
                do {
                    answer(waiter, .success(try await body(unsafeDowncast(actor, to: Target.self))))
                } catch let exit as Exit {
                    throw exit
                } catch {
                    answer(waiter, .failure(error))
                }
            }
        }
    }

    @usableFromInline
    func enqueueCast(_ turn: @escaping SyncTurn) throws(CallError) {
        try enqueue(Message(work: .sync(turn)))
    }

    @usableFromInline
    func enqueueAsyncCast<Target: ProcessActor & Actor>(
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) throws(CallError) {
        try enqueue(Message(work: .async { actor in try await body(unsafeDowncast(actor, to: Target.self)) }))
    }

    func callThroughMailbox<Answer: Sendable>(
        _ timeout: Duration?,
        _ work: (CallWaiter<Answer>) -> Message.Work
    ) async throws -> Answer {
        let note = try Self.beginWaiting(for: self)
        defer { note?.end() }
        let waiter = CallWaiter<Answer>()
        let message = Message(work: work(waiter), call: waiter)
        return try await withTaskCancellationHandler {
            try await withUnsafeThrowingContinuation { continuation in
                guard waiter.install(continuation) else { return }
                do {
                    try enqueue(message)
                } catch {
                    return waiter.fail(error)
                }
                guard let timeout else { return }
                waiter.keep(
                    runtime.clock.schedule(after: timeout) { [self] in
                        abandon(waiter, CallError.timedOut(timeout), cancellingTurn: false)
                    }
                )
            }
        } onCancel: {
            abandon(waiter, CancellationError(), cancellingTurn: true)
        }
    }

    func answer<Answer>(_ waiter: CallWaiter<Answer>, _ result: Result<Answer, any Error>) {
        switch result {
        case .success(let answer):
            if !waiter.succeed(answer) { runtime.counters.lateReplies.add() }
        case .failure(let error):
            guard !waiter.failed(error) else { return }
            runtime.counters.lateReplies.add()
            runtime.emit(RuntimeEvents.errorWithoutCaller) { (path, LoggedError(error)) }
        }
    }
}
