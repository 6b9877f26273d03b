/// What a subscription follows.
///
/// Streams whose names begin with `$` are the system's own. Their events are delivered to nobody who has not named the
/// stream.
public enum SubscriptionSource: Sendable, Hashable {
    /// All events of the store, in the order of their positions.
    case all
    /// The events of one stream, in the order of their versions.
    case stream(String)
    /// The events of one type, in the order of their positions.
    case type(String)
    /// The events whose type begins so, in the order of their positions.
    case typePrefix(String)
    /// The events whose records match, in the order of their positions.
    case pattern(EventPattern)
    /// The events whose data match, in the order of their positions.
    case payload(JSONPattern)

    /// What it is called in the tree.
    var label: String {
        switch self {
        case .all: "$all"
        case .stream(let stream): stream
        case .type(let type): "*\(type)"
        case .typePrefix(let prefix): "*\(prefix)*"
        case .pattern: "pattern"
        case .payload: "payload"
        }
    }

    /// The stream, if it follows just one.
    var stream: String? { if case .stream(let stream) = self { stream } else { nil } }

    /// Whether an event is one of those that it follows.
    func matches(_ event: RecordedEvent) -> Bool {
        if case .stream(let stream) = self { return event.stream.isSameText(as: stream) }
        guard event.stream.utf8.first != UInt8(ascii: "$") else { return false }
        return switch self {
        case .all, .stream: true
        case .type(let type): event.type.isSameText(as: type)
        case .typePrefix(let prefix): event.type.utf8.starts(with: prefix.utf8)
        case .pattern(let pattern): pattern.matches(event)
        case .payload(let pattern): pattern.matches(event.data)
        }
    }

    /// What the store's indexes can find of it; what they give is still to be matched. Nil if they would give everything.
    var filter: EventFilter? {
        switch self {
        case .all, .stream, .payload: return nil
        case .type(let type): return .types(type)
        case .typePrefix(let prefix): return .typePrefix(prefix)
        case .pattern(let pattern):
            let filter = EventFilter([
                .init(
                    types: pattern.type.map { [$0] } ?? [],
                    typePrefixes: pattern.type == nil ? pattern.typePrefix.map { [$0] } ?? [] : [],
                    streamPrefix: pattern.stream ?? pattern.streamPrefix ?? "",
                    tags: pattern.tags
                )
            ])
            return filter == EventFilter([.init()]) ? nil : filter
        }
    }

    /// Where an event stands in what is followed.
    func place(of event: RecordedEvent) -> Int {
        stream == nil ? event.position : event.version
    }

    /// - Throws: ``StoreError/invalid(_:)``
    func check() throws(StoreError) {
        switch self {
        case .stream(let stream): try AppendRequest.check(stream: stream)
        case .type(""), .typePrefix(""): throw .invalid("a subscription by type needs the type, or how it begins")
        case .all, .type, .typePrefix, .pattern, .payload: try filter?.check()
        }
    }
}

/// Conditions on the record of an event; it matches when all that are given hold. Without any it matches every event.
public struct EventPattern: Sendable, Hashable {
    /// The stream.
    public var stream: String?
    /// How the stream's name begins.
    public var streamPrefix: String?
    /// The type.
    public var type: String?
    /// How the type begins.
    public var typePrefix: String?
    /// Tags that the event has, all of them.
    public var tags: [String]
    /// What the data have.
    public var data: JSONPattern?
    /// What the metadata have; an event without metadata does not match.
    public var metadata: JSONPattern?

    /// Makes a pattern.
    public init(
        stream: String? = nil,
        streamPrefix: String? = nil,
        type: String? = nil,
        typePrefix: String? = nil,
        tags: [String] = [],
        data: JSONPattern? = nil,
        metadata: JSONPattern? = nil
    ) {
        self.stream = stream
        self.streamPrefix = streamPrefix
        self.type = type
        self.typePrefix = typePrefix
        self.tags = tags
        self.data = data
        self.metadata = metadata
    }

    /// Whether the event is as it says.
    public func matches(_ event: RecordedEvent) -> Bool {
        if let stream, !event.stream.isSameText(as: stream) { return false }
        if let streamPrefix, !event.stream.utf8.starts(with: streamPrefix.utf8) { return false }
        if let type, !event.type.isSameText(as: type) { return false }
        if let typePrefix, !event.type.utf8.starts(with: typePrefix.utf8) { return false }
        for tag in tags where !event.tags.contains(where: { $0.isSameText(as: tag) }) { return false }
        if let data, !data.matches(event.data) { return false }
        if let metadata, event.metadata.map({ metadata.matches($0) }) != true { return false }
        return true
    }
}

extension String {
    /// Whether both are the same code point by code point, as names of streams and types are compared.
    fileprivate func isSameText(as other: String) -> Bool {
        utf8.elementsEqual(other.utf8)
    }
}

/// Where a subscription begins.
public enum StartPoint: Sendable, Hashable {
    /// With the first event there is.
    case beginning
    /// With this position, or with this version where one stream is followed.
    case at(Int)
    /// With what is appended from now on.
    case end

    /// - Throws: ``StoreError/invalid(_:)``
    func check() throws(StoreError) {
        if case .at(let place) = self, place < 0 {
            throw .invalid("a subscription starts at 0 or later, not at \(place)")
        }
    }
}
