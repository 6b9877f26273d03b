extension ProcessCell {
    /// What most processes do not have, most of the time: an object of its own, made when the first of it is needed, so that
    /// a million idle processes do not carry it. Read and written inside the cell's lock only.
    // Safe: reached from the state only, and so inside the lock only.
    final class Aside: @unchecked Sendable {
        /// Callers whose turn threw ``Exit``: they learn the reason when the process is dead.
        var leavingCalls: [any QueuedCall] = []
        var relations = ProcessRelations()
        /// Whom the activity under way waits for.
        var waits: [Wait] = []
        var waitsBegun: UInt64 = 0
        /// The children, where the process is a supervisor.
        var children: (@Sendable () -> [ChildOverview])?
        /// Gives up the children, when it dies.
        var orphans: (@Sendable () -> [Orphan])?
        /// What was left below it when it died, until that has ended too.
        var remains: [ProcessCell] = []
        var haunting = Haunting()
        /// The shutdown with a deadline that it is part of.
        var shutdown: ShutdownCourse?
    }
}

extension ProcessCell.State {
    /// What is aside, made if there is none.
    mutating func setAside() -> ProcessCell.Aside {
        if let aside { return aside }
        let made = ProcessCell.Aside()
        aside = made
        return made
    }
}

/// A supervisor, as its children know it.
protocol Supervising: AnyObject, Sendable {
    /// A child is dead. Called on the thread that ends it, after its names are free.
    func childEnded(_ child: ProcessCell, _ reason: ExitReason)
}
