/// A process that shows something of its state: in ``Runtime/tree(statusesWithin:)``, to ``ProcessReference/status(within:)``,
/// and in the report of its crash.
///
/// Nothing of a process's state is shown anywhere unless it adopts this; what it shows is its own choice, and what is secret
/// it leaves out or shows as ``LogValue/redacted``. Source: `gen_server:format_status/1`.
///
/// ```swift
/// actor Session: ProcessActor, StatusShowing {
///     private let user: String
///     private var token: String
///
///     func status() -> ProcessStatus { ["user": .text(user), "token": .redacted] }
/// }
/// ```
public protocol StatusShowing: ProcessActor, Actor {
    /// What is shown. Runs as a turn, or, after an error, when the last turn is over and before `terminate`.
    ///
    /// If it throws, a status that says so is shown instead, and nothing else comes of it: the process lives on, or ends as
    /// it was about to.
    func status() throws -> ProcessStatus
}

/// What a process shows of its state: names and values, in an order of its choice.
public struct ProcessStatus: Sendable, ExpressibleByDictionaryLiteral {
    /// What is shown.
    public var fields: [(key: String, value: LogValue)]
    /// Why there is no status of the process's own, if there is none.
    public var problem: String?

    /// Makes a status of fields.
    public init(_ fields: [(key: String, value: LogValue)] = []) {
        self.fields = fields
    }

    /// Fields written out.
    public init(dictionaryLiteral fields: (String, LogValue)...) {
        self.fields = fields.map { (key: $0.0, value: $0.1) }
    }

    /// What is shown where a status could not be had.
    static func fallback(_ problem: String) -> ProcessStatus {
        var status = ProcessStatus()
        status.problem = problem
        return status
    }

    /// The value of a field, or nil if it is not shown.
    public subscript(_ key: String) -> LogValue? {
        fields.first { $0.key == key }?.value
    }

    var json: String {
        if let problem { return JSONText.quoted(problem) }
        return "{" + fields.map { JSONText.quoted($0.key) + ":" + $0.value.json }.joined(separator: ",") + "}"
    }
}

extension ProcessStatus: CustomStringConvertible {
    /// `user: ann, token: [redacted]`, or why there is none.
    public var description: String {
        problem ?? fields.map { "\($0.key): \($0.value)" }.joined(separator: ", ")
    }
}

extension ProcessReference {
    /// Asks the process what it shows of its state: as a turn, after what was sent to it before.
    /// - Parameter limit: how long to wait for the answer; nil for as long as it takes.
    /// - Returns: the status; empty for a process that shows none; one with a ``ProcessStatus/problem`` if its own fails.
    /// - Throws: ``CallError``; `CancellationError`. The process is unharmed.
    public func status(within limit: Duration? = .seconds(5)) async throws -> ProcessStatus {
        try await resolve().cell.askStatus(within: limit)
    }
}

extension ProcessCell {
    func askStatus(within limit: Duration?) async throws -> ProcessStatus {
        guard let show = hooks.status else {
            if gate.isDead { throw CallError.noProcess(label) }
            return ProcessStatus()
        }
        let waiter = AnswerWaiter<ProcessStatus>()
        let work = Message.Work.async { actor in
            if !waiter.succeed(await self.status(of: actor, show)) { self.noteLateReply() }
        }
        return try await finish(waiter, Message(work, waiter), limit, on: nil)
    }

    /// What an actor that is about to end shows of its state, for the report of its crash.
    func farewellStatus(_ reason: ExitReason, _ actor: any ProcessActor) async -> ProcessStatus? {
        guard let show = hooks.status, reason.isCrash, !gate.isDead else { return nil }
        return await status(of: actor, show)
    }

    private func status(
        of actor: any ProcessActor,
        _ show: @Sendable (any ProcessActor) async throws -> ProcessStatus
    ) async -> ProcessStatus {
        do {
            return try await show(actor)
        } catch {
            return .fallback("its status failed: " + runtime.environment.redaction.text(of: error))
        }
    }

    /// Counts the end of a process, and reports a crash of one that shows its status; that of any other is told in full by
    /// its supervisor.
    func note(_ reason: ExitReason, hadStarted: Bool, _ status: ProcessStatus?) {
        guard hadStarted else { return runtime.counters.startsFailed.add() }
        runtime.counters.ended(reason)
        guard hooks.status != nil, reason.isCrash else { return }
        let shown = status ?? .fallback("no status: its actor was not to be had")
        runtime.emit(RuntimeEvents.crashed) { (path, id, reason, Int(clamping: turnCount), "\(shown)") }
    }
}

extension ProcessHooks {
    /// Whether the actor has something to do or to show before it ends for that reason.
    func needsFarewell(_ reason: ExitReason) -> Bool {
        terminate != nil || (status != nil && reason.isCrash)
    }
}

extension ExitReason {
    fileprivate var isCrash: Bool {
        if case .crash = self { true } else { false }
    }
}
