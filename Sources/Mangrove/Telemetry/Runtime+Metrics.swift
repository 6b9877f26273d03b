internal import Synchronization

extension Runtime {
    /// The runtime's numbers at this moment.
    ///
    /// Taken from what processes keep anyway and from counters off the paths of calls and casts, so that nothing is slower
    /// for being measured. Looks at every process once; asks none, so that it answers while they are busy.
    ///
    /// ```swift
    /// let page = runtime.metrics().prometheus
    /// ```
    public func metrics() -> Metrics {
        let endings = RuntimeCounters.Ending.allCases.map { (ending: $0, count: counters.ended($0)) }
        let failed = counters.startsFailed.value
        let live = max(0, processCount)
        let started = UInt64(live) + failed + endings.reduce(0) { $0 + $1.count }
        let depths = mailboxDepths()
        var metrics = Metrics()
        metrics.add(RuntimeMetrics.live, [], Double(live))
        metrics.add(RuntimeMetrics.started, [], Double(started))
        metrics.add(RuntimeMetrics.startsFailed, [], Double(failed))
        for (ending, count) in endings { metrics.add(RuntimeMetrics.ended, [ending.rawValue], Double(count)) }
        for (label, count) in counters.restarts { metrics.add(RuntimeMetrics.restarts, [label], Double(count)) }
        metrics.add(RuntimeMetrics.gaveUp, [], Double(counters.gaveUp.value))
        for policy in MailboxOverflow.allCases {
            metrics.add(RuntimeMetrics.overflows, ["\(policy)"], Double(counters.overflows(policy)))
        }
        metrics.add(RuntimeMetrics.zombies, [], Double(zombieCount))
        metrics.add(RuntimeMetrics.zombiesEver, [], Double(counters.zombies.value))
        metrics.add(RuntimeMetrics.timeouts, [], Double(counters.timeouts.value))
        metrics.add(RuntimeMetrics.lateReplies, [], Double(counters.lateReplies.value))
        metrics.add(RuntimeMetrics.deadlocks, [], Double(counters.deadlocks.value))
        metrics.add(RuntimeMetrics.overruns, [], Double(counters.overruns.value))
        metrics.add(RuntimeMetrics.slowTurns, [], Double(counters.slowTurns.value))
        metrics.add(RuntimeMetrics.poolStuck, [], Double(counters.poolStuck.value))
        metrics.add(RuntimeMetrics.names, [], Double(names.count))
        metrics.add(RuntimeMetrics.waiting, [], Double(depths.sum))
        metrics.add(RuntimeMetrics.longest, [], Double(depths.most))
        if let timers = clock.pendingTimers { metrics.add(RuntimeMetrics.timers, [], Double(timers)) }
        return metrics
    }

    private func mailboxDepths() -> (sum: Int, most: Int) {
        var (sum, most) = (0, 0)
        var cells = rootCells
        while let cell = cells.popLast() {
            let depth = cell.depth.load(ordering: .relaxed)
            sum += depth
            most = max(most, depth)
            cells += cell.overview().compactMap(\.cell)
        }
        return (sum, most)
    }
}
