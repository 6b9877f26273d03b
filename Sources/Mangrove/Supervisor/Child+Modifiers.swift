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

    private func with(_ change: (inout ChildSpec) -> Void) -> ChildSpec {
        var spec = spec
        change(&spec)
        return spec
    }
}
