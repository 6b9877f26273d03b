import Mangrove
import MangroveStore

/// The events the demo imports, each as a line of NDJSON, and where they are from.
struct DemoEvents: Sendable {
    /// How many there are at least, unless a file was given.
    static let wanted = 20_000

    private(set) var lines: [[UInt8]] = []
    private(set) var fromFile = 0
    private(set) var fromHistory = 0
    private(set) var generated = 0

    /// Reads all lines of a file, and sees to it that all of them are events before anything is begun.
    init(file: String, _ console: Console) throws {
        let input = try console.lines(of: file)
        let reader = ImportLine(store: file, keys: ImportLine.Keys())
        do {
            while let line = try input.next() {
                _ = try reader.event(of: line) { console.newID() }
                lines.append(line.bytes)
            }
        } catch let error as NDJSONError {
            throw input.failure(error)
        }
        fromFile = lines.count
        guard fromFile > 0 else { throw Failure(.failure, "\(file) has no events") }
    }

    /// Takes the history of the checkout in the working directory, as far as there is one, and tops it up.
    init(historyIn runtime: Runtime) async throws {
        let history = try await runtime.environment.blocking.run { Self.history() }
        lines = history.suffix(Self.wanted * 5)
        fromHistory = lines.count
        while lines.count < Self.wanted {
            lines.append(Self.generatedLine(generated))
            generated += 1
        }
    }

    /// The commits of the checkout, oldest first; none where there is no repository, or no git.
    private static func history() -> [[UInt8]] {
        // Fields end with a unit separator, commits with a record separator: neither occurs in them.
        let format = "--pretty=tformat:%H%x1f%an%x1f%aI%x1f%s%x1e"
        guard let git = try? ChildProgram("git", ["log", "--reverse", format]) else { return [] }
        var output: [UInt8] = []
        try? git.readOutput { output += $0 }
        guard git.wait() == 0 else { return [] }
        return output.split(separator: 0x1E).compactMap { commit in
            let fields = String(decoding: commit, as: UTF8.self)
                .drop(while: \.isNewline)
                .split(separator: "\u{1F}", omittingEmptySubsequences: false)
            return fields.count == 4 ? commitLine(fields.map(String.init)) : nil
        }
    }

    private static func commitLine(_ fields: [String]) -> [UInt8] {
        let data = JSONLine().with("hash", fields[0]).with("date", fields[2]).with("subject", fields[3])
        return JSONLine()
            .with("stream", fields[1].isEmpty ? "nobody" : fields[1])
            .with("type", "commit")
            .with("id", fields[0])
            .with("data", json: data)
            .json
    }

    private static func generatedLine(_ number: Int) -> [UInt8] {
        let data = JSONLine().with("number", number).with("amount", "\(number % 997).\(number % 90 + 10)")
        return JSONLine()
            .with("stream", "account-\(number % 200)")
            .with("type", number % 3 == 0 ? "withdrawn" : "deposited")
            .with("id", "generated-\(number)")
            .with("data", json: data)
            .json
    }

    /// The events as a store takes them: each writer's share, in batches of one stream each, in the order of the lines.
    func shares(for store: String, writers: Int, newID: () -> EventID) throws -> [[StreamBatch]] {
        let reader = ImportLine(store: store, keys: ImportLine.Keys())
        var shares = [[StreamBatch]](repeating: [], count: writers)
        var open: [String: Int] = [:]
        var known: Set<EventKey> = []
        for (index, line) in lines.enumerated() {
            let event = try Self.event(of: line, number: index + 1, reader, newID)
            // The same event again is the same event.
            guard known.insert(EventKey(stream: event.stream, id: event.event.id)).inserted else { continue }
            // One stream is one writer's, so that its order holds.
            let writer = event.stream.stablePartition(of: writers)
            if let batch = open[event.stream], shares[writer][batch].events.count < 50 {
                shares[writer][batch].events.append(event.event)
            } else {
                open[event.stream] = shares[writer].count
                shares[writer].append(StreamBatch(stream: event.stream, events: [event.event]))
            }
        }
        return shares
    }

    /// The event a line stands for. One that names no stream or type, as any NDJSON may not, is an `event` in `events`.
    private static func event(
        of line: [UInt8],
        number: Int,
        _ reader: ImportLine,
        _ newID: () -> EventID
    ) throws -> (stream: String, event: NewEvent) {
        func isText(_ member: JSONObject.Member?) -> Bool {
            member.map { line[$0.value.lowerBound] == UInt8(ascii: "\"") } ?? false
        }
        do {
            let object = try JSONText.object(line)
            if isText(object["stream"]), isText(object["type"]) {
                let read = try reader.event(of: NumberedLine(number: number, bytes: line), newID: newID)
                return (read.stream, read.event)
            }
            return ("events", NewEvent(id: newID(), type: "event", data: Array(line[object.bytes])))
        } catch let error as JSONError {
            throw Failure(.failure, "events: line \(number): \(error)")
        } catch let error as NDJSONError {
            throw Failure(.failure, "events: \(error)")
        }
    }
}
