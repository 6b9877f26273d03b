import MangroveStore

/// Compares what a store holds with what clients heard, never with what the node believed.
///
/// A client sends the events 0, 1, 2 … in this order, a batch only after the one before it was acknowledged, and begins
/// again somewhere before the first that was not. So whatever happens, the store holds the client's first so many events,
/// once each, in order.
struct KillAudit {
    /// One event of a client.
    struct Event: Equatable {
        var client: String
        var number: Int

        /// The stream it goes to.
        var stream: String { client + "-" + String(number * 7 % 5) }
        /// Its data, which no other event has.
        var data: String { "{\"of\": \"\(client)\", \"number\":\(number)}" }
        /// The line to import.
        var line: String {
            "{\"stream\":\"\(stream)\",\"type\":\"t\",\"id\":\"\(client) \(number)\",\"data\":\(data)}\n"
        }
        /// The line to append to a stream that is named elsewhere.
        var lineWithoutStream: String { "{\"type\":\"t\",\"id\":\"\(client) \(number)\",\"data\":\(data)}\n" }
    }

    /// What one program sent, and what it heard.
    struct Run {
        var client: String
        /// The events it was given.
        var events: Range<Int>
        /// How many events it sends at once.
        var batch: Int
        /// The acknowledged batches: the last event of each, and its position, in the order they were acknowledged.
        var acknowledged: [(last: Int, position: Int)] = []

        /// Takes what `grove import --acks` printed.
        mutating func take(acknowledgements lines: [String]) throws {
            for line in lines {
                guard let match = line.wholeMatch(of: /\{"lines":\[(\d+),(\d+)\],"position":(\d+)\}/),
                    let first = Int(match.output.1), let last = Int(match.output.2), let position = Int(match.output.3),
                    events.lowerBound + first - 1 == next, last - first + 1 == min(batch, events.upperBound - next)
                else { throw ProgramError("\(line) does not acknowledge the batch after event \(next - 1)") }
                acknowledged.append((events.lowerBound + last - 1, position))
            }
        }

        /// The first event that was not acknowledged.
        var next: Int { (acknowledged.last?.last).map { $0 + 1 } ?? events.lowerBound }
    }

    /// The positions of each client's events.
    private(set) var positions: [String: [Int]] = [:]
    private var versions: [String: Int] = [:]
    private var text = ""
    private var events = 0

    /// How many of a client's events are there.
    func count(of client: String) -> Int { positions[client]?.count ?? 0 }

    /// Takes what `grove read --all` printed after some runs.
    /// - Returns: what is wrong.
    mutating func check(_ runs: [Run], read: String) throws -> [String] {
        // What was there before is there as it was, to the byte.
        guard read.hasPrefix(text) else { return ["what was there before has changed"] }
        let before = positions
        var problems: [String] = []
        for line in read.dropFirst(text.count).split(separator: "\n") {
            let bytes = Array(line.utf8)
            let object = try JSONText.object(bytes)
            func member(_ name: String) -> String {
                object[name].map { String(decoding: bytes[$0.value], as: UTF8.self) } ?? ""
            }
            let data = member("data")
            guard let match = data.wholeMatch(of: /\{"of": "(.+)", "number":(\d+)\}/), let number = Int(match.output.2)
            else {
                problems.append("nobody sent \(line)")
                continue
            }
            let event = Event(client: String(match.output.1), number: number)
            let stream = member("stream")
            let expected = count(of: event.client)
            if number != expected { problems.append("\(event.client) \(number) stands where \(expected) should") }
            if stream != "\"\(event.stream)\"" && stream != "\"\(event.client)\"" {
                problems.append("\(data) is in stream \(stream)")
            }
            if member("position") != "\(events)" { problems.append("position \(member("position")) is not \(events)") }
            let version = (versions[stream] ?? -1) + 1
            if member("version") != "\(version)" { problems.append("\(stream) \(member("version")) is not \(version)") }
            versions[stream] = version
            positions[event.client, default: []].append(events)
            events += 1
        }
        text = read
        for run in runs { problems += check(run, before: before[run.client]?.count ?? 0) }
        return problems
    }

    private func check(_ run: Run, before: Int) -> [String] {
        let positions = positions[run.client] ?? []
        var problems: [String] = []
        for (last, position) in run.acknowledged where !positions.indices.contains(last) || positions[last] != position
        {
            problems.append("\(run.client) \(last) was acknowledged at \(position), and is not there")
        }
        // Of what was not acknowledged one batch was under way, and is there as a whole or not at all.
        let whole = min(run.next + run.batch, run.events.upperBound)
        let count = positions.count
        if count != max(before, run.next), count != max(before, whole) {
            problems.append("\(run.client): \(count) of \(run.next) acknowledged, with a batch to \(whole) under way")
        }
        return problems
    }
}

/// Random numbers that are the same for the same seed.
struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
