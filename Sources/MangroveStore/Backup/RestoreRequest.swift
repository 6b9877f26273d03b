/// What is to be restored, and as what.
public struct RestoreRequest: Sendable, Equatable {
    /// Up to where.
    public enum Point: Sendable, Equatable {
        /// To the end of the backup.
        case end
        /// Every event up to this position.
        case position(Int)
        /// Every event up to the first that was appended after this moment.
        case time(Timestamp)
    }

    /// The directory of the backups, as the node sees it: an absolute path.
    public var source: String
    /// Which of the backups in it, from 1. With nil it is the newest; up to a point, the oldest that reaches it, because
    /// that is the one from which compaction has taken the least.
    public var number: Int?
    /// The store; nil for all that the backup has.
    public var store: String?
    /// The name it is to have; nil for the one that it had.
    public var newID: String?
    /// Up to where. Anything but the end takes one store: positions are a store's own.
    public var point: Point

    /// Asks for a restore.
    public init(
        from source: String,
        number: Int? = nil,
        store: String? = nil,
        as newID: String? = nil,
        upTo point: Point = .end
    ) {
        self.source = source
        self.number = number
        self.store = store
        self.newID = newID
        self.point = point
    }
}

/// A restore that was done.
public struct RestoreReport: Sendable, Equatable {
    /// One store that is there now.
    public struct Store: Sendable, Equatable {
        /// The store it was.
        public var id: String
        /// The name it has.
        public var restoredAs: String
        /// How many events it had had: the position after the last.
        public var events: Int

        /// Says what was restored.
        public init(id: String, restoredAs: String, events: Int) {
            self.id = id
            self.restoredAs = restoredAs
            self.events = events
        }
    }

    /// Which backup it was.
    public var number: Int
    /// When the backup was made.
    public var made: Timestamp
    /// What is there now.
    public var stores: [Store]

    /// Says what was done.
    public init(number: Int, made: Timestamp, stores: [Store]) {
        self.number = number
        self.made = made
        self.stores = stores
    }
}
