extension ProcessContext {
    /// Runs `body` as a turn of this process, `delay` from now; gone with the process. Source: `erlang:send_after/3` to
    /// oneself.
    ///
    /// Timers of one process run in the order of their deadlines, and are exempt from the mailbox's bound. An error thrown
    /// by `body` ends the process.
    /// - Parameters:
    ///   - delay: how long to wait; what is not above zero is due at once, behind what waits in the mailbox already.
    ///   - type: the process's actor.
    ///   - body: the turn.
    /// - Returns: the timer, to read it or take it back.
    @discardableResult
    public func after<Target: ProcessActor & Actor>(
        _ delay: Duration,
        as type: Target.Type = Target.self,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        at(runtime.clock.now().advanced(by: delay), as: type, body)
    }

    /// Runs `body` as a turn of this process at `deadline` on the runtime's clock; as ``after(_:as:_:)`` otherwise. Source:
    /// `erlang:send_after/4` with `abs`.
    @discardableResult
    public func at<Target: ProcessActor & Actor>(
        _ deadline: RuntimeInstant,
        as type: Target.Type = Target.self,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        TurnTimer.set(on: cell, at: deadline, cell.turn(body))
    }
}

extension Ref where Target: Actor {
    /// Leaves `body` for the process to run as a turn, `delay` from now; dropped if it has ended by then.
    ///
    /// The timer belongs to the process it is for, not to whoever set it: it runs out though that one has ended, and is gone
    /// with this incarnation. Otherwise as ``ProcessContext/after(_:as:_:)``. Source: `erlang:send_after/3`.
    ///
    /// ```swift
    /// let reminder = clerk.cast(after: .seconds(3_600)) { $0.remind(customer) }
    /// ```
    /// - Returns: the timer, to read it or take it back.
    @discardableResult
    public func cast(
        after delay: Duration,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        cast(at: cell.runtime.clock.now().advanced(by: delay), body)
    }

    /// As ``cast(after:_:)``, at `deadline` on the runtime's clock.
    @discardableResult
    public func cast(
        at deadline: RuntimeInstant,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        TurnTimer.set(on: cell, at: deadline, cell.turn(body))
    }
}

extension Address where Target: Actor {
    /// Leaves `body` for whoever has the name, `delay` from now, to run as a turn; dropped if nobody has it then, or another
    /// kind of process.
    ///
    /// The name is resolved when the time comes, so that the timer survives restarts; it belongs to no process. Otherwise as
    /// ``Ref/cast(after:_:)``. Source: `erlang:send_after/3` to a registered name.
    /// - Returns: the timer, to read it or take it back.
    @discardableResult
    public func cast(
        after delay: Duration,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        cast(at: runtime.clock.now().advanced(by: delay), body)
    }

    /// As ``cast(after:_:)``, at `deadline` on the runtime's clock.
    @discardableResult
    public func cast(
        at deadline: RuntimeInstant,
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> TurnTimer {
        TurnTimer.set(in: runtime, at: deadline) { [self] in
            try? resolve().cell
        } _: { actor in
            if let actor = actor as? Target { try await body(actor) }
        }
    }
}

extension ProcessCell {
    /// `body` as a turn of this process.
    func turn<Target: ProcessActor & Actor>(
        _ body: @escaping @Sendable (isolated Target) async throws -> Void
    ) -> @Sendable (any ProcessActor) async throws -> Void {
        { [self] actor in
            guard let target = actor as? Target else {
                throw CallError.noProcess("\(label) as \(Target.self): it is another kind of process")
            }
            try await body(target)
        }
    }
}
