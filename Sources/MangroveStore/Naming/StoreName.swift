public import Mangrove

/// Derives the name of every process in a store's subtree from the store's id and the process's role.
///
/// Two stores on one node never collide, and no name is put together by hand. Without a store the names are unscoped.
public struct StoreName: Sendable, Hashable {
    /// What a process does in a store's subtree.
    public enum Role: String, Sendable, CaseIterable {
        /// The root of the subtree.
        case system
        /// Spreads the news of commits.
        case pubSub = "pub-sub"
        /// The log engine.
        case engine
        /// The partitioned pools of stream writers.
        case writers
        /// One stream's writer; the key is the stream.
        case writer
        /// The partitioned pool of readers.
        case readers
        /// Writes checkpoints and gives the disk back.
        case persistence = "persistence-worker"
        /// The partitioned pool of writers of snapshots.
        case snapshotWriters = "snapshot-writers"
        /// The partitioned pool of readers of snapshots.
        case snapshotReaders = "snapshot-readers"
        /// Knows whether this node leads the store.
        case leaderTracker = "leader-tracker"
        /// Serves subscriptions while it does.
        case leaderWorker = "leader-worker"
        /// The emitters, one per subscription.
        case emitters
        /// Knows the durable subscriptions.
        case subscriptionsReader = "subscriptions-reader"
        /// Makes, changes and removes durable subscriptions.
        case subscriptionsWriter = "subscriptions-writer"
        /// Has what runs follow what is recorded of subscriptions.
        case subscriptionsTracker = "subscriptions-tracker"
        /// One durable subscription; the key is its name.
        case subscription
        /// The consumers of one durable subscription; the key is its name.
        case consumers
        /// Looks after what subscriptions leave behind.
        case subscriptionHealth = "subscription-health"
        /// Keeps the projections up to date.
        case projector
        /// The projections' workers.
        case projections
        /// One projection's worker; the key is its name.
        case projection
        /// Watches the disk.
        case nodeMonitor = "node-monitor"
        /// The pool of gateway workers.
        case gateway
    }

    /// The store's id, or nil.
    public let store: String?

    /// Makes the names of a store.
    public init(store: String?) {
        self.store = store
    }

    /// The name of the process with a role, and with a key where several have it.
    public func name(_ role: Role, key: String? = nil) -> ProcessName {
        ProcessName(role.rawValue, scope: store, key: key)
    }
}
