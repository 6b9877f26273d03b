extension ProcessCell {
    /// How long one of its turns may take before it is named; nil for as long as it likes.
    var turnBudget: Duration? { facts.contents.turnBudget }

    /// Watches over a turn that begins now.
    /// - Returns: what ends the watch when the turn has ended; nil if the process has no budget.
    func watchTurn() -> (any RuntimeTimer)? {
        guard let budget = turnBudget else { return nil }
        let turn = Int(clamping: turnCount)
        return runtime.clock.schedule(after: budget) { [self] in
            runtime.counters.slowTurns.add()
            let awaited = state.withLock { $0.aside?.waits.map(\.target) } ?? []
            runtime.emit(RuntimeEvents.slowTurn) {
                (path, id, turn, budget, awaited.map(\.label).joined(separator: " "))
            }
        }
    }
}

extension Child {
    /// This child, with a time that none of its turns should take longer than.
    ///
    /// A turn that does is named in the log while it runs, as `process.turn.slow` with whom it waits for, and counted in
    /// `mangrove_slow_turns_total`; it is not interrupted. The watch costs a timer for each turn, and calls that do not suspend
    /// no longer run in their caller's task: for processes whose slowness matters more than a microsecond does.
    ///
    /// ```swift
    /// Worker("prices") { Prices() }.turnBudget(.milliseconds(100))
    /// ```
    /// - Parameter budget: more than zero.
    public func turnBudget(_ budget: Duration) -> ChildSpec {
        with { $0.turnBudget = budget }
    }
}
