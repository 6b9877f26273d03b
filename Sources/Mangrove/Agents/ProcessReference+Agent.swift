extension ProcessReference {
    /// What `body` makes of the agent's state. Source: `Agent.get/3`.
    ///
    /// Runs in the agent, as a turn of its own, with the cost, order and cancellation of any call.
    /// - Parameters:
    ///   - timeout: how long to wait for the turn; nil for as long as it takes.
    ///   - body: looks at the state.
    /// - Throws: ``CallError``; `CancellationError`; what `body` throws, and the agent lives on, unless it is an ``Exit``.
    public func get<State, Result: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (State) throws -> Result
    ) async throws -> Result where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try agent.use { try body($0) } }
    }

    /// What `body`, which may suspend, makes of the agent's state. Nothing else happens in the agent meanwhile.
    ///
    /// A timeout frees the caller only; the agent goes on.
    /// - Throws: as the synchronous form.
    public func get<State, Result: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (State) async throws -> Result
    ) async throws -> Result where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try await agent.use { try await body($0) } }
    }

    /// Changes the agent's state, and returns when that is done. Source: `Agent.update/3`.
    ///
    /// What `body` has changed before it throws stays changed.
    /// - Throws: ``CallError``; `CancellationError`; what `body` throws, and the agent lives on, unless it is an ``Exit``.
    public func update<State>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (inout State) throws -> Void
    ) async throws where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try agent.use(body) }
    }

    /// Changes the agent's state by a closure that may suspend. Nothing else happens in the agent meanwhile.
    ///
    /// A timeout frees the caller only; the agent goes on and the change is made.
    /// - Throws: as the synchronous form.
    public func update<State>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (inout State) async throws -> Void
    ) async throws where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try await agent.use(body) }
    }

    /// Changes the agent's state and returns what `body` returns, in one turn. Source: `Agent.get_and_update/3`.
    ///
    /// ```swift
    /// let ticket = try await counter.getAndUpdate { count in
    ///     count += 1
    ///     return count
    /// }
    /// ```
    /// - Throws: as ``update(timeout:_:)``.
    public func getAndUpdate<State, Result: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (inout State) throws -> Result
    ) async throws -> Result where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try agent.use(body) }
    }

    /// As the synchronous form, by a closure that may suspend. Nothing else happens in the agent meanwhile.
    /// - Throws: as ``update(timeout:_:)``.
    public func getAndUpdate<State, Result: Sendable>(
        timeout: Duration? = .seconds(5),
        _ body: @escaping @Sendable (inout State) async throws -> Result
    ) async throws -> Result where Target == AgentProcess<State> {
        try await call(timeout: timeout) { agent in try await agent.use(body) }
    }

    /// Leaves a change for the agent to make, and returns at once. Source: `Agent.cast/2`.
    ///
    /// Changes of one sender are made in order, before what it calls afterwards. An error thrown by `body` has nobody to
    /// receive it and ends the agent.
    /// - Throws: ``CallError`` if the agent is dead, is ending, or its mailbox is full. Nothing will be changed.
    public func castUpdate<State>(
        _ body: @escaping @Sendable (inout State) throws -> Void
    ) throws(CallError) where Target == AgentProcess<State> {
        try cast { agent in try agent.use(body) }
    }
}
