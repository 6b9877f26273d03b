/// Counts and reports that the threads on which tasks run are all kept, or that one is free again.
///
/// It has of the runtime what it needs, and not the runtime: the environment's tasks keep whom they report to, and a weak reference
/// would make every count of a reference to the runtime slow.
struct PoolWatch: Sendable {
    let counters: RuntimeCounters
    let roots: Lock<[ProcessCell]>
    let events: EventWriter

    func note(_ progress: PoolProgress) {
        switch progress {
        case .stuck:
            counters.poolStuck.add()
            events.emit(RuntimeEvents.poolStuck) { busyPaths(atMost: 8).joined(separator: " ") }
        case .recovered(let time):
            events.emit(RuntimeEvents.poolRecovered) { time }
        }
    }

    /// The processes that somebody is inside of: those whose turns may be what keeps the threads.
    private func busyPaths(atMost limit: Int) -> [String] {
        var paths: [String] = []
        var cells = roots.withLock { $0 }
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
