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

    /// The most bytes in a stream's name or an event's type.
    package static let maximumName = 1024

    /// An append to one stream.
    package init(stream: String, expecting expected: ExpectedVersion, _ events: [NewEvent]) {
        parts = [Part(stream: stream, expected: expected, events: events)]
    }

    /// An append to several streams that requires nothing of them.
    package init(_ batches: [StreamBatch]) {
        parts = batches.map { Part(stream: $0.stream, expected: .any, events: $0.events) }
    }

    /// Checks all that can be checked without a store.
    /// - Throws: ``StoreError/invalid(_:)``.
    package func check() throws(StoreError) {
        for part in parts {
            try Self.check(stream: part.stream)
            if case .exactly(let version) = part.expected, version < -1 {
                throw .invalid("an expected version is -1 or more, not \(version)")
            }
            for event in part.events {
                try Self.check(event.type, "an event's type")
            }
        }
    }

    /// Checks a stream's name: 1 to 1,024 bytes, no control characters.
    /// - Throws: ``StoreError/invalid(_:)``.
    package static func check(stream: String) throws(StoreError) {
        try check(stream, "a stream's name")
    }

    private static func check(_ name: String, _ what: String) throws(StoreError) {
        guard !name.isEmpty else { throw .invalid("\(what) must not be empty") }
        guard name.utf8.count <= maximumName else { throw .invalid("\(what) has at most \(maximumName) bytes") }
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
