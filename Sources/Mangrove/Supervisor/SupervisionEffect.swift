/// What the machine of a supervisor wants done; a ``SupervisionDriver`` does it.
enum SupervisionEffect<Key: Sendable>: Sendable {
    case start(Key)
    case stop(Key, ProcessID, ShutdownPolicy)
    /// Stop all of these together, then say `.allStopped`. Static supervisors stop one child after the other instead.
    case stopAll([(key: Key, shutdown: ShutdownPolicy)])
    /// Come back with `.retry` after what is waiting already.
    case retryLater(Key, attempt: Int)
    /// Come back with `.retry` after a time.
    case wait(Key, attempt: Int, Duration)
    /// Come back with `.released` when the code of the last incarnation has returned.
    case awaitRelease(Key, attempt: Int)
    /// The specification can be forgotten.
    case forget(Key)
    case reply(Result<SupervisorMachine.Reply, SupervisorError>)
    case report(SupervisorReport)
    /// All children are stopped: the supervisor ends.
    case exit(ExitReason)
}

/// What the machine of a supervisor is told of its children, and answers to its effects.
protocol SupervisionEvent: Sendable {
    associatedtype Key: Hashable & Sendable

    static func started(_ key: Key, _ process: ProcessID, at: RuntimeInstant?) -> Self
    static func startFailed(_ key: Key, _ error: any Error) -> Self
    static func ignored(_ key: Key) -> Self
    static func held(_ key: Key, by process: ProcessID) -> Self
    static func released(_ key: Key, attempt: Int) -> Self
    static func stopped(_ key: Key, _ reason: ExitReason) -> Self
    static func retry(_ key: Key, attempt: Int, at: RuntimeInstant) -> Self
    static var shutdown: Self { get }
    /// A child ended by itself.
    static func ended(_ id: ChildID, _ process: ProcessID, _ reason: ExitReason, at: RuntimeInstant) -> Self
    /// The answer to ``SupervisionEffect/stopAll(_:)``: what each child ended with. nil from a machine that never asks.
    static func answer(toStopAll ends: [(key: Key, reason: ExitReason)]) -> Self?
}

extension SupervisionEvent {
    static func answer(toStopAll ends: [(key: Key, reason: ExitReason)]) -> Self? { nil }
}

/// A machine that decides for a supervisor: events in, effects out.
protocol SupervisionMachine: Sendable {
    associatedtype Event: SupervisionEvent
    associatedtype Record: SupervisedChild

    mutating func handle(_ event: Event) -> [SupervisionEffect<Event.Key>]

    /// The children in the order in which they are shown.
    var listed: [(key: Event.Key, value: Record)] { get }
}

/// What a machine knows of a child, as far as it is shown.
protocol SupervisedChild: Sendable {
    var id: ChildID { get }
    var kind: ChildKind { get }
    var restart: RestartType { get }
    var state: SupervisorMachine.ChildState { get }
    var restarts: Int { get }
    var lastExit: ExitReason? { get }
}
