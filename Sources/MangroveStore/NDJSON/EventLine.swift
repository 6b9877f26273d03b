/// Reads events from lines of NDJSON, in the form they are appended in:
/// `{"type": string, "data": any, "metadata": any, "tags": [string], "id": string}`, of which `metadata`, `tags` and `id` may
/// be missing.
///
/// The bytes of `data` and `metadata` are taken as they stand. An id that is not a UUID stands for the UUID derived from
/// it (``EventID/init(naming:stream:store:)``); a missing one, or null, gets a new id. The members `stream`, `version`,
/// `position` and `created`, which a store adds when it gives events back, are accepted and not looked at, so that what
/// was read from one stream can be appended to another. Any other member is an error: a misspelt `metadata` must not
/// disappear in silence.
package struct EventLine: Sendable {
    private static let added = ["stream", "version", "position", "created"]

    private let store: String
    private let stream: String
    /// Members that somebody else looks at.
    private let others: [String]

    /// Makes a reader of events for one stream.
    /// - Parameter others: members that somebody else looks at.
    package init(store: String, stream: String, beside others: [String] = []) {
        self.store = store
        self.stream = stream
        self.others = others
    }

    /// The event of one line.
    /// - Parameter newID: makes an id for an event that has none.
    /// - Throws: ``NDJSONError`` with the line's number.
    package func event(of line: NumberedLine, newID: () -> EventID) throws(NDJSONError) -> NewEvent {
        let members = try LineMembers(line)
        guard let data = members.bytes("data") else { throw NDJSONError(line: line.number, "there is no \"data\"") }
        let type = try members.nonEmptyString("type")
        let id = try members.string("id", required: false)
        let known = ["type", "data", "metadata", "tags", "id"] + Self.added + others
        if let unknown = members.names(except: known).first {
            throw NDJSONError(line: line.number, "unknown member \(JSONText.quoted(unknown))")
        }
        return NewEvent(
            id: id.map { EventID(naming: $0, stream: stream, store: store) } ?? newID(),
            type: type,
            data: data,
            metadata: members.bytes("metadata"),
            tags: try members.strings("tags")
        )
    }
}

/// A line that holds a JSON object, and access to the object's members.
struct LineMembers {
    private let line: NumberedLine
    private let object: JSONObject

    /// The line's number.
    var number: Int { line.number }

    init(_ line: NumberedLine) throws(NDJSONError) {
        self.line = line
        do {
            object = try JSONText.object(line.bytes)
        } catch {
            throw NDJSONError(line: line.number, error.description)
        }
    }

    /// The object itself, as it stands.
    var wholeObject: [UInt8] {
        Array(line.bytes[object.bytes])
    }

    /// A member's value as it stands, or nil if there is no such member.
    func bytes(_ name: String) -> [UInt8]? {
        object[name].map { Array(line.bytes[$0.value]) }
    }

    /// A member's value, which must be a string that is not empty.
    func nonEmptyString(_ name: String) throws(NDJSONError) -> String {
        guard let string = try string(name, required: true), !string.isEmpty else {
            throw NDJSONError(line: line.number, "\(JSONText.quoted(name)) is empty")
        }
        return string
    }

    /// A member's value, which must be a string; nil for a missing or null one that is not required.
    func string(_ name: String, required: Bool) throws(NDJSONError) -> String? {
        guard let member = object[name] else {
            guard !required else { throw NDJSONError(line: line.number, "there is no \(JSONText.quoted(name))") }
            return nil
        }
        let first = line.bytes[member.value.lowerBound]
        if !required, first == UInt8(ascii: "n") { return nil }
        guard first == UInt8(ascii: "\"") else {
            throw NDJSONError(line: line.number, "\(JSONText.quoted(name)) is not a string")
        }
        do {
            return try JSONText.string(line.bytes, at: member.value)
        } catch {
            throw NDJSONError(line: line.number, error.description)
        }
    }

    /// A member's value, which must be an array of strings; none for a missing member.
    func strings(_ name: String) throws(NDJSONError) -> [String] {
        guard let member = object[name] else { return [] }
        do {
            return try JSONText.strings(line.bytes, at: member.value)
        } catch {
            throw NDJSONError(line: line.number, error.description)
        }
    }

    /// The names of the members other than these, in the order of the text.
    func names(except known: [String]) -> [String] {
        object.members.map(\.name).filter { name in !known.contains { $0.utf8.elementsEqual(name.utf8) } }
    }
}
