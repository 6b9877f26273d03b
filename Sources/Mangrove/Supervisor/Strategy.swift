/// Which siblings a supervisor restarts with a child that ended.
public enum Strategy: Sendable, Hashable, CaseIterable {
    /// None: the children do not depend on each other.
    case oneForOne
    /// All of them: the children depend on each other.
    case oneForAll
    /// Those that started after it: each child depends on the ones before it.
    case restForOne
}

/// Whether a supervisor ends by itself when its significant children have ended for good.
public enum AutoShutdown: Sendable, Hashable, CaseIterable {
    /// No.
    case never
    /// When the first of them has.
    case anySignificant
    /// When the last of them has.
    case allSignificant
}

/// Why a supervisor did not do what it was asked. Its children are as they were, unless a case says otherwise.
public enum SupervisorError: Error, Sendable {
    /// A child of that id is running.
    case alreadyStarted(ChildID, ProcessID)
    /// There is a child of that id, stopped or waiting for its restart.
    case alreadyPresent(ChildID)
    /// There is no such child.
    case notFound(ChildID)
    /// The child is running.
    case running(ChildID)
    /// The child is about to be restarted.
    case restarting(ChildID)
    /// The child's start threw. What was started before it in the same go was stopped again.
    case startFailed(ChildID, any Error)
    /// The name the child asks for is held by a living process.
    case nameTaken(ProcessName, ProcessID)
    /// The specification is wrong.
    case invalid(SpecError)
    /// As many children as allowed are there.
    case maxChildren(Int)
    /// The code of the child's last process, which was killed, has not returned; see ``ZombiePolicy/refuseRestart``.
    case zombie(ChildID, ProcessID)
    /// The supervisor is stopping.
    case shuttingDown
    /// The supervisor has no partitions: it is not a ``PartitionSupervisor``.
    case notPartitioned
    /// More partitions than the supervisor was made with, or less than none.
    case partitions(Int, of: Int)
}

extension SupervisorError: CustomStringConvertible {
    /// One line: what went wrong.
    public var description: String {
        switch self {
        case .alreadyStarted(let id, let process): "child '\(id)' is already running as \(process)"
        case .alreadyPresent(let id): "child '\(id)' is already there, not running"
        case .notFound(let id): "no child '\(id)'"
        case .running(let id): "child '\(id)' is running"
        case .restarting(let id): "child '\(id)' is being restarted"
        case .startFailed(let id, let error): "child '\(id)' failed to start: \(error)"
        case .nameTaken(let name, let process): "the name '\(name)' is taken by \(process)"
        case .invalid(let error): "invalid specification: \(error)"
        case .maxChildren(let limit): "the limit of \(limit) children is reached"
        case .zombie(let id, let process): "child '\(id)': the code of \(process), which was killed, still runs"
        case .shuttingDown: "the supervisor is stopping"
        case .notPartitioned: "the supervisor has no partitions"
        case .partitions(let count, let limit): "\(count) partitions are not between 0 and the original \(limit)"
        }
    }
}

/// What a supervisor tells the log.
enum SupervisorReport: Sendable {
    case childEnded(ChildID, ExitReason)
    case restarting(ChildID, Strategy)
    case startFailed(ChildID, any Error)
    case stoppedBadly(ChildID, ExitReason)
    case waiting(ChildID, Duration)
    case budgetUsedUp(ChildID, RestartIntensity)
    case gaveUp(ChildID, RestartIntensity, ExitReason?)
}
