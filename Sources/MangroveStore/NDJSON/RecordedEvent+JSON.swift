extension RecordedEvent {
    /// Writes the event as one line of NDJSON, line end included:
    /// `{"stream", "version", "position", "id", "type", "data", "metadata", "tags", "created"}`.
    ///
    /// `data` and `metadata` are the bytes that were appended; an event without metadata or tags has no such member. Line feeds
    /// between the tokens of the two, which JSON allows and a line cannot hold, become spaces: text that came in as NDJSON
    /// has none.
    package func appendLine(to text: inout [UInt8]) {
        text.reserveCapacity(text.count + data.count + (metadata?.count ?? 0) + 256)
        text.append(contentsOf: "{\"stream\":".utf8)
        JSONText.append(stream, to: &text)
        text.append(contentsOf: ",\"version\":\(version),\"position\":\(position),\"id\":\"".utf8)
        text.append(contentsOf: id.description.utf8)
        text.append(contentsOf: "\",\"type\":".utf8)
        JSONText.append(type, to: &text)
        text.append(contentsOf: ",\"data\":".utf8)
        Self.append(value: data, to: &text)
        if let metadata {
            text.append(contentsOf: ",\"metadata\":".utf8)
            Self.append(value: metadata, to: &text)
        }
        if !tags.isEmpty {
            text.append(contentsOf: ",\"tags\":[".utf8)
            for (index, tag) in tags.enumerated() {
                if index > 0 { text.append(UInt8(ascii: ",")) }
                JSONText.append(tag, to: &text)
            }
            text.append(UInt8(ascii: "]"))
        }
        text.append(contentsOf: ",\"created\":\"".utf8)
        text.append(contentsOf: created.description.utf8)
        text.append(contentsOf: "\"}\n".utf8)
    }

    /// Within a JSON value a raw line feed only ever stands between tokens: in a string it would be escaped.
    private static func append(value: [UInt8], to text: inout [UInt8]) {
        if value.contains(0x0A) {
            text.append(contentsOf: value.lazy.map { $0 == 0x0A ? 0x20 : $0 })
        } else {
            text.append(contentsOf: value)
        }
    }
}
