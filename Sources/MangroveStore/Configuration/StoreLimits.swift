/// How much of the machine a store may use.
///
/// In a ``StoreConfiguration``, nil is whatever the next layer says and 0 is no limit; in a ``ResolvedStoreConfiguration``, nil
/// is no limit and there is no 0.
public struct StoreLimits: Sendable, Hashable {
    /// Bytes of memory for the index.
    public var memoryBytes: Int?
    /// Connections that have the store in use.
    public var connections: Int?
    /// Bytes of the store's files.
    public var diskBytes: Int?
    /// Events appended in a second, in the long run.
    public var eventsPerSecond: Int?

    /// Makes limits.
    public init(
        memoryBytes: Int? = nil,
        connections: Int? = nil,
        diskBytes: Int? = nil,
        eventsPerSecond: Int? = nil
    ) {
        self.memoryBytes = memoryBytes
        self.connections = connections
        self.diskBytes = diskBytes
        self.eventsPerSecond = eventsPerSecond
    }
}

/// How much a stream keeps that has no settings of its own; see ``StreamSettings``.
///
/// In a ``StoreConfiguration``, nil is whatever the next layer says and 0 is everything; in a ``ResolvedStoreConfiguration``,
/// nil is everything and there is no 0.
public struct StoreRetention: Sendable, Hashable {
    /// How long an event is kept.
    public var maxAge: Duration?
    /// How many of its newest events a stream keeps.
    public var maxCount: Int?

    /// Makes a retention.
    public init(maxAge: Duration? = nil, maxCount: Int? = nil) {
        self.maxAge = maxAge
        self.maxCount = maxCount
    }
}
