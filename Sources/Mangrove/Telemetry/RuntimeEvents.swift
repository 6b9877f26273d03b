/// Every event that `Mangrove` emits: nothing is logged by it that is not declared here.
///
/// Names, fields and their types are stable. The guide on telemetry shows them as a table.
public enum RuntimeEvents {
    // MARK: Processes

    static let crashed = TelemetryEvent<String, ProcessID, ExitReason, Int, String>(
        "process.crashed",
        .error,
        .process,
        "process",
        "id",
        "reason",
        "turns",
        "status",
        when: "a process that shows its status ended with an error"
    )
    static let errorWithoutCaller = TelemetryEvent<String, LoggedError>(
        "process.call.error_without_caller",
        .warning,
        .process,
        "process",
        "error",
        when: "a call threw after its caller had gone"
    )
    static let dropping = TelemetryEvent<String, Int, String>(
        "process.mailbox.dropping",
        .warning,
        .process,
        "process",
        "limit",
        "policy",
        when: "a full mailbox dropped the first message of a burst"
    )
    static let overran = TelemetryEvent<String, String, String>(
        "process.shutdown.overran",
        .warning,
        .process,
        "process",
        "phase",
        "limit",
        when: "a process had to be killed in a shutdown with a deadline"
    )
    static let lateStart = TelemetryEvent<String>(
        "process.start.late",
        .warning,
        .process,
        "process",
        when: "a start returned after its process had been ended; what it returned was thrown away"
    )
    static let slowTurn = TelemetryEvent<String, ProcessID, Int, Duration, String>(
        "process.turn.slow",
        .warning,
        .process,
        "process",
        "id",
        "turn",
        "budget",
        "waits_for",
        when: "a turn has taken longer than its process's budget, and is still going on"
    )
    static let zombie = TelemetryEvent<String, ProcessID, String>(
        "process.zombie",
        .error,
        .process,
        "process",
        "id",
        "policy",
        when: "a process was killed and its code still runs a second later"
    )
    static let zombieEnded = TelemetryEvent<String, ProcessID>(
        "process.zombie.ended",
        .warning,
        .process,
        "process",
        "id",
        when: "the code of a zombie has returned"
    )

    // MARK: Supervisors

    static let childEnded = TelemetryEvent<String, ExitReason>(
        "supervisor.child.ended",
        .warning,
        .supervisor,
        "child",
        "reason",
        when: "a child ended by itself, as it should not have"
    )
    static let restarting = TelemetryEvent<String, String>(
        "supervisor.child.restarting",
        .info,
        .supervisor,
        "child",
        "strategy",
        when: "a child is restarted, with those that its supervisor's strategy names"
    )
    static let startFailed = TelemetryEvent<String, LoggedError>(
        "supervisor.child.start_failed",
        .error,
        .supervisor,
        "child",
        "error",
        when: "a child could not be started"
    )
    static let stoppedBadly = TelemetryEvent<String, ExitReason>(
        "supervisor.child.stopped_badly",
        .warning,
        .supervisor,
        "child",
        "reason",
        when: "a child that was told to stop ended with another reason, or had to be killed"
    )
    static let waiting = TelemetryEvent<String, Duration>(
        "supervisor.child.waiting",
        .info,
        .supervisor,
        "child",
        "wait",
        when: "a child's restart waits as its backoff says"
    )
    static let leftStopped = TelemetryEvent<String, Int, Duration>(
        "supervisor.child.left_stopped",
        .error,
        .supervisor,
        "child",
        "restarts",
        "period",
        when: "a child has used up its own budget and is not restarted any more"
    )
    static let gaveUp = TelemetryEvent<String, String, Int, Duration, String>(
        "supervisor.gave_up",
        .error,
        .supervisor,
        "supervisor",
        "child",
        "restarts",
        "period",
        "reason",
        when: "a supervisor ends because a child failed more often than it accepts"
    )

    static let turnFailed = TelemetryEvent<String, LoggedError>(
        "supervisor.turn.failed",
        .error,
        .supervisor,
        "supervisor",
        "error",
        when: "what was asked of a supervisor threw, with nobody there to receive the error"
    )

    // MARK: Programs

    static let programErrors = TelemetryEvent<String, String>(
        "program.errors",
        .info,
        .program,
        "process",
        "line",
        when: "a program printed a line on standard error"
    )
    static let programOutput = TelemetryEvent<String, String>(
        "program.output",
        .info,
        .program,
        "process",
        "line",
        when: "a program without a line handler printed a line"
    )
    static let lineFailed = TelemetryEvent<String, LoggedError>(
        "program.line.failed",
        .warning,
        .program,
        "process",
        "error",
        when: "the handler of a line threw while the program was being stopped"
    )

    // MARK: The runtime

    static let rootEnded = TelemetryEvent<String, ExitReason>(
        "runtime.root.ended",
        .info,
        .runtime,
        "root",
        "reason",
        when: "a supervision tree was stopped"
    )
    static let rootFailed = TelemetryEvent<String, ExitReason>(
        "runtime.root.failed",
        .error,
        .runtime,
        "root",
        "reason",
        when: "a supervision tree ended with an error or was killed"
    )
    static let poolStuck = TelemetryEvent<String>(
        "runtime.pool.stuck",
        .warning,
        .runtime,
        "inside",
        when:
            "no thread of the pool has been free for supervision for a second; names processes whose turns are under way"
    )
    static let poolRecovered = TelemetryEvent<Duration>(
        "runtime.pool.recovered",
        .info,
        .runtime,
        "after",
        when: "a thread of the pool is free again"
    )
    static let signal = TelemetryEvent<String>(
        "runtime.signal",
        .info,
        .runtime,
        "signal",
        when: "a signal asked the program to stop"
    )

    static let lost = TelemetryEvent<Int>(
        "log.lost",
        .warning,
        .runtime,
        "lines",
        when: "a sink had no room for so many events before this one"
    )

    /// All of them, in the order of the guide's table.
    public static let all: [EventKind] = [
        crashed.kind, errorWithoutCaller.kind, dropping.kind, overran.kind, lateStart.kind, slowTurn.kind, zombie.kind,
        zombieEnded.kind, childEnded.kind, restarting.kind, startFailed.kind, stoppedBadly.kind, waiting.kind,
        leftStopped.kind, gaveUp.kind, turnFailed.kind, programErrors.kind, programOutput.kind, lineFailed.kind,
        rootEnded.kind,
        rootFailed.kind, poolStuck.kind, poolRecovered.kind, signal.kind, lost.kind,
    ]
}

extension LogEvent {
    /// What a sink that had to drop events says when it has room again.
    static func lost(_ count: Int, at microseconds: Int64) -> LogEvent {
        let kind = RuntimeEvents.lost.kind
        let fields = kind.fields.map { (key: $0.name, value: LogValue.integer(Int64(count))) }
        return LogEvent(kind.level, kind.component, kind.name, fields, at: microseconds)
    }
}
