/// Every metric of `Mangrove`. Names and labels are stable; the guide on telemetry shows them as a table.
public enum RuntimeMetrics {
    static let live = MetricKind("mangrove_processes", .gauge, help: "Processes that live, those starting included.")
    static let started = MetricKind(
        "mangrove_processes_started_total",
        .counter,
        help: "Starts of processes begun, those that failed included."
    )
    static let startsFailed = MetricKind(
        "mangrove_process_starts_failed_total",
        .counter,
        help: "Starts of processes that failed or were called off."
    )
    static let ended = MetricKind(
        "mangrove_processes_ended_total",
        .counter,
        labels: ["reason"],
        help: "Processes that ended after they had started, by the kind of their exit reason."
    )
    static let restarts = MetricKind(
        "mangrove_restarts_total",
        .counter,
        labels: ["supervisor"],
        help: "Restarts by supervisor; those below a dynamic supervisor count together, under its path and '/*'."
    )
    static let gaveUp = MetricKind(
        "mangrove_supervisors_gave_up_total",
        .counter,
        help: "Supervisors that ended because a child failed more often than they accept."
    )
    static let overflows = MetricKind(
        "mangrove_mailbox_overflows_total",
        .counter,
        labels: ["policy"],
        help: "Messages that found a full mailbox, by its policy."
    )
    static let zombies = MetricKind(
        "mangrove_zombies",
        .gauge,
        help: "Processes that were killed and whose code has not returned."
    )
    static let zombiesEver = MetricKind(
        "mangrove_zombies_total",
        .counter,
        help: "Processes that were found to be zombies."
    )
    static let slowTurns = MetricKind(
        "mangrove_slow_turns_total",
        .counter,
        help: "Turns that took longer than their process's budget."
    )
    static let poolStuck = MetricKind(
        "mangrove_pool_stuck_total",
        .counter,
        help: "Times that no thread of the pool was free for supervision."
    )
    static let timeouts = MetricKind(
        "mangrove_call_timeouts_total",
        .counter,
        help: "Calls that were given up because no answer came in time."
    )
    static let lateReplies = MetricKind(
        "mangrove_late_replies_total",
        .counter,
        help: "Answers and errors of calls that were dropped because the caller had gone."
    )
    static let deadlocks = MetricKind(
        "mangrove_deadlocks_total",
        .counter,
        help: "Calls that were refused because they would have waited for themselves."
    )
    static let overruns = MetricKind(
        "mangrove_shutdown_overruns_total",
        .counter,
        help: "Processes that had to be killed in a shutdown with a deadline."
    )
    static let names = MetricKind("mangrove_registered_names", .gauge, help: "Names that processes have registered.")
    static let waiting = MetricKind(
        "mangrove_mailbox_messages",
        .gauge,
        help: "Messages that wait in all mailboxes together."
    )
    static let longest = MetricKind(
        "mangrove_mailbox_messages_max",
        .gauge,
        help: "Messages that wait in the fullest mailbox."
    )
    static let timers = MetricKind("mangrove_timers", .gauge, help: "Timers set on the runtime's clock.")

    /// All of them, in the order in which they are rendered.
    public static let all = [
        live, started, startsFailed, ended, restarts, gaveUp, overflows, zombies, zombiesEver, timeouts, lateReplies,
        deadlocks, overruns, slowTurns, poolStuck, names, waiting, longest, timers,
    ]
}
