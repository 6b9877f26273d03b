extension ProcessReference where Target: Actor {
    /// As `cast`, but waits until there is room in the process's mailbox, whatever its ``MailboxOverflow``.
    ///
    /// When this returns, the message is in the mailbox: what the same sender sends afterwards comes after it. Those who wait
    /// are let in in the order in which they came. Cancelling the sender while it waits takes the message back.
    ///
    /// ```swift
    /// try await log.send { $0.write(line) }
    /// ```
    /// - Throws: ``CallError`` if the process is dead, ends before there is room, or waits itself for the sender
    ///   (``CallError/deadlock(_:)``); `CancellationError`. The message is not in the mailbox.
    @inlinable
    public func send(_ body: @escaping @Sendable (isolated Target) throws -> Void) async throws {
        try await resolve().cell.sendWhenRoom(IsolatedTurn(body: body).erased)
    }

    /// As the synchronous form, with a turn that may suspend.
    /// - Throws: as the synchronous form.
    @inlinable
    public func send(_ body: @escaping @Sendable (isolated Target) async throws -> Void) async throws {
        try await resolve().cell.sendAsyncWhenRoom(body)
    }
}

extension ProcessCell {
    @usableFromInline
    func sendWhenRoom(_ turn: @escaping SyncTurn) async throws {
        try await sendWhenRoom(Message(work: .sync(turn)))
    }

    @usableFromInline
    func sendAsyncWhenRoom<Target: ProcessActor & Actor>(
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) async throws {
        try await sendWhenRoom(
            Message(work: .async { actor in try await body(unsafeDowncast(actor, to: Target.self)) })
        )
    }

    private func sendWhenRoom(_ message: Message) async throws {
        try Task.checkCancellation()
        if try enqueue(message, whenRoom: nil) { return }
        let note = try Self.beginWaiting(for: self)
        defer { note?.end() }
        let admission = AnswerWaiter<Void>()
        try await withTaskCancellationHandler {
            if try !enqueue(message, whenRoom: admission) { try await admission.answer(on: nil) }
        } onCancel: {
            abandon(admission, CancellationError(), cancellingTurn: false)
        }
    }
}
