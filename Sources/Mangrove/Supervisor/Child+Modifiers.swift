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

    private func with(_ change: (inout ChildSpec) -> Void) -> ChildSpec {
        var spec = spec
        change(&spec)
        return spec
    }
}
