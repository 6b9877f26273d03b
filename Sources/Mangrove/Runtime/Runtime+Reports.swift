extension Runtime {
    /// Logs what a supervisor reports, under stable names.
    func log(_ report: SupervisorReport, of path: String) {
        reports.withLock { $0.add(path, report) }
        switch report {
        case .childEnded(let id, let reason):
            log(.warning, "supervisor.child.ended", ["child": "\(path)/\(id)", "reason": "\(reason)"])
        case .restarting(let id, let strategy):
            log(.info, "supervisor.child.restarting", ["child": "\(path)/\(id)", "strategy": "\(strategy)"])
        case .startFailed(let id, let error):
            log(.error, "supervisor.child.start_failed", ["child": "\(path)/\(id)", "error": error])
        case .stoppedBadly(let id, let reason):
            log(.warning, "supervisor.child.stopped_badly", ["child": "\(path)/\(id)", "reason": "\(reason)"])
        case .waiting(let id, let wait):
            log(.info, "supervisor.child.waiting", ["child": "\(path)/\(id)", "wait": "\(wait)"])
        case .budgetUsedUp(let id, let limit):
            log(
                .error,
                "supervisor.child.left_stopped",
                ["child": "\(path)/\(id)", "limit": "\(limit.maxRestarts) restarts in \(limit.period)"]
            )
        case .gaveUp(let id, let intensity, let reason):
            log(
                .error,
                "supervisor.gave_up",
                [
                    "supervisor": path,
                    "child": "\(id)",
                    "limit": "\(intensity.maxRestarts) restarts in \(intensity.period)",
                    "reason": reason.map { "\($0)" } ?? "its start failed",
                ]
            )
        }
    }
}
