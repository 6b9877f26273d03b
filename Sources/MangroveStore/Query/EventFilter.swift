/// Which events are meant: those that meet one of the alternatives.
///
/// A store answers it from its indexes, whatever it holds besides. Names and tags are compared byte by byte. What a store
/// keeps beside its events (settings, subscriptions, snapshots) is never among them.
public struct EventFilter: Sendable, Hashable {
    /// Conditions that are all to be met. One without any is met by every event.
    public struct Alternative: Sendable, Hashable {
        /// The event's type is one of these, or starts with one of ``typePrefixes``; any type will do if both are empty.
        public var types: [String]
        /// See ``types``.
        public var typePrefixes: [String]
        /// The name of the event's stream starts with this, if it is not empty.
        public var streamPrefix: String
        /// The event has all of these tags.
        public var tags: [String]

        /// Makes an alternative.
        public init(
            types: [String] = [],
            typePrefixes: [String] = [],
            streamPrefix: String = "",
            tags: [String] = []
        ) {
            self.types = types
            self.typePrefixes = typePrefixes
            self.streamPrefix = streamPrefix
            self.tags = tags
        }
    }

    /// The alternatives: 1 to 64, with at most 64 types, prefixes and tags each.
    public var alternatives: [Alternative]

    /// The most alternatives, and the most types, prefixes or tags of each.
    public static let maximum = 64

    /// Events that meet one of the alternatives.
    public init(_ alternatives: [Alternative]) {
        self.alternatives = alternatives
    }

    /// Events of one of these types.
    public static func types(_ types: String...) -> EventFilter {
        EventFilter([Alternative(types: types)])
    }

    /// Events whose type starts with this.
    public static func typePrefix(_ prefix: String) -> EventFilter {
        EventFilter([Alternative(typePrefixes: [prefix])])
    }

    /// Events whose stream's name starts with this.
    public static func streamPrefix(_ prefix: String) -> EventFilter {
        EventFilter([Alternative(streamPrefix: prefix)])
    }

    /// Events that have all of these tags.
    public static func tags(_ tags: String...) -> EventFilter {
        EventFilter([Alternative(tags: tags)])
    }

    /// Every event.
    static let everything = EventFilter([Alternative()])

    /// Events that meet this filter or the other.
    public func or(_ other: EventFilter) -> EventFilter {
        EventFilter(alternatives + other.alternatives)
    }

    /// Whether an event is meant.
    public func matches(_ event: RecordedEvent) -> Bool {
        matches(stream: event.stream, type: event.type, tags: event.tags)
    }

    func matches(stream: String, type: String, tags: [String]) -> Bool {
        alternatives.contains { $0.matches(stream: stream, type: type, tags: tags) }
    }

    /// Checks the limits.
    /// - Throws: ``StoreError/invalid(_:)``.
    func check() throws(StoreError) {
        guard 1...Self.maximum ~= alternatives.count else {
            throw .invalid("a filter has 1 to \(Self.maximum) alternatives, not \(alternatives.count)")
        }
        for alternative in alternatives {
            for list in [alternative.types, alternative.typePrefixes, alternative.tags] where list.count > Self.maximum
            {
                throw .invalid("a filter has at most \(Self.maximum) types, prefixes or tags, not \(list.count)")
            }
        }
    }
}

extension EventFilter.Alternative {
    func matches(stream: String, type: String, tags: [String]) -> Bool {
        stream.utf8.starts(with: streamPrefix.utf8) && matches(type: type)
            && self.tags.allSatisfy { tag in tags.contains { StreamKey($0) == StreamKey(tag) } }
    }

    func matches(type: String) -> Bool {
        if types.isEmpty, typePrefixes.isEmpty { return true }
        return types.contains { StreamKey($0) == StreamKey(type) }
            || typePrefixes.contains { type.utf8.starts(with: $0.utf8) }
    }
}

/// Some events of all streams that meet a filter, and where to go on.
public struct EventPage: Sendable, Equatable {
    /// The events, in the order of their positions; backwards the newest first.
    public var events: [RecordedEvent]
    /// The position to go on from: everything before it has been looked at, backwards everything after it; -1 where nothing is
    /// left there.
    public var next: Int
    /// Whether that is the end of what there is.
    public var isAtEnd: Bool

    /// Makes a page.
    public init(events: [RecordedEvent], next: Int, isAtEnd: Bool) {
        self.events = events
        self.next = next
        self.isAtEnd = isAtEnd
    }
}
