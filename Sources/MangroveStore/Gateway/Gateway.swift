/// Everything that can be asked of a node's stores, whoever carries it there.
///
/// A node answers it in its own program; a client answers it over the node's socket. Every method throws ``StoreError``
/// and says with it what state things are in.
public protocol Gateway: Sendable {
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

    /// Appends to several streams as one atomic batch, in the given order, each part requiring nothing of its stream, and
    /// returns when it is durable.
    ///
    /// Events whose ids are already in their stream are left out.
    /// - Returns: the result for each part, in order.
    func append(to store: String, _ parts: [StreamBatch]) async throws -> [AppendResult]

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

    /// Reads up to `count` events of all streams, in the order of their positions, from position `start` on.
    func readAll(from store: String, start: Int, count: Int) async throws -> [RecordedEvent]

    /// A stream's last version; −1 if it has no events.
    func version(of stream: String, in store: String) async throws -> Int

    /// The streams of a store with their last versions, sorted by name.
    func streams(of store: String) async throws -> [StreamInfo]

    /// The stores of the node, sorted by id.
    func stores() async throws -> [StoreInfo]

    /// Makes a new store and starts it. It is there after a restart.
    func createStore(_ id: String) async throws

    /// Stops a store and removes it with its events.
    func removeStore(_ id: String) async throws

    /// How one store is doing.
    func storeStatus(_ id: String) async throws -> StoreInfo

    /// A store's configuration: names and values, for people and programs to read.
    func storeConfiguration(_ id: String) async throws -> [String: String]

    /// The node's live supervision tree, rendered.
    func tree(_ format: TreeFormat) async throws -> String

    /// The node's metrics, in Prometheus's text format.
    func metrics() async throws -> String

    /// Makes the process at `path` in the tree crash, or be killed, as a fault-injection test would.
    /// - Throws: ``StoreError/refused(_:)`` unless the node was started with faults allowed.
    func crash(_ path: String, kill: Bool) async throws

    /// Checks every record's checksum and every invariant of a store, from its files.
    func verify(_ store: String) async throws -> VerifyReport
}

/// One stream's share of an append over several streams.
public struct StreamBatch: Sendable, Equatable {
    /// The stream.
    public var stream: String
    /// Its events, in order.
    public var events: [NewEvent]

    /// Makes a part.
    public init(stream: String, events: [NewEvent]) {
        self.stream = stream
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

/// A store and how it is doing.
public struct StoreInfo: Sendable, Equatable {
    /// The states a store can be in.
    public enum Status: String, Sendable {
        /// Its subtree is being started.
        case starting
        /// It answers.
        case running
        /// It is being stopped.
        case stopping
        /// It is not running.
        case stopped
        /// Its files are damaged; nothing is served from them.
        case damaged
    }

    /// The store's id.
    public var id: String
    /// The state it is in.
    public var status: Status
    /// How many events it holds, where known.
    public var events: Int?
    /// How many streams it holds, where known.
    public var streams: Int?
    /// What is wrong, where something is.
    public var problem: String?

    /// Makes a store's info.
    public init(id: String, status: Status, events: Int? = nil, streams: Int? = nil, problem: String? = nil) {
        self.id = id
        self.status = status
        self.events = events
        self.streams = streams
        self.problem = problem
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
    /// Bytes read.
    public var bytes: Int
    /// What is wrong: file, offset and rule; empty for a sound store.
    public var problems: [String]

    /// Makes a report.
    public init(store: String, records: Int, events: Int, streams: Int, bytes: Int, problems: [String]) {
        self.store = store
        self.records = records
        self.events = events
        self.streams = streams
        self.bytes = bytes
        self.problems = problems
    }
}
