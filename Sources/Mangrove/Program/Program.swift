/// A child that is another program: an operating system process under a supervisor.
///
/// It is restarted, counted and stopped like any child, with the strategies and intensity of its supervisor; but what goes
/// wrong in it, a trap included, cannot take this program with it. Use it for work that may crash or has to be killed for
/// certain; for everything else a ``Worker`` is much cheaper.
///
/// - **Input and output.** What it prints on standard output comes line by line to `onLine`, as turns of its process, in
///   order and all of it before the process ends; while lines wait to be handled, no more are read, and a program that
///   prints faster waits. ``ProgramProcess/send(line:)`` writes to its standard input. Standard error goes to the log.
/// - **Its end.** Exit status 0 is ``ExitReason/normal``. Everything else is ``ExitReason/program(_:)`` with the status or
///   the signal, and not clean: a transient child is restarted.
/// - **Stopping it** sends SIGTERM, and SIGKILL when the time of `shutdown` is over. The program runs in a process group of
///   its own, which a Ctrl-C at the terminal does not reach; when the program has ended, SIGKILL goes to what is left of the
///   group, so that nothing it started overlaps with its next incarnation.
/// - **No orphans.** When the program that supervises it dies, by SIGKILL too, the whole group is killed: see the guide on
///   programs for how, and for what can escape.
///
/// ```swift
/// Program("thumbnails", name: "thumbnails", executable: "thumbnailer", arguments: ["--stdin"]) { line, _ in
///     try await gallery.call { $0.add(line) }
/// }
/// ```
public struct Program: Child {
    /// What `onLine` is: called with each line, without its end, in a turn of the program's process.
    ///
    /// The actor is given to answer the program. Throwing ends the process, and with it the program.
    public typealias LineHandler = @Sendable (_ line: String, _ process: ProgramProcess) async throws -> Void

    /// How to start and treat it.
    public let spec: ChildSpec

    /// Describes a program.
    /// - Parameters:
    ///   - id: tells it from its siblings.
    ///   - name: registered while it lives.
    ///   - executable: the path of its file, or a name to be looked for in the search path.
    ///   - arguments: what follows its name on the command line.
    ///   - environment: variables set for it besides, or instead of, those of this program.
    ///   - inheritsEnvironment: whether it gets the variables of this program at all.
    ///   - restart: when it is restarted.
    ///   - shutdown: how long it has between SIGTERM and SIGKILL.
    ///   - isSignificant: whether its end can end its supervisor.
    ///   - lineLimit: the longest line it may print, in bytes; a longer one ends it.
    ///   - inputLimit: how many bytes may wait to be read by it.
    ///   - onLine: takes its lines; without it they go to the log.
    public init(
        _ id: ChildID,
        name: ProcessName? = nil,
        executable: String,
        arguments: [String] = [],
        environment: [String: String] = [:],
        inheritsEnvironment: Bool = true,
        restart: RestartType = .permanent,
        shutdown: ShutdownPolicy = .within(.seconds(5)),
        isSignificant: Bool = false,
        lineLimit: Int = 1 << 20,
        inputLimit: Int = 1 << 20,
        onLine: LineHandler? = nil
    ) {
        let command = ProgramCommand(
            executable: executable,
            arguments: arguments,
            environment: environment,
            inheritsEnvironment: inheritsEnvironment,
            lineLimit: lineLimit,
            inputLimit: inputLimit
        )
        let remains = ProgramRemains()
        spec = ChildSpec(
            id: id,
            restart: restart,
            shutdown: shutdown,
            kind: .worker,
            isSignificant: isSignificant,
            name: name,
            mailboxLimit: 100_000,
            actorType: ProgramProcess.self,
            validateContents: { () throws(SpecError) in
                if let problem = command.problem { throw .program(id, problem) }
            },
            start: .suspending { context in
                try await ProgramProcess.start(command, shutdown, onLine, remains, context)
            }
        )
    }
}
