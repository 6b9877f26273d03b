/// Starts programs: what a runtime's environment gives to ``Program``.
public protocol ProgramLauncher: Sendable {
    /// Starts a program; blocks until it runs or has failed to.
    /// - Parameter events: told what it prints and how it ends, from a thread of the launcher's own.
    /// - Throws: ``ProgramError/cannotStart(_:_:)``; then `events` is told nothing.
    func launch(
        _ command: ProgramCommand,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) throws(ProgramError) -> any LaunchedProgram
}

/// What a launched program does.
public enum ProgramEvent: Sendable {
    /// It printed lines. No more are read until `handled` was called.
    case output([String], handled: @Sendable () -> Void)
    /// It printed lines on standard error; overlong ones come in pieces.
    case errors([String])
    /// It printed a line longer than allowed; nothing it prints is read any more.
    case lineTooLong
    /// It has ended, nothing of its group is left, and all it printed was told. The last event; nil if the system did not
    /// say how it ended.
    case ended(ProgramExit?)
}

/// A program that was launched.
public protocol LaunchedProgram: AnyObject, Sendable {
    /// The system's number for it.
    var processID: Int32 { get }

    /// Puts bytes behind those that wait to be read by it.
    /// - Throws: ``ProgramError/inputFull(limit:)``, ``ProgramError/inputClosed``.
    func send(_ bytes: [UInt8]) throws(ProgramError)

    /// Ends its input, after what waits to be read by it.
    func closeInput()

    /// Asks it to end; nothing if it has.
    func terminate()

    /// Ends it at once, with all of its group; nothing if it has ended.
    func kill()
}

/// Refuses to start any program: for worlds without an operating system.
public struct NoPrograms: ProgramLauncher {
    /// Makes one.
    public init() {}

    /// Refuses.
    public func launch(
        _ command: ProgramCommand,
        _ events: @escaping @Sendable (ProgramEvent) -> Void
    ) throws(ProgramError) -> any LaunchedProgram {
        throw .cannotStart(command.executable, "there are no programs in this environment")
    }
}
