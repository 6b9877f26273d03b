import Mangrove

/// Knows whether this node leads its store, and tells whoever needs to know. On a node of its own it leads from the start.
actor LeaderTracker: ProcessActor {
    private(set) var isLeader = true
    private var followers: [ProcessID: @Sendable (Bool) -> Void] = [:]

    /// Has `notify` called with how it is, now and at every change.
    func follow(_ process: ProcessID, _ notify: @escaping @Sendable (Bool) -> Void) {
        followers[process] = notify
        notify(isLeader)
    }

    func unfollow(_ process: ProcessID) {
        followers[process] = nil
    }

    /// Leadership was gained or lost.
    func note(leading: Bool) {
        guard leading != isLeader else { return }
        isLeader = leading
        for follower in followers.sorted(by: { $0.key.serial < $1.key.serial }) { follower.value(leading) }
    }
}
