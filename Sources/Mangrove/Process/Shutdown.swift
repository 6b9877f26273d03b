/// How a shutdown with a deadline went.
public struct ShutdownReport: Sendable {
    /// A process that had to be killed because it had not ended in time.
    public struct Overrun: Sendable, Hashable {
        /// What it was doing when its time was over.
        public enum Phase: Sendable, Hashable {
            /// Its start had not returned. It was cancelled, and what it returns late is thrown away.
            case starting
            /// It had been asked to stop.
            case stopping
            /// Its turn to be stopped had not come: others had used up the time.
            case notAsked
        }

        /// Whose time was over.
        public enum Limit: Sendable, Hashable {
            /// Its own, or that of a supervisor above it: ``ShutdownPolicy/within(_:)``.
            case policy
            /// The whole shutdown's.
            case deadline
        }

        /// Where it stood.
        public var path: String
        /// The process.
        public var process: ProcessID
        /// What it was doing.
        public var phase: Phase
        /// Whose time was over.
        public var limit: Limit
    }

    /// How long it took.
    public var duration: Duration
    /// Who had to be killed, in the order in which that happened. Supervisors that only waited for those below them are not
    /// named, nor are children whose policy is ``ShutdownPolicy/brutalKill``.
    public var overruns: [Overrun]
}

extension Ref {
    /// Ends the process and all below it in good order, within one limit for the whole.
    ///
    /// Each child still has its own ``ShutdownPolicy``. When the limit is over, whatever still lives is killed: children that
    /// do not end, those whose turn had not come, and those still starting, whose starts are cancelled. The deadline is handed
    /// down with the request: ``ProcessContext/shutdownDeadline``. Cancelling the caller changes nothing. Its supervisor
    /// decides whether the process is restarted.
    /// - Parameter limit: how long it may take altogether.
    /// - Returns: how it went; each overrun is also logged as `process.shutdown.overran`.
    public func shutdown(within limit: Duration) async -> ShutdownReport {
        let course = ShutdownCourse(cell.runtime, limit)
        await cell.shutDown(course)
        return course.report
    }
}

extension Runtime {
    /// As ``shutdown()``, within one limit for all trees together; see ``Ref/shutdown(within:)``.
    /// - Returns: how it went.
    public func shutdown(within limit: Duration) async -> ShutdownReport {
        let course = ShutdownCourse(self, limit)
        while let root = rootCells.last {
            await root.shutDown(course)
            forgetRoot(root)
        }
        return course.report
    }
}

extension ProcessContext {
    /// When the shutdown that this process is part of kills what has not ended; nil if it is not being shut down with a
    /// deadline. Its own ``ShutdownPolicy`` may give it less.
    public var shutdownDeadline: RuntimeInstant? {
        cell.shutdown?.deadline
    }
}

/// One shutdown under way, from the process it began with down to its leaves.
final class ShutdownCourse: Sendable {
    let deadline: RuntimeInstant
    private let begin: RuntimeInstant
    private let runtime: Runtime
    private let overruns = Lock<[ShutdownReport.Overrun]>([])

    init(_ runtime: Runtime, _ limit: Duration) {
        self.runtime = runtime
        begin = runtime.clock.now()
        deadline = begin.advanced(by: limit)
    }

    var report: ShutdownReport {
        ShutdownReport(duration: begin.duration(to: runtime.clock.now()), overruns: overruns.withLock { $0 })
    }

    func note(_ overrun: ShutdownReport.Overrun) {
        overruns.withLock { $0.append(overrun) }
        runtime.counters.overruns.add()
        runtime.emit(RuntimeEvents.overran) { (overrun.path, "\(overrun.phase)", "\(overrun.limit)") }
    }
}

extension ProcessCell {
    /// The shutdown with a deadline that the process is part of.
    var shutdown: ShutdownCourse? { state.withLock { $0.aside?.shutdown } }

    /// Makes it part of a shutdown with a deadline.
    func take(_ course: ShutdownCourse) {
        state.withLock { $0.setAside().shutdown = course }
    }

    fileprivate func shutDown(_ course: ShutdownCourse) async {
        let timer = runtime.clock.schedule(at: course.deadline) { [self] in
            noteOverruns(course, .deadline)
            killTree()
        }
        defer { timer.cancel() }
        _ = await stop(.shutdown, within: .infinity, during: course)
    }

    /// Notes everyone here and below who has not ended, before they are killed.
    func noteOverruns(_ course: ShutdownCourse?, _ limit: ShutdownReport.Overrun.Limit) {
        guard let course else { return }
        let phase = state.withLock { $0.phase }
        let children = remains + overview().compactMap(\.cell)
        let late = children.filter { !$0.isGone }
        for child in late { child.noteOverruns(course, limit) }
        guard late.isEmpty else { return }
        let doing: ShutdownReport.Overrun.Phase
        switch phase {
        case .starting: doing = .starting
        case .running: doing = .notAsked
        case .stopping: doing = .stopping
        case .dead: return
        }
        course.note(ShutdownReport.Overrun(path: path, process: id, phase: doing, limit: limit))
    }
}
