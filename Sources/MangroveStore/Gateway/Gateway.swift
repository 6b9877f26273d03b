/// Everything that can be asked of a node's stores, whoever carries it there.
///
/// A node answers it in its own program; a client answers it over the node's socket. Every method throws ``StoreError``
/// and says with it what state things are in.
public protocol Gateway: SubscriptionGateway, ProjectionGateway, StoresGateway, ConfigurationGateway,
    OperationGateway, TransactionGateway
{
    /// Appends one atomic batch to a stream, and returns when it is durable.
    ///
    /// Events whose ids are already in the stream at the same place are not appended again: the first result is returned.
    /// - Throws: ``StoreError``; only ``StoreError/outcomeUnknown(store:why:)`` leaves open whether anything was appended.
    func append(
        to store: String,
        stream: String,
        expecting expected: ExpectedVersion,
        _ events: [NewEvent]
    ) async throws -> AppendResult

    /// Appends to several streams as one atomic batch, in the given order, and returns when it is durable.
    ///
    /// Events whose ids are already in their stream are left out, unless a version is expected of it: then they must be in
    /// place, as for one stream. An append that was done before is answered with its results, whatever its conditions say
    /// now.
    ///
    /// - Parameter conditions: what must hold beside what the parts expect of their own streams.
    /// - Returns: the result for each part, in order.
    func append(
        to store: String,
        _ parts: [StreamBatch],
        if conditions: [AppendCondition]
    ) async throws -> [AppendResult]

    /// Reads up to `count` events of a stream from `start` on; backwards they come newest first. Past the end, or of a
    /// stream that does not exist, there are none.
    ///
    /// - Parameter start: the first version; nil is the first event, or backwards the last one.
    func read(
        from store: String,
        stream: String,
        start: Int?,
        count: Int,
        direction: ReadDirection
    ) async throws -> [RecordedEvent]

    /// Reads up to `count` events of all streams, in the order of their positions, from position `start` on. Events that are
    /// gone are passed over: there are fewer than `count` only at the end.
    func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent]

    /// Reads up to `count` events of all streams that a filter means, in the order of their positions, from position `start`
    /// on, and says how far it looked: a page can have few events or none before the end.
    func readAll(from store: String, start: Int, count: Int, filter: EventFilter) async throws -> EventPage

    /// Reads up to `count` events of all streams, or of those that a filter means, newest first, from position `start` downwards,
    /// and says how far it looked: a page can have few events or none before the end.
    ///
    /// - Parameter start: the first position; nil is the last event.
    func readAllBackward(
        from store: String,
        start: Int?,
        count: Int,
        filter: EventFilter?
    ) async throws -> EventPage

    /// What a stream says of itself, and how much of it is kept; the defaults for a stream that there is not.
    func streamSettings(of stream: String, in store: String) async throws -> StreamSettings

    /// Sets what a stream says of itself and how much of it is kept, and returns when that is durable. What is kept no more
    /// is gone at once and for good; versions and positions keep counting as if it were there.
    /// - Throws: ``StoreError/streamDeleted(_:)`` for a stream that has ended for good.
    func setStreamSettings(_ settings: StreamSettings, of stream: String, in store: String) async throws

    /// Lets the events of a stream with versions below `version` be gone for good, and returns when that is durable.
    /// - Throws: ``StoreError/invalid(_:)`` for a version that is not 0 to one more than the stream's last.
    func truncate(_ stream: String, in store: String, before version: Int) async throws

    /// Lets all events of a stream be gone for good, and returns when that is durable.
    ///
    /// A later append revives the stream, its versions continuing, unless `tombstone` is asked for: then the stream has
    /// ended, and to append to it throws ``StoreError/streamDeleted(_:)``.
    func deleteStream(_ stream: String, in store: String, tombstone: Bool) async throws

    /// Records a snapshot in place of the one that may be there, and returns when it is durable.
    ///
    /// - Parameter kept: of its source and stream only the newest this many are kept; nil for all.
    func recordSnapshot(_ snapshot: Snapshot, in store: String, keeping kept: Int?) async throws

    /// A snapshot, or nil if there is none.
    func snapshot(_ id: SnapshotID, in store: String) async throws -> Snapshot?

    /// The newest snapshot of a source and stream, up to a version if one is given; or nil.
    func latestSnapshot(
        source: String,
        stream: String,
        upTo version: Int?,
        in store: String
    ) async throws -> Snapshot?

    /// The snapshots of a source, or with nil of all, and of one stream, or of all: sorted by source, stream and version.
    func snapshots(source: String?, stream: String?, in store: String) async throws -> [SnapshotID]

    /// Removes a snapshot, and returns when that is durable; fine if it is not there.
    func deleteSnapshot(_ id: SnapshotID, in store: String) async throws

    /// Erases what the events and snapshots of an encrypted stream carry, by forgetting the stream's key; returns when that is
    /// durable.
    ///
    /// They stay in place and read as erased (``RecordedEvent/isErased``, ``Snapshot/isErased``), wherever copies of the store may
    /// be; nothing can be appended to the stream any more. The states of projections are not erased: rebuild those that took
    /// them in.
    /// - Throws: ``StoreError/refused(_:)`` by a node that encrypts no streams.
    func eraseStream(_ stream: String, in store: String) async throws

    /// Gives the disk back what is of no more use: events that are gone and facts that others have replaced. Appends and
    /// reads go on meanwhile. A store does so by itself now and then; what was written last is kept as it is.
    func compact(_ store: String) async throws -> CompactionReport

    /// A stream's last version; −1 if it has no events.
    func version(of stream: String, in store: String) async throws -> Int

    /// The streams of a store with their last versions, sorted by name.
    func streams(of store: String) async throws -> [StreamInfo]

    /// The node's live supervision tree, rendered.
    func tree(_ format: TreeFormat) async throws -> String

    /// The node's metrics, in Prometheus's text format.
    func metrics() async throws -> String

    /// Makes a process of the node crash, or be killed, as a fault-injection test would.
    ///
    /// It works in every build: the process is sent an exit signal, whatever it is doing.
    /// - Parameter path: where it stands in the tree; with a `*` for any part of a path, the first such process; or
    ///   `name:` and the name it has.
    /// - Throws: ``StoreError/refused(_:)`` unless the node was started with faults allowed.
    func crash(_ path: String, kill: Bool) async throws

    /// Checks every record's checksum and every invariant of a store, from its files.
    func verify(_ store: String) async throws -> VerifyReport
}

extension Gateway {
    /// Appends to several streams as one atomic batch, without conditions.
    public func append(to store: String, _ parts: [StreamBatch]) async throws -> [AppendResult] {
        try await append(to: store, parts, if: [])
    }
}

/// One stream's share of an append over several streams.
public struct StreamBatch: Sendable, Equatable {
    /// The stream.
    public var stream: String
    /// What is required of the stream.
    public var expected: ExpectedVersion
    /// Its events, in order.
    public var events: [NewEvent]

    /// Makes a part; nothing is required of the stream unless said.
    public init(stream: String, expecting expected: ExpectedVersion = .any, events: [NewEvent]) {
        self.stream = stream
        self.expected = expected
        self.events = events
    }
}

/// Which way a stream is read.
public enum ReadDirection: Sendable, Hashable {
    /// Oldest first.
    case forward
    /// Newest first.
    case backward
}

/// A stream and its last version.
public struct StreamInfo: Sendable, Hashable {
    /// The stream's name.
    public var stream: String
    /// Its last version.
    public var version: Int

    /// Makes a stream's info.
    public init(stream: String, version: Int) {
        self.stream = stream
        self.version = version
    }
}

/// How the tree is rendered.
public enum TreeFormat: String, Sendable {
    /// Lines and symbols for people.
    case text
    /// JSON for programs.
    case json
    /// A Mermaid flowchart for documents.
    case mermaid
}

/// What a check of a store's files found.
public struct VerifyReport: Sendable, Equatable {
    /// The store.
    public var store: String
    /// Records read and found good.
    public var records: Int
    /// Events in them.
    public var events: Int
    /// Streams they belong to.
    public var streams: Int
    /// Changes of what the store keeps beside events: settings, subscriptions, snapshots.
    public var facts: Int
    /// Bytes read.
    public var bytes: Int
    /// What is wrong: file, offset and rule; empty for a sound store.
    public var problems: [String]

    /// Makes a report.
    public init(
        store: String,
        records: Int,
        events: Int,
        streams: Int,
        facts: Int = 0,
        bytes: Int,
        problems: [String]
    ) {
        self.store = store
        self.records = records
        self.events = events
        self.streams = streams
        self.facts = facts
        self.bytes = bytes
        self.problems = problems
    }
}
