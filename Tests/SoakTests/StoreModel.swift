import Mangrove
import MangroveStore
import MangroveTesting

/// What a store must hold, as far as its clients know: whatever was acknowledged or read, and where.
///
/// It shares no code with the store. Every method that learns something says what is wrong with it, or nil.
final class StoreModel: Sendable {
    struct Fact: Equatable {
        var stream: String
        var version: Int
        var id: UInt64
        var data: [UInt8]
    }

    struct Attempt {
        var stream: String
        var data: [UInt8]
        /// The events that go with it, all or none.
        var batch: [UInt64]
        var wasRefused = false
    }

    private struct State {
        var attempts: [UInt64: Attempt] = [:]
        var known: [Int: Fact] = [:]
        var places: [UInt64: Int] = [:]
        var versions: [String: [Int: Int]] = [:]
        var heads: [String: Int] = [:]
        var end = 0
        var acknowledged = 0
    }

    let store: String
    private let state = Lock(State())

    init(_ store: String) { self.store = store }

    var acknowledged: Int { state.withLock { $0.acknowledged } }

    /// One more than the last position that is known.
    var end: Int { state.withLock { $0.end } }

    /// The last version of a stream that is known, −1 if none is.
    func head(of stream: String) -> Int { state.withLock { $0.heads[stream] ?? -1 } }

    /// Notes what is about to be appended as one batch.
    func attempt(_ parts: [StreamBatch]) {
        let ids = parts.flatMap { $0.events.map(\.id.low) }
        state.withLock { state in
            for part in parts {
                for event in part.events {
                    state.attempts[event.id.low] = Attempt(stream: part.stream, data: event.data, batch: ids)
                }
            }
        }
    }

    /// Notes that an append was refused for good: nothing of it may ever be there.
    func refuse(_ parts: [StreamBatch]) -> String? {
        state.withLock { state in
            for event in parts.flatMap(\.events) {
                if let place = state.places[event.id.low] { return "\(event.id.low) is at \(place), and was refused" }
                state.attempts[event.id.low]?.wasRefused = true
            }
            return nil
        }
    }

    /// Notes an acknowledgement: the places of the last events of each part.
    func acknowledge(_ parts: [StreamBatch], _ results: [AppendResult]) -> String? {
        guard parts.count == results.count else { return "\(results.count) results for \(parts.count) parts" }
        for (part, result) in zip(parts, results) {
            guard let last = result.position else { return "an acknowledgement without position: \(result)" }
            for (offset, event) in part.events.reversed().enumerated() {
                let fact = Fact(
                    stream: part.stream,
                    version: result.version - offset,
                    id: event.id.low,
                    data: event.data
                )
                if let problem = learn(fact, at: last - offset, "acknowledged") { return problem }
            }
        }
        state.withLock { $0.acknowledged += parts.reduce(0) { $0 + $1.events.count } }
        return nil
    }

    /// Notes an event that was read.
    func read(_ event: RecordedEvent) -> String? {
        let fact = Fact(stream: event.stream, version: event.version, id: event.id.low, data: event.data)
        return learn(fact, at: event.position, "read")
    }

    private func learn(_ fact: Fact, at position: Int, _ how: String) -> String? {
        state.withLock { state in
            if let known = state.known[position] {
                return known == fact ? nil : "\(how) \(fact) at \(position), where \(known) is"
            }
            guard let attempt = state.attempts[fact.id] else { return "\(how) \(fact), which nobody appended" }
            if attempt.wasRefused { return "\(how) \(fact), which was refused" }
            guard attempt.stream == fact.stream, attempt.data == fact.data else {
                return "\(how) \(fact), which was appended to \(attempt.stream) as \(attempt.data)"
            }
            if let other = state.places[fact.id] { return "\(how) \(fact) at \(position), and it is at \(other) too" }
            if let other = state.versions[fact.stream]?[fact.version] {
                return "\(how) \(fact) at \(position), and that version is at \(other) too"
            }
            if position < 0 || fact.version < 0 { return "\(how) \(fact) at \(position)" }
            state.known[position] = fact
            state.places[fact.id] = position
            state.versions[fact.stream, default: [:]][fact.version] = position
            state.heads[fact.stream] = max(state.heads[fact.stream] ?? -1, fact.version)
            state.end = max(state.end, position + 1)
            return nil
        }
    }

    /// Looks at a page of all streams.
    /// - Parameter end: what ``end`` was when the page was asked for.
    func page(_ page: [RecordedEvent], from start: Int, count: Int, end: Int) -> String? {
        for (offset, event) in page.enumerated() where event.position != start + offset {
            return "position \(event.position) where \(start + offset) should be"
        }
        guard page.count <= count, page.count >= min(count, end - start) else {
            return "\(page.count) events from \(start) on, of \(count) asked for, and \(end) are known"
        }
        return page.lazy.compactMap(read).first
    }

    /// Looks at a page of one stream.
    /// - Parameter head: what ``head(of:)`` was when the page was asked for.
    func page(_ page: [RecordedEvent], of stream: String, from start: Int, count: Int, head: Int) -> String? {
        for (offset, event) in page.enumerated() where event.version != start + offset || event.stream != stream {
            return "version \(event.version) of \(event.stream) where \(start + offset) of \(stream) should be"
        }
        guard page.count <= count, page.count >= min(count, head + 1 - start) else {
            return "\(page.count) events of \(stream) from \(start) on, and \(head + 1) are known"
        }
        return page.lazy.compactMap(read).first
    }

    /// Looks at everything the store holds, when nobody appends.
    func whole(_ events: [RecordedEvent]) -> String? {
        if let problem = page(events, from: 0, count: events.count, end: end) { return problem }
        var versions: [String: Int] = [:]
        for event in events {
            guard event.version == (versions[event.stream] ?? -1) + 1 else {
                return "version \(event.version) of \(event.stream) after \(versions[event.stream] ?? -1)"
            }
            versions[event.stream] = event.version
        }
        let present = Set(events.map(\.id.low))
        return state.withLock { state in
            for id in present {
                let batch = state.attempts[id]?.batch ?? []
                if !present.isSuperset(of: batch) { return "only a part of the batch \(batch) is there" }
            }
            return nil
        }
    }
}
