import Mangrove

/// Knows whether this node leads its store. On a node of its own it does, from the start.
actor LeaderTracker: ProcessActor {
    private(set) var isLeader = true
}
