/// Reads an append over several stores from lines of NDJSON: each holds an event, as ``EventLine`` says, with the store and
/// the stream it goes to, and what is required of that stream:
/// `{"store": string, "stream": string, "expect": string, "type": string, "data": any, …}`.
///
/// `expect` is `any`, which it is without the member, `none`, `exists` or a version. Lines for the same store and stream that
/// follow each other are one batch; only the first of them can say what is required.
package struct TransactionLines {
    /// The batches so far.
    package private(set) var batches: [StoreBatch] = []

    /// Starts without any.
    package init() {}

    /// Takes a line.
    /// - Parameter newID: makes an id for an event that has none.
    /// - Throws: ``NDJSONError`` with the line's number.
    package mutating func add(_ line: NumberedLine, newID: () -> EventID) throws(NDJSONError) {
        let members = try LineMembers(line)
        let store = try members.nonEmptyString("store")
        let stream = try members.nonEmptyString("stream")
        let expect = try members.string("expect", required: false)
        let reader = EventLine(store: store, stream: stream, beside: ["store", "expect"])
        let event = try reader.event(of: line, newID: newID)
        if let last = batches.last, last.store == store, StreamKey(last.stream) == StreamKey(stream), expect == nil {
            batches[batches.count - 1].events.append(event)
            return
        }
        guard let expected = ExpectedVersion(word: expect ?? "any") else {
            throw NDJSONError(line: line.number, "\"expect\" is none of \"any\", \"none\", \"exists\" and a version")
        }
        batches.append(StoreBatch(store: store, stream: stream, expecting: expected, [event]))
    }
}

extension ExpectedVersion {
    /// Reads what people write: `any`, `none`, `exists` or a version; −1 is `none`.
    package init?(word: String) {
        switch word {
        case "any": self = .any
        case "none": self = .noStream
        case "exists": self = .streamExists
        default:
            guard let version = Int(word), version >= -1 else { return nil }
            self = version == -1 ? .noStream : .exactly(version)
        }
    }
}
