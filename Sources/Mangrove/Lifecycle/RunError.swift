/// Why ``Runtime/run(_:stopWithin:)`` did not end in good order.
public enum RunError: Error, Sendable, CustomStringConvertible {
    /// The root gave up: its children failed more often than it accepts.
    case gaveUp(Diagnosis)
    /// The root ended for another reason than that it was told to.
    case ended(ExitReason)
    /// What had not stopped by the deadline was killed.
    case overran(Duration)

    /// What went wrong, to be read by people; a diagnosis has several lines.
    public var description: String {
        switch self {
        case .gaveUp(let diagnosis): diagnosis.description
        case .ended(let reason): "the supervision tree ended: \(reason)"
        case .overran(let limit): "the supervision tree did not stop within \(limit) and was killed"
        }
    }
}

/// Why a root supervisor gave up: who failed, how often, and with what.
public struct Diagnosis: Sendable, CustomStringConvertible {
    /// Which supervisor gave up.
    public var supervisor: String
    /// The path of the child whose failure was one too many.
    public var child: String
    /// What the supervisor would have accepted.
    public var intensity: RestartIntensity
    /// The last failures below the root, oldest first: the path of who failed, and with what, as the environment's
    /// ``ErrorRedaction`` puts it.
    public var failures: [(path: String, error: String)]

    /// The diagnosis, line by line.
    public var description: String {
        var text = "\(supervisor) gave up: \(child) failed once too often "
        text += "(more than \(intensity.maxRestarts) restarts in \(intensity.period))"
        if !failures.isEmpty { text += "\nlast failures, oldest first:" }
        for failure in failures { text += "\n  \(failure.path): \(failure.error)" }
        return text
    }
}

/// The last reports of a runtime's supervisors, for whoever wants to know why one gave up.
struct ReportHistory: Sendable {
    private var reports = RingQueue<(path: String, report: SupervisorReport)>()

    mutating func add(_ path: String, _ report: SupervisorReport) {
        reports.append((path, report))
        if reports.count > 64 { _ = reports.popFirst() }
    }

    /// Why `root` gave up, if it did.
    func diagnosis(of root: String, by redaction: ErrorRedaction) -> Diagnosis? {
        var copy = reports
        var diagnosis: Diagnosis?
        var failures: [(path: String, error: String)] = []
        while let (path, report) = copy.popFirst() {
            guard path == root || path.hasPrefix(root + "/") else { continue }
            switch report {
            case .childEnded(let id, let reason): failures.append(("\(path)/\(id)", reason.text(by: redaction)))
            case .startFailed(let id, let error):
                failures.append(("\(path)/\(id)", "its start failed: " + redaction.text(of: error)))
            case .gaveUp(let id, let intensity, _):
                guard path == root else { continue }
                diagnosis = Diagnosis(
                    supervisor: path,
                    child: "\(path)/\(id)",
                    intensity: intensity,
                    failures: failures.suffix(10)
                )
            case .restarting, .stoppedBadly, .waiting, .budgetUsedUp: break
            }
        }
        return diagnosis
    }
}
