/// When an append is acknowledged.
public enum Durability: Sendable, Hashable {
    /// When it is on the disk: nothing acknowledged is lost, whatever fails. The default.
    case flushed
    /// When the system has it: it survives the end of this program, but a power failure within the next moments may lose
    /// it. It is flushed with the others right after, and readers see it only then.
    case written
}

/// One atomic batch of events to be appended: parts, each for one stream.
package struct AppendRequest: Sendable, Equatable {
    /// One stream's share.
    package struct Part: Sendable, Equatable {
        /// The stream.
        package var stream: String
        /// What is required of it.
        package var expected: ExpectedVersion
        /// The events, in order.
        package var events: [NewEvent]
    }

    /// The parts, in order. A stream may occur in several; a later one then sees what an earlier one adds.
    package var parts: [Part]
    /// What is required beside the parts' own streams.
    package var conditions: [AppendCondition] = []
    /// When its events were recorded elsewhere; nil if they are of the time of the append.
    package var created: Timestamp?

    /// The most conditions.
    package static let maximumConditions = 64
    /// The most tags an event can have.
    package static let maximumTags = 64
    /// The most bytes in a tag.
    package static let maximumTag = 256
    /// The most bytes in a stream's name or an event's type.
    package static let maximumName = 1024

    /// An append to one stream.
    package init(stream: String, expecting expected: ExpectedVersion, _ events: [NewEvent]) {
        parts = [Part(stream: stream, expected: expected, events: events)]
    }

    /// An append to several streams, under conditions.
    package init(_ batches: [StreamBatch], if conditions: [AppendCondition] = []) {
        parts = batches.map { Part(stream: $0.stream, expected: $0.expected, events: $0.events) }
        self.conditions = conditions
    }

    /// Checks all that can be checked without a store.
    /// - Throws: ``StoreError/invalid(_:)``.
    package func check() throws(StoreError) {
        for part in parts {
            try Self.check(stream: part.stream)
            try Self.check(part.expected)
            // By number: to take an event out of its array costs more than to look at it there.
            for number in part.events.indices {
                let type = StreamKey(part.events[number].type)
                // Those of one append are mostly of one type.
                if number == 0 || type != StreamKey(part.events[number - 1].type) {
                    try Self.check(type.name, "an event's type")
                }
                if !part.events[number].tags.isEmpty { try Self.check(tags: part.events[number].tags) }
            }
        }
        guard conditions.count <= Self.maximumConditions else {
            throw .invalid("an append has at most \(Self.maximumConditions) conditions, not \(conditions.count)")
        }
        for condition in conditions { try condition.check() }
    }

    static func check(_ expected: ExpectedVersion) throws(StoreError) {
        if case .exactly(let version) = expected, version < -1 {
            throw .invalid("an expected version is -1 or more, not \(version)")
        }
    }

    /// Checks a stream's name: 1 to 1,024 bytes, no control characters.
    /// - Throws: ``StoreError/invalid(_:)``.
    package static func check(stream: String) throws(StoreError) {
        try check(stream, "a stream's name")
    }

    private static func check(tags: [String]) throws(StoreError) {
        guard tags.count <= maximumTags else { throw .invalid("an event has at most \(maximumTags) tags") }
        for tag in tags {
            try check(tag, "a tag")
            guard tag.utf8.count <= maximumTag else { throw .invalid("a tag has at most \(maximumTag) bytes") }
        }
        guard Set(tags.map { StreamKey($0) }).count == tags.count else {
            throw .invalid("an event has each of its tags once")
        }
    }

    static func check(_ name: String, _ what: String) throws(StoreError) {
        guard !name.isEmpty else { throw .invalid("\(what) must not be empty") }
        guard name.utf8.count <= maximumName else { throw .invalid("\(what) has at most \(maximumName) bytes") }
        var text = name
        guard !text.withUTF8({ PlainBytes.isPlain(UnsafeRawBufferPointer($0)) }) else { return }
        // C0 and DEL are one byte, C1 is 0xC2 and then 0x80 to 0x9F.
        var before: UInt8 = 0
        for byte in name.utf8 {
            if byte < 0x20 || byte == 0x7F || before == 0xC2 && byte < 0xA0 {
                throw .invalid("\(what) must not have control characters")
            }
            before = byte
        }
    }
}
