import MangroveStore

/// Compares what a fresh process reads from the files with what was acknowledged.
struct DemoAudit {
    private let acknowledged: [EventKey: DemoLedger.Entry]
    private var found: Set<EventKey> = []
    private var versions: [String: Int] = [:]
    private(set) var events = 0
    private(set) var present = 0
    private(set) var problems: [String] = []

    init(_ acknowledged: [EventKey: DemoLedger.Entry]) {
        self.acknowledged = acknowledged
    }

    /// Takes the next event of the store, in the order of positions, as a line of what `grove read --all` prints.
    mutating func take(_ line: [UInt8]) throws {
        let object = try JSONText.object(line)
        func text(_ name: String) throws -> String {
            guard let member = object[name] else { throw Failure(.failure, "an event without '\(name)' was read") }
            return try JSONText.string(line, at: member.value)
        }
        func number(_ name: String) -> Int {
            object[name].flatMap { Int(String(decoding: line[$0.value], as: UTF8.self)) } ?? -1
        }
        let (stream, version, position) = (try text("stream"), number("version"), number("position"))
        let data = object["data"].map { Array(line[$0.value]) } ?? []
        guard let id = EventID(try text("id")) else { throw Failure(.failure, "an event without an id was read") }

        if position != events { note("position \(position) follows \(events - 1)") }
        events += 1
        let expected = (versions[stream] ?? -1) + 1
        if version != expected { note("stream \(stream): version \(version) stands where \(expected) should") }
        versions[stream] = version

        let key = EventKey(stream: stream, id: id)
        if !found.insert(key).inserted { note("event \(id) is there twice") }
        guard let entry = acknowledged[key] else { return }
        present += 1
        if entry.position != position || entry.version != version || entry.stream != stream || entry.data != data {
            note("event \(id) is not where or what it was acknowledged as")
        }
    }

    /// The end of the store.
    mutating func finish() {
        let missing = acknowledged.keys.count { !found.contains($0) }
        if missing > 0 { note("\(missing) acknowledged events are missing") }
    }

    var streams: Int { versions.count }

    private mutating func note(_ problem: String) {
        if problems.count < 10 { problems.append(problem) }
    }
}
