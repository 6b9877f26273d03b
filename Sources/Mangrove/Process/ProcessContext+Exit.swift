extension ProcessContext {
    /// Runs `action` once the process is dead, however it ended, kill included; at once if it is.
    ///
    /// For what must be given back whatever happens: it runs after the process's name is free and its mailbox closed, on
    /// the thread that ends it, and must be short. What takes time belongs into ``Terminating/terminate(reason:)``.
    public func onExit(_ action: @escaping @Sendable (ExitReason) -> Void) {
        cell.onDeath(action)
    }
}
