/// What a process's mailbox does with a message for which it has no room.
///
/// The room is ``ChildSpec/mailboxLimit``. Signals and timers are exempt: they are neither refused nor dropped, and do not
/// count. What the process has taken out to run next does not count any more.
///
/// A cast returns at once whatever the policy; ``ProcessReference/send(_:)`` waits for room whatever the policy. A call whose
/// message is refused or dropped throws ``CallError/mailboxFull(limit:)``.
public enum MailboxOverflow: Sendable, Hashable, CaseIterable {
    /// The message is refused: `cast` and `call` throw ``CallError/mailboxFull(limit:)``.
    case fail
    /// The message is dropped: `cast` returns as if it had been enqueued. Dropped messages are counted in the process's
    /// node of the tree, and the first of a burst is logged as `process.mailbox.dropping`.
    case dropNewest
    /// The oldest waiting message is dropped in favour of the new one, counted and logged as with ``dropNewest``.
    case dropOldest
    /// A call waits for room within its timeout, behind those who came before it; `cast`, which cannot wait, throws
    /// ``CallError/mailboxFull(limit:)``.
    case suspend
}

/// The room in a process's mailbox.
struct MailboxPolicy: Sendable {
    var limit: Int
    var overflow: MailboxOverflow
}
