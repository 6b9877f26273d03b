/// An actor that runs as a process: started by a supervisor, reached through a ``Ref`` or an ``Address``.
///
/// There is nothing to implement. A process that has work of its own, something to finish before it ends, or interest in
/// the death of others adds ``LongRunning``, ``Terminating`` or ``SignalHandling``.
///
/// ```swift
/// actor Counter: ProcessActor {
///     private var value = 0
///     func increment() -> Int { value += 1; return value }
/// }
/// ```
public protocol ProcessActor: AnyObject, Sendable {}

/// A process with work of its own, which lasts as long as the process does.
public protocol LongRunning: ProcessActor, Actor {
    /// The work, run in a task of the process's own from the moment it has started.
    ///
    /// It runs beside the process's turns, on the same actor: whatever it awaits, turns may run meanwhile. Returning ends
    /// the process with ``ExitReason/normal``; throwing ends it with ``ExitReason/crash(_:)``, or with the reason of the
    /// ``Exit`` thrown. When the process is told to stop, the task is cancelled and its end awaited before `terminate`.
    func run() async throws
}

/// A process that finishes something before it ends.
public protocol Terminating: ProcessActor, Actor {
    /// Runs after the last turn, before anyone learns of the death, within the shutdown time of the child's specification.
    ///
    /// Not run when the process is killed, and not for one that never finished starting.
    func terminate(reason: ExitReason) async
}

/// A process that is told about the deaths of others.
public protocol SignalHandling: ProcessActor, Actor {
    /// Receives a notice as a turn, after the messages that the dead process had sent before. Throwing ends the process.
    func handle(_ signal: Signal) async throws
}

/// What a ``SignalHandling`` process is told.
public enum Signal: Sendable {
    /// A monitored process ended.
    case down(Down)
    /// A linked process ended; only processes that trap exits are told, others end with it.
    case exit(ProcessID, ExitReason)
}

/// The end of a monitored process.
public struct Down: Sendable {
    /// The monitor that reports it.
    public var monitor: MonitorID
    /// Who ended.
    public var process: ProcessID
    /// Why. ``ExitReason/noProcess`` if it had ended before it was monitored.
    public var reason: ExitReason
}

/// Identifies one monitor.
public struct MonitorID: Hashable, Sendable {
    let serial: UInt64
    /// The name by which the process is monitored, where it is by name.
    var name: ProcessName?
}
