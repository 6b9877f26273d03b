/// Why a process could not be called, or a call has no answer.
public enum CallError: Error, Sendable {
    /// There is no such process: it has ended, or nobody has the name. The work was not done.
    case noProcess(String)
    /// The process ended, or is ending, before it answered. If the work had begun, how far it got is unknown.
    case exited(ExitReason)
    /// No answer came in time. The process still does the work unless it had not begun it; its answer is dropped.
    case timedOut(Duration)
    /// The process's mailbox is full. The work is not done: nothing was enqueued, or what was enqueued had to make way for
    /// something newer, as the process's ``MailboxOverflow`` says.
    case mailboxFull(limit: Int)
    /// The call would close a circle of processes that wait for each other; the chain says which. Nothing was enqueued.
    case deadlock([String])
}

extension CallError: CustomStringConvertible {
    /// One line: what went wrong.
    public var description: String {
        switch self {
        case .noProcess(let whom): "no process \(whom)"
        case .exited(let reason): "the process exited: \(reason)"
        case .timedOut(let limit): "no answer within \(limit)"
        case .mailboxFull(let limit): "the mailbox is full (\(limit) messages)"
        case .deadlock(let chain): "the call would wait for itself: " + chain.joined(separator: " → ")
        }
    }
}
