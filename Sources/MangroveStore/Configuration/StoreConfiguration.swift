/// What is configured for a store, where that differs from what is so anyway.
///
/// Every value is optional: nil leaves it to the next layer below (a template, the node's own configuration, the defaults).
/// The same type serves for each of these layers. ``ResolvedStoreConfiguration`` is what comes of all of them.
///
/// ```swift
/// var configuration = StoreConfiguration()
/// configuration.segmentBytes = 16 << 20
/// configuration.limits.connections = 50
/// ```
public struct StoreConfiguration: Sendable, Hashable {
    /// A segment of the log that has reached this many bytes is followed by a new one.
    public var segmentBytes: Int?
    /// How many partitions the writers and the readers have each.
    public var partitions: Int?
    /// How many gateway workers there are.
    public var gatewayWorkers: Int?
    /// A stream's writer that had nothing to do for this long ends.
    public var writerIdle: Duration?
    /// How often the index checkpoint is considered.
    public var checkpointInterval: Duration?
    /// A checkpoint is written when at least this many events have come in since the last.
    public var checkpointEvents: Int?
    /// How often the log is looked through for what is of no more use.
    public var compactionInterval: Duration?
    /// A segment of whose bytes at least this many in a hundred are of no more use is rewritten without them.
    public var compactionPercent: Int?
    /// Below this many free bytes the disk is reported as low.
    public var lowDiskBytes: Int?
    /// How often the disk is looked at.
    public var monitorInterval: Duration?
    /// How often it is checked that the durable subscriptions are run as they are recorded.
    public var subscriptionHealthInterval: Duration?
    /// How long a request is tried again while its store restarts, before it fails.
    public var retryLimit: Duration?
    /// The most bytes of data and metadata in one append.
    public var maximumAppendBytes: Int?
    /// The most events in one append.
    public var maximumAppendEvents: Int?
    /// Whether the store is started with its node, or else when it is first asked for.
    public var autoStart: Bool?
    /// How early it is started.
    public var priority: StorePriority?
    /// How much it may use.
    public var limits = StoreLimits()
    /// How much its streams keep.
    public var retention = StoreRetention()
    /// The template that says what this does not.
    public var template: String?
    /// Where its files are; by default a directory of the store's name in the node's data directory. It cannot be changed
    /// once the store is there.
    public var directory: String?
    /// What it is for, for people.
    public var description: String?
    /// Words to find it by.
    public var tags: [String]?

    /// Leaves everything to the layers below.
    public init() {}

    /// What this says, and where it says nothing, what `below` says.
    public func filled(from below: StoreConfiguration) -> StoreConfiguration {
        var filled = self
        for field in ConfigurationField.all where field.value(self) == nil {
            if let value = field.value(below) { field.set(&filled, value) }
        }
        return filled
    }
}

/// A named configuration that stores can refer to.
public struct StoreTemplate: Sendable, Hashable {
    /// Its name, which follows the rules for a store's.
    public var name: String
    /// What a store has that refers to it and does not say otherwise.
    public var configuration: StoreConfiguration

    /// Makes a template.
    public init(_ name: String, _ configuration: StoreConfiguration) {
        self.name = name
        self.configuration = configuration
    }
}
