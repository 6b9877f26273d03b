/// A process that cannot go on by itself, as far as the framework knows.
package struct StandingProcess: Sendable {
    /// Its name or path, with its identity.
    package let label: String
    /// The number of its turns so far, the one under way included.
    package let turn: UInt64
    /// Whom it waits for, in the order in which it began to.
    package let awaited: [String]
}

extension Runtime {
    /// The processes that wait for others, and those with somebody inside, each before those below it.
    package func standingProcesses() -> [StandingProcess] {
        var standing: [StandingProcess] = []
        func visit(_ cell: ProcessCell) {
            let awaited = cell.state.withLock { $0.aside?.waits.map(\.target) } ?? []
            if !awaited.isEmpty || (!cell.hooks.isSupervisor && cell.isInTurn) {
                standing.append(
                    StandingProcess(label: cell.label, turn: cell.turnCount, awaited: awaited.map(\.label))
                )
            }
            cell.overview().compactMap(\.cell).forEach(visit)
        }
        rootCells.forEach(visit)
        return standing
    }
}
