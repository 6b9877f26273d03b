extension Runtime {
    /// The threads on which tasks run are all kept, or one is free again.
    func poolProgress(_ progress: PoolProgress) {
        switch progress {
        case .stuck:
            counters.poolStuck.add()
            emit(RuntimeEvents.poolStuck) { busyPaths(atMost: 8).joined(separator: " ") }
        case .recovered(let time):
            emit(RuntimeEvents.poolRecovered) { time }
        }
    }

    /// The processes that somebody is inside of: those whose turns may be what keeps the threads.
    private func busyPaths(atMost limit: Int) -> [String] {
        var paths: [String] = []
        var cells = rootCells
        while let cell = cells.popLast(), paths.count < limit {
            let children = cell.overview().compactMap(\.cell)
            if !cell.hooks.isSupervisor, cell.isInTurn { paths.append(cell.path) }
            cells += children
        }
        return paths
    }
}

extension ProcessCell {
    /// Whether somebody is inside whose turn may be under way: for people to look at, not for decisions.
    var isInTurn: Bool { gate.occupants > (hooks.run == nil ? 0 : 1) }
}
