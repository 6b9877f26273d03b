/// How a store is run. Every value has a default that needs no thought.
public struct StoreSettings: Sendable, Equatable {
    /// A segment of the log that has reached this many bytes is followed by a new one.
    public var segmentBytes = 64 << 20
    /// How many partitions the writers and the readers have each.
    public var partitions = 2
    /// How many gateway workers there are.
    public var gatewayWorkers = 2
    /// A stream's writer that had nothing to do for this long ends.
    public var writerIdle: Duration = .seconds(10)
    /// How often the index checkpoint is considered.
    public var checkpointInterval: Duration = .seconds(5)
    /// A checkpoint is written when at least this many events have come in since the last.
    public var checkpointEvents = 50_000
    /// How often the log is looked through for what is of no more use.
    public var compactionInterval: Duration = .seconds(300)
    /// A segment of whose bytes at least this many in a hundred are of no more use is rewritten without them.
    public var compactionPercent = 30
    /// Below this many free bytes the disk is reported as low.
    public var lowDiskBytes = 256 << 20
    /// How often the disk is looked at.
    public var monitorInterval: Duration = .seconds(5)
    /// How often it is checked that the durable subscriptions are run as they are recorded.
    public var subscriptionHealthInterval: Duration = .seconds(60)
    /// How long a request is tried again while its store restarts, before it fails.
    public var retryLimit: Duration = .seconds(10)
    /// The most bytes of data and metadata in one append.
    public var maximumAppendBytes = 32 << 20
    /// The most events in one append.
    public var maximumAppendEvents = 100_000
    /// How many events may be appended in a second; nil for any number.
    public var appendRate: RateLimit?

    /// The defaults.
    public init() {}
}

/// Where a store is, and what its subtree shares with the node.
struct StorePlace: Sendable {
    var store: String
    var directory: String
    var settings: StoreSettings
    var encryption: StreamEncryption?
    var leases: DirectoryLeases
    var running: RunningStores
    var counters: StoreCounterBook
    var projections: [Projection]
    var upcasters: Upcasters
    var controls: StoreControls
}
