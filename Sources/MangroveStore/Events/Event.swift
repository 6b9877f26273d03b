/// An event to be appended.
///
/// `data` and `metadata` are JSON texts that the store validates when they enter and gives back byte for byte.
public struct NewEvent: Sendable, Equatable {
    /// Identifies the event within its stream; the same id again is the same event.
    public var id: EventID
    /// The event's type, for example `order-placed`. Not empty.
    public var type: String
    /// The payload: one JSON value, UTF-8.
    public var data: [UInt8]
    /// Facts about the event rather than of it: one JSON value, UTF-8, or nil.
    public var metadata: [UInt8]?
    /// What the event can be found by, besides its stream and type: at most 64 different texts of at most 256 bytes each.
    public var tags: [String]
    /// Whether data and metadata are encrypted, as they are kept.
    var isSealed = false

    /// Makes an event.
    public init(id: EventID, type: String, data: [UInt8], metadata: [UInt8]? = nil, tags: [String] = []) {
        self.id = id
        self.type = type
        self.data = data
        self.metadata = metadata
        self.tags = tags
    }
}

/// An event as the store gives it back.
public struct RecordedEvent: Sendable, Equatable {
    /// The stream it belongs to.
    public var stream: String
    /// Its place in the stream, from 0.
    public var version: Int
    /// Its place in the store, from 0, without gaps but for events that are gone.
    public var position: Int
    /// Its identity within the stream.
    public var id: EventID
    /// Its type.
    public var type: String
    /// The payload, as it was appended.
    public var data: [UInt8]
    /// The metadata, as it was appended, or nil if there was none.
    public var metadata: [UInt8]?
    /// Its tags, as they were appended.
    public var tags: [String]
    /// Whether the event has been erased: its stream's key is forgotten, so that nobody can read what it carried. Its data
    /// is then `null`, and it has no metadata; its place, id, type and tags are there.
    public internal(set) var isErased = false
    /// Whether data and metadata are encrypted, as they are kept.
    var isSealed = false
    /// When it was appended.
    public var created: Timestamp

    /// Makes a recorded event.
    public init(
        stream: String,
        version: Int,
        position: Int,
        id: EventID,
        type: String,
        data: [UInt8],
        metadata: [UInt8]?,
        tags: [String] = [],
        created: Timestamp
    ) {
        self.stream = stream
        self.version = version
        self.position = position
        self.id = id
        self.type = type
        self.data = data
        self.metadata = metadata
        self.tags = tags
        self.created = created
    }
}

/// 128 bits that identify an event within its stream; written as a UUID.
public struct EventID: Sendable, Hashable {
    /// The first eight bytes, big-endian.
    public var high: UInt64
    /// The last eight bytes, big-endian.
    public var low: UInt64

    /// Makes an id of its two halves.
    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }
}

/// A moment of civil time, in microseconds since 1970-01-01T00:00:00Z.
public struct Timestamp: Sendable, Hashable, Comparable {
    /// Microseconds since the epoch.
    public var microseconds: Int64

    /// Makes a timestamp.
    public init(microseconds: Int64) {
        self.microseconds = microseconds
    }

    /// Whether the first moment is before the second.
    public static func < (first: Timestamp, second: Timestamp) -> Bool {
        first.microseconds < second.microseconds
    }
}
