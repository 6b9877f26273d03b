/// Reads events of many streams from lines of any NDJSON whose lines are objects.
///
/// Three of the object's members are selected by name: the one whose string is the stream, the one whose string is the
/// event's type, and the one whose string is its id, which may be missing or null. Then:
///
/// - if the object has a member `data`, its value is the event's data, and those of `metadata` and `tags`, if there, its
///   metadata and tags.
///   Members beside these are left out of the event, and named in ``Event/ignored``, so that the caller can say so;
/// - otherwise the **whole object**, as it stands, is the data. Nothing of it is left out.
package struct ImportLine: Sendable {
    /// Which members are selected.
    package struct Keys: Sendable, Equatable {
        /// The member that names the stream.
        package var stream: String
        /// The member that names the type.
        package var type: String
        /// The member that identifies the event.
        package var id: String

        /// Selects members.
        package init(stream: String = "stream", type: String = "type", id: String = "id") {
            self.stream = stream
            self.type = type
            self.id = id
        }
    }

    /// What a line says.
    package struct Event: Sendable, Equatable {
        /// The stream.
        package var stream: String
        /// The event.
        package var event: NewEvent
        /// The time in the member `created`, where that is wanted.
        package var created: Timestamp?
        /// Members that are not part of the event. Those that a store adds to what it gives back are not counted.
        package var ignored: [String]
    }

    private let store: String
    private let keys: Keys
    private let known: [String]
    private let keepsTimes: Bool

    /// Makes a reader of events for one store.
    /// - Parameter keepsTimes: whether every line must have a member `created`, and it is the event's time.
    package init(store: String, keys: Keys, keepsTimes: Bool = false) {
        self.keepsTimes = keepsTimes
        self.store = store
        self.keys = keys
        known = ["data", "metadata", "tags", "version", "position", "created", keys.stream, keys.type, keys.id]
    }

    /// The event of one line.
    /// - Parameter newID: makes an id for an event that has none.
    /// - Throws: ``NDJSONError`` with the line's number.
    package func event(of line: NumberedLine, newID: () -> EventID) throws(NDJSONError) -> Event {
        let members = try LineMembers(line)
        let stream = try members.nonEmptyString(keys.stream)
        let type = try members.nonEmptyString(keys.type)
        let id = try members.string(keys.id, required: false)
        let data = members.bytes("data")
        let event = NewEvent(
            id: id.map { EventID(naming: $0, stream: stream, store: store) } ?? newID(),
            type: type,
            data: data ?? members.wholeObject,
            metadata: data == nil ? nil : members.bytes("metadata"),
            tags: data == nil ? [] : try members.strings("tags")
        )
        let created = keepsTimes ? try members.timestamp("created") : nil
        let ignored = data == nil ? [] : members.names(except: known)
        return Event(stream: stream, event: event, created: created, ignored: ignored)
    }
}
