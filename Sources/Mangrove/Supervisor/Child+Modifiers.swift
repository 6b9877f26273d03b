extension Child {
    /// This child, with another mailbox.
    ///
    /// ```swift
    /// Worker("ticker") { Ticker() }.mailbox(limit: 100, overflow: .dropOldest)
    /// ```
    /// - Parameters:
    ///   - limit: how many messages may wait for it, at least 1; nil leaves the limit as it is.
    ///   - overflow: what becomes of a message that finds it full.
    public func mailbox(limit: Int? = nil, overflow: MailboxOverflow) -> ChildSpec {
        with { spec in
            if let limit { spec.mailboxLimit = limit }
            spec.overflow = overflow
        }
    }

    /// This child, waiting before each restart.
    ///
    /// ```swift
    /// Worker("feed") { Feed() }.backoff(Backoff(initial: .seconds(1)))
    /// ```
    public func backoff(_ backoff: Backoff) -> ChildSpec {
        with { $0.backoff = backoff }
    }

    /// This child, with a limit to its own restarts beside its supervisor's.
    public func restartBudget(
        _ maxRestarts: Int,
        within period: Duration,
        whenUsedUp: RestartBudget.Exhaustion
    ) -> ChildSpec {
        with { $0.restartBudget = RestartBudget(maxRestarts, within: period, whenUsedUp: whenUsedUp) }
    }

    /// This child, with another policy for when it was killed and its code does not return.
    public func zombies(_ policy: ZombiePolicy) -> ChildSpec {
        with { $0.zombies = policy }
    }

    /// This child, registered under a key from before its start until its end.
    ///
    /// A second process for the same key fails to start, with the holder's identity. Source: Elixir's `{:via, Registry, …}`.
    ///
    /// ```swift
    /// Worker("room") { Room() }.registered("lobby", in: rooms)
    /// ```
    /// - Parameters:
    ///   - key: what it is found by.
    ///   - registry: where.
    public func registered<Key>(_ key: Key, in registry: Registry<Key, Void>) -> ChildSpec {
        registered(key, (), in: registry)
    }

    /// This child, registered under a key with a value, from before its start until its end.
    public func registered<Key, Value>(_ key: Key, _ value: Value, in registry: Registry<Key, Value>) -> ChildSpec {
        with { $0.beforeStart { context in try registry.register(key, value, for: context) } }
    }

    /// This child, with what `change` sets; all else stays as it is.
    ///
    /// ```swift
    /// Worker("feed") { Feed() }.with { $0.restart = .transient }
    /// ```
    public func with(_ change: (inout ChildSpec) throws -> Void) rethrows -> ChildSpec {
        var spec = spec
        try change(&spec)
        return spec
    }
}
