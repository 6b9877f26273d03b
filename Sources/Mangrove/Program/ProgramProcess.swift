/// The process behind a ``Program``: it lives as long as the program does.
public actor ProgramProcess: ProcessActor, Terminating {
    private nonisolated let context: ProcessContext
    private nonisolated let inbox: ProgramInbox
    private nonisolated let program: any LaunchedProgram
    private let shutdown: ShutdownPolicy
    private let onLine: Program.LineHandler?
    /// How the program ended.
    private var end: ExitReason?

    private init(
        _ context: ProcessContext,
        _ inbox: ProgramInbox,
        _ program: any LaunchedProgram,
        _ shutdown: ShutdownPolicy,
        _ onLine: Program.LineHandler?
    ) {
        self.context = context
        self.inbox = inbox
        self.program = program
        self.shutdown = shutdown
        self.onLine = onLine
    }

    /// Starts the program, when nothing is left of those that were killed before it.
    static func start(
        _ command: ProgramCommand,
        _ shutdown: ShutdownPolicy,
        _ onLine: Program.LineHandler?,
        _ remains: ProgramRemains,
        _ context: ProcessContext
    ) async throws -> ProgramProcess {
        await remains.awaitEnd()
        try Task.checkCancellation()
        let environment = context.runtime.environment
        let inbox = ProgramInbox(context, command.lineLimit)
        let life = ProgramLife(remains)
        let program = try await environment.blocking.run {
            try environment.programs.launch(command) { event in
                inbox.take(event)
                if case .ended = event { life.ended() }
            }
        }
        // However the process ends, the program ends with it; one that has ended already is left alone.
        context.onExit { _ in
            life.processDied()
            inbox.close()
            program.kill()
        }
        return ProgramProcess(context, inbox, program, shutdown, onLine)
    }

    /// The system's number for the program.
    public nonisolated var processID: Int32 { program.processID }

    /// Writes a line to the program's standard input; the line end is added.
    ///
    /// It waits in a buffer until the program reads it; what is in there when the program ends is lost.
    /// - Throws: ``ProgramError/inputFull(limit:)``, ``ProgramError/inputClosed``, ``ProgramError/lineBreak``: nothing was
    ///   sent.
    public nonisolated func send(line: String) throws(ProgramError) {
        var bytes = Array(line.utf8)
        if bytes.contains(0x0A) { throw .lineBreak }
        bytes.append(0x0A)
        try program.send(bytes)
    }

    /// Ends the program's standard input, after what was sent.
    public nonisolated func closeInput() {
        program.closeInput()
    }

    /// Asks the program to end, and waits until it has; its last lines are handled like those before.
    public func terminate(reason: ExitReason) async {
        guard end == nil else { return }
        program.terminate()
        // Whoever stops it sets it a limit. When it ends for another reason, its own specification does.
        let limit = reason.isClean ? nil : killTimer()
        defer { limit?.cancel() }
        while !context.cell.gate.isDead {
            do {
                try await handleNews()
                if end != nil { return }
                await inbox.bell.wait()
            } catch {
                // It is ending as it is; what comes after the line that failed is still handled.
                context.runtime.emit(RuntimeEvents.lineFailed) { (context.path, LoggedError(error)) }
            }
        }
    }

    private func killTimer() -> (any RuntimeTimer)? {
        switch shutdown {
        case .infinity: return nil
        case .brutalKill: program.kill()
        case .within(let limit): return context.runtime.clock.schedule(after: limit) { [program] in program.kill() }
        }
        return nil
    }

    /// A turn: there is news.
    func turn() async throws {
        try await handleNews()
        if let end { throw Exit(end) }
    }

    /// Handles what has come from the program.
    private func handleNews() async throws {
        while let news = inbox.next() {
            switch news {
            case .output(let lines, let handled):
                try await handle(lines, handled)
            case .errors(let lines):
                for line in lines {
                    context.runtime.emit(RuntimeEvents.programErrors) { (context.path, line) }
                }
            case .lineTooLong:
                throw ProgramError.lineTooLong(limit: inbox.lineLimit)
            case .ended(let exit):
                switch exit {
                case .status(0): end = .normal
                case .some(let exit): end = .program(exit)
                case nil: end = .crash(ProgramError.statusLost)
                }
            }
        }
    }

    /// Handles lines that came together. Where one fails, those after it wait for `terminate`.
    private func handle(_ lines: [String], _ handled: @escaping @Sendable () -> Void) async throws {
        for (index, line) in lines.enumerated() {
            do {
                try await handle(line)
            } catch {
                inbox.putBack(.output(Array(lines[(index + 1)...]), handled: handled))
                throw error
            }
            // Killed meanwhile: nobody wants the others handled.
            if context.cell.gate.isDead { break }
        }
        handled()
    }

    private func handle(_ line: String) async throws {
        if let onLine {
            try await onLine(line, self)
        } else {
            context.runtime.emit(RuntimeEvents.programOutput) { (context.path, line) }
        }
    }
}
