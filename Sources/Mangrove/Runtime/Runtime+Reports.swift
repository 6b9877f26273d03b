extension Runtime {
    /// Emits and counts what a supervisor reports.
    func log(_ report: SupervisorReport, of supervisor: ProcessCell) {
        let path = supervisor.path
        reports.withLock { $0.add(path, report) }
        if let (child, cause) = report.failure {
            let now = clock.civilMicroseconds()
            failures.withLock { $0.add(path, child, cause, at: now) }
        }
        func child(_ id: ChildID) -> String { "\(path)/\(id)" }
        switch report {
        case .childEnded(let id, let reason):
            emit(RuntimeEvents.childEnded) { (child(id), reason) }
        case .restarting(let id, let strategy):
            counters.restarted(under: supervisor.metricLabel)
            emit(RuntimeEvents.restarting) { (child(id), "\(strategy)") }
        case .startFailed(let id, let error):
            emit(RuntimeEvents.startFailed) { (child(id), LoggedError(error)) }
        case .stoppedBadly(let id, let reason):
            emit(RuntimeEvents.stoppedBadly) { (child(id), reason) }
        case .waiting(let id, let wait):
            emit(RuntimeEvents.waiting) { (child(id), wait) }
        case .budgetUsedUp(let id, let limit):
            emit(RuntimeEvents.leftStopped) { (child(id), limit.maxRestarts, limit.period) }
        case .gaveUp(let id, let intensity, let reason):
            counters.gaveUp.add()
            emit(RuntimeEvents.gaveUp) {
                let why = reason?.text(by: environment.redaction) ?? "its start failed"
                return (path, child(id), intensity.maxRestarts, intensity.period, why)
            }
        }
    }
}

extension SupervisorReport {
    /// What it says of a child's failure, if it does.
    fileprivate var failure: (child: ChildID, cause: FailureBook.Cause)? {
        switch self {
        case .childEnded(let id, let reason): (id, .ended(reason))
        case .startFailed(let id, let error): (id, .startFailed(error))
        case .stoppedBadly(let id, let reason): (id, .stoppedBadly(reason))
        case .restarting, .waiting, .budgetUsedUp, .gaveUp: nil
        }
    }
}
