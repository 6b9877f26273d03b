extension SupervisorMachine {
    struct ChildRecord: SupervisedChild {
        let id: ChildID
        var restart: RestartType
        var shutdown: ShutdownPolicy
        var kind: ChildKind
        var isSignificant: Bool
        var limits: RestartLimits?
        var state = ChildState.stopped
        var restarts = 0
        var lastExit: ExitReason?

        /// Whether it waits for this attempt at its restart.
        func awaits(_ attempt: Int) -> Bool {
            if case .restarting(attempt) = state { true } else { false }
        }

        /// Whether it did not end as one that is stopped should: with `shutdown`, or as it likes if it is not permanent and
        /// ends cleanly; a brutal kill ends with `killed`.
        func stoppedBadly(with reason: ExitReason) -> Bool {
            switch reason {
            case .shutdown: false
            case .killed: shutdown != .brutalKill
            case .normal, .shutdownBecause: restart == .permanent
            case .crash, .noProcess, .program: true
            }
        }
    }

    enum ChildState: Sendable {
        case stopped
        case starting
        case running(ProcessID)
        /// Waits for another attempt; the number tells a cancelled attempt from the one awaited.
        case restarting(attempt: Int)
        case stopping(ProcessID)
    }

    enum Event: SupervisionEvent {
        typealias Key = ChildID

        case boot
        /// The time matters for children with a backoff only.
        case started(ChildID, ProcessID, at: RuntimeInstant? = nil)
        case startFailed(ChildID, any Error)
        case ignored(ChildID)
        /// The start was not tried: code of the last incarnation, which was killed, still runs.
        case held(ChildID, by: ProcessID)
        /// That code has returned.
        case released(ChildID, attempt: Int)
        case stopped(ChildID, ExitReason)
        case exited(ChildID, ProcessID, ExitReason, at: RuntimeInstant)
        case retry(ChildID, attempt: Int, at: RuntimeInstant)
        case add(ChildRecord)
        case terminate(ChildID)
        case restart(ChildID)
        case delete(ChildID)
        /// New rules, all or none; what is nil stays, and so does every child that is not among the records.
        case change(Strategy?, RestartIntensity?, AutoShutdown?, [ChildRecord])
        case shutdown

        static func ended(_ id: ChildID, _ process: ProcessID, _ reason: ExitReason, at now: RuntimeInstant) -> Self {
            .exited(id, process, reason, at: now)
        }
    }

    typealias Effect = SupervisionEffect<ChildID>

    enum Reply: Sendable {
        case booted
        case child(ProcessID?)
        case done
    }

    enum Purpose {
        case boot
        case bootFailed(ChildID, any Error)
        case restart
        /// Siblings are stopped, then the child waits.
        case wait(ChildID, attempt: Int, Duration)
        case restartedByRequest(ChildID)
        case addedByRequest(ChildID)
        case startedByRequest(ChildID)
        case stoppedByRequest(ChildID)
        case shutdown
    }
}
