extension DynamicSupervisorMachine {
    /// What the machine knows of one child. There may be a million: what is the same for all that were started from one
    /// specification is shared, and what only those have that have ended before is kept apart.
    struct ChildRecord: SupervisedChild {
        private let facts: ChildSpec.Facts
        private var past: Past?
        var state = SupervisorMachine.ChildState.starting

        init(_ spec: ChildSpec) { facts = spec.facts }

        var id: ChildID { facts.contents.id }
        var restart: RestartType { facts.contents.restart }
        var shutdown: ShutdownPolicy { facts.contents.shutdown }
        var kind: ChildKind { facts.contents.kind }
        var limits: RestartLimits? { facts.contents.limits }

        /// The process that it is, or was before it ended; nil before its first start.
        var lastProcess: ProcessID? {
            switch state {
            case .running(let process), .stopping(let process): process
            case .stopped, .starting, .restarting: past?.process
            }
        }
        var lastExit: ExitReason? { past?.exit }
        var restarts: Int { past?.restarts ?? 0 }

        /// Notes an end after which it may be restarted.
        mutating func ended(_ process: ProcessID, _ reason: ExitReason) {
            past = Past(process: process, exit: reason, restarts: restarts)
        }

        /// Another attempt to start it begins, which counts.
        mutating func beginRestart() {
            if let past { self.past = Past(process: past.process, exit: past.exit, restarts: past.restarts + 1) }
            state = .starting
        }
    }

    /// What came before the present incarnation; replaced as a whole, so that copies of a record stay independent.
    private final class Past: Sendable {
        let process: ProcessID
        let exit: ExitReason
        let restarts: Int

        init(process: ProcessID, exit: ExitReason, restarts: Int) {
            self.process = process
            self.exit = exit
            self.restarts = restarts
        }
    }
}
