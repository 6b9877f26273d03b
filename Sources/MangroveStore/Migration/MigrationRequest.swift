/// Which events are to be copied, where from and where to.
public struct MigrationRequest: Sendable, Equatable {
    /// Where the events are.
    public enum Source: Sendable, Equatable {
        /// In a store of the same node.
        case store(String)
        /// In a store of the node that serves this data directory, an absolute path; with the token it asks for, if it does.
        case node(directory: String, store: String, token: String?)

        /// The store's name.
        public var store: String {
            switch self {
            case .store(let store), .node(_, let store, _): store
            }
        }
    }

    /// Where the events are.
    public var source: Source
    /// The store that they are copied to; it must be there.
    public var target: String
    /// The streams.
    public var streams: NamePattern
    /// The types; none for all.
    public var types: [String]
    /// Whether it goes on with what is appended meanwhile, until it is ended, or ends with what there is.
    public var follows: Bool

    /// Asks for a migration.
    public init(
        from source: Source,
        to target: String,
        streams: NamePattern = .everything,
        types: [String] = [],
        follows: Bool = false
    ) {
        self.source = source
        self.target = target
        self.streams = streams
        self.types = types
        self.follows = follows
    }

    /// What of a store's events has to be looked at.
    var filter: EventFilter {
        let pattern = streams.description
        let prefix = pattern.utf8.last == UInt8(ascii: "*") ? String(pattern.dropLast()) : pattern
        return EventFilter([.init(types: types, streamPrefix: prefix)])
    }

    /// What the place that it has come to is kept under: that of another selection is another one.
    var key: FactKey {
        var key = FactKey("")
        if case .node(let directory, _, _) = source { key = FactKey(directory) }
        key = key.appending(source.store).appending(streams.description)
        for type in types.sorted() { key = key.appending(type) }
        return key
    }

    /// - Throws: ``StoreError/invalid(_:)``.
    func check() throws(StoreError) {
        try StoreID.check(target)
        try StoreID.check(source.store)
        if case .store(target) = source { throw .invalid("a store is not migrated to itself") }
        if case .node(let directory, _, _) = source, directory.isEmpty || directory.utf8.contains(0) {
            throw .invalid("the path of a data directory must not be empty")
        }
        guard !streams.description.isEmpty, !streams.description.utf8.contains(0) else {
            throw .invalid("the streams to be migrated must be named, or be all")
        }
        try filter.check()
        guard key.bytes.count <= FactKey.maximum else { throw .invalid("what is to be migrated has too long a name") }
    }
}

/// How a migration stands, at its end or when it has caught up.
public struct MigrationReport: Sendable, Equatable {
    /// Events copied by this migration, since it was last begun.
    public var events: Int
    /// Of those, how many had been erased, and were copied as `null`.
    public var erased: Int
    /// The position in the source to go on from: everything before it is in the target.
    public var next: Int
    /// How many events the source had behind that, when it was last looked at; those not meant included.
    public var lag: Int

    /// Says how it stands.
    public init(events: Int = 0, erased: Int = 0, next: Int = 0, lag: Int = 0) {
        self.events = events
        self.erased = erased
        self.next = next
        self.lag = lag
    }
}

/// Events as they were recorded elsewhere at one time, to be appended together as of that time.
public struct RecordedBatch: Sendable, Equatable {
    /// When they were recorded.
    public var created: Timestamp
    /// The events, by stream. What is expected of a stream counts as for every append.
    public var parts: [StreamBatch]

    /// Makes a batch.
    public init(created: Timestamp, parts: [StreamBatch]) {
        self.created = created
        self.parts = parts
    }

    /// How many events it has.
    var count: Int { parts.reduce(0) { $0 + $1.events.count } }

    /// Adds an event behind the others.
    public mutating func add(_ event: NewEvent, to stream: String) {
        if let last = parts.indices.last, StreamKey(parts[last].stream) == StreamKey(stream) {
            parts[last].events.append(event)
        } else {
            parts.append(StreamBatch(stream: stream, events: [event]))
        }
    }
}

extension RecordedEvent {
    /// The event as it was appended, to be appended elsewhere.
    var asNew: NewEvent {
        NewEvent(id: id, type: type, data: data, metadata: metadata, tags: tags)
    }
}
