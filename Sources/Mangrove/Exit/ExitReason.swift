/// Why a process ended.
///
/// The vocabulary is OTP's. ``normal``, ``shutdown`` and ``shutdownBecause(_:)`` are the *clean* reasons: a transient child
/// that ends with one of them is not restarted.
public enum ExitReason: Sendable {
    /// It had done its work.
    case normal
    /// It was told to stop, or stopped itself in good order.
    case shutdown
    /// As ``shutdown``, with what led to it.
    case shutdownBecause(any Error)
    /// An error that nobody was there to receive.
    case crash(any Error)
    /// It was killed: by ``Ref/kill()``, by a supervisor's `brutalKill`, or because it did not stop in time.
    case killed
    /// There was no such process when it was monitored.
    case noProcess
    /// A ``Program`` ended by itself, with a status other than 0 or by a signal.
    case program(ProgramExit)

    /// Whether the reason is one of the three clean ones.
    public var isClean: Bool {
        switch self {
        case .normal, .shutdown, .shutdownBecause: true
        case .crash, .killed, .noProcess, .program: false
        }
    }
}

extension ExitReason: CustomStringConvertible {
    /// The reason in a few words: `normal`, `shutdown`, `crash: …`.
    public var description: String {
        switch self {
        case .normal: "normal"
        case .shutdown: "shutdown"
        case .shutdownBecause(let why): "shutdown: \(why)"
        case .crash(let error): "crash: \(error)"
        case .killed: "killed"
        case .noProcess: "no process"
        case .program(let exit): "program: \(exit)"
        }
    }
}

/// Thrown inside a process to end it with a reason of its own choice.
///
/// Thrown in a call, it is not an answer but the process's decision to stop: `terminate` runs, the process ends with
/// ``reason``, and the caller sees ``CallError/exited(_:)``.
public struct Exit: Error, Sendable {
    /// What the process ends with.
    public var reason: ExitReason

    /// Makes an exit.
    public init(_ reason: ExitReason) {
        self.reason = reason
    }

    /// The reason a process ends with when `error` leaves its code with nobody there to receive it.
    static func reason(for error: any Error) -> ExitReason {
        (error as? Exit)?.reason ?? .crash(error)
    }
}
