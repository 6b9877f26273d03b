/// What a backup is to be of, and where it goes.
public struct BackupRequest: Sendable, Equatable {
    /// The directory for it, as the node sees it: an absolute path. Made if it is not there; one that holds backups gets
    /// another, of which only what is new is copied.
    public var target: String
    /// The stores; nil for all of the node's.
    public var stores: [String]?
    /// How many bytes a second are copied at most; nil for as many as can be.
    public var bytesPerSecond: Int?
    /// How many backups stay in the target when this one is there; nil for all.
    public var kept: Int?

    /// Asks for a backup.
    public init(to target: String, stores: [String]? = nil, bytesPerSecond: Int? = nil, keeping kept: Int? = nil) {
        self.target = target
        self.stores = stores
        self.bytesPerSecond = bytesPerSecond
        self.kept = kept
    }
}

/// A backup that was made.
public struct BackupReport: Sendable, Equatable {
    /// What it has of one store.
    public struct Store: Sendable, Equatable {
        /// The store.
        public var id: String
        /// How many events there had been: the position after the last.
        public var events: Int
        /// The last record of its log.
        public var record: Int
        /// Bytes of its files in the backup.
        public var bytes: Int

        /// Says what a backup has of a store.
        public init(id: String, events: Int, record: Int, bytes: Int) {
            self.id = id
            self.events = events
            self.record = record
            self.bytes = bytes
        }
    }

    /// Where it is.
    public var target: String
    /// Which it is of those in its target, from 1.
    public var number: Int
    /// When the positions were taken.
    public var made: Timestamp
    /// What it has of each store, sorted by name.
    public var stores: [Store]
    /// Bytes that had to be copied for it.
    public var copied: Int
    /// Stores that are not in it, because they are damaged or do not start, and why.
    public var missing: [String: String]
    /// The numbers of older backups that were removed.
    public var removed: [Int]

    /// Says what was done.
    public init(
        target: String,
        number: Int,
        made: Timestamp,
        stores: [Store],
        copied: Int,
        missing: [String: String] = [:],
        removed: [Int] = []
    ) {
        self.target = target
        self.number = number
        self.made = made
        self.stores = stores
        self.copied = copied
        self.missing = missing
        self.removed = removed
    }
}
