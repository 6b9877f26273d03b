/// What the index needs to know of a record.
package struct RecordEntry: Sendable {
    /// One part: consecutive events of one stream, at consecutive positions.
    package struct Part: Sendable {
        /// The stream.
        package var stream: String
        /// The version of its first event.
        package var version: Int
        /// The position of its first event.
        package var position: Int
        /// The events' ids.
        package var ids: [EventID]
        /// The events' types.
        package var types: [String]
        /// The tags of those events that have some, by their place in the part.
        package var tags: [(offset: Int, tags: [String])] = []
    }

    /// The record's place in the log.
    package var index: UInt64
    /// Its term.
    package var term: UInt64
    /// The index up to which the log was durable before it was written.
    package var flushed: UInt64
    /// Where it stands.
    package var location: RecordLocation
    /// Bytes of its frame.
    package var size: Int
    /// What is in it.
    package var content: Content

    /// What a record can hold.
    package enum Content: Sendable {
        /// Events.
        case events([Part])
        /// Changes of facts.
        case facts([FactEntry])
    }

    /// How many events it has.
    package var count: Int { parts.reduce(0) { $0 + $1.ids.count } }

    /// Its events' parts.
    package var parts: [Part] { if case .events(let parts) = content { parts } else { [] } }

    /// How many changes of facts it has.
    package var factCount: Int { if case .facts(let changes) = content { changes.count } else { 0 } }
}
