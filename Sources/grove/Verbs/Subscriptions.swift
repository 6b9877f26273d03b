import MangroveStore

/// `grove subscriptions`: lists durable subscriptions, makes, changes and removes them.
func manageSubscriptions(
    _ options: SubscriptionsOptions,
    _ gateway: any Gateway,
    _ console: Console
) async throws -> ExitCode {
    let store = options.store
    func show(_ name: String?) async throws {
        for info in try await gateway.subscriptions(of: store) where name == nil || info.name == name {
            try console.output.line(JSONLine(info))
        }
    }
    switch options.action {
    case .list: try await show(nil)
    case .create(let name, let configuration):
        try await gateway.createSubscription(name, of: store, configuration)
        try await show(name)
    case .update(let name, let configuration):
        try await gateway.updateSubscription(name, of: store, configuration)
        try await show(name)
    case .delete(let name):
        try await gateway.deleteSubscription(name, of: store)
        try console.output.line(JSONLine().with("name", name).with("status", "deleted"))
    case .reset(let name, let start):
        try await gateway.resetCheckpoint(of: name, in: store, to: start)
        try await show(name)
    case .resume(let name):
        try await gateway.resumeSubscription(name, of: store)
        try await show(name)
    }
    return .done
}

/// `grove ack`, `grove park` and `grove replay`: answers for events, and shows or replays those that were set aside.
func answerDeliveries(_ options: DeliveryOptions, _ gateway: any Gateway, _ console: Console) async throws -> ExitCode {
    let (store, name) = (options.store, options.name)
    func answer(_ places: [Int], _ answer: Answer, _ word: String) async throws {
        for place in places {
            try await gateway.settle(place, of: name, in: store, answer)
            try console.output.line(JSONLine().with("place", place).with("done", word))
        }
    }
    switch options.action {
    case .ack(let places): try await answer(places, .ack, "acknowledged")
    case .park(let places, let reason): try await answer(places, .park(reason), "parked")
    case .listParked:
        for parked in try await gateway.parkedEvents(of: name, in: store) {
            let line = JSONLine().with("place", parked.place).with("reason", parked.reason)
                .with("failures", parked.failures)
            try console.output.append { text in
                guard let event = parked.event else { return text.append(contentsOf: line.line) }
                text.append(contentsOf: line.json.dropLast())
                text.append(contentsOf: Array(",\"event\":".utf8))
                event.appendLine(to: &text)
                text.removeLast()
                text.append(contentsOf: Array("}\n".utf8))
            }
        }
    case .replay(let places):
        let count = try await gateway.replayParked(of: name, in: store, places)
        try console.output.line(JSONLine().with("replayed", count))
    }
    return .done
}

extension JSONLine {
    fileprivate init(_ info: SubscriptionInfo) {
        self = JSONLine().with("name", info.name).with("follows", info.source.words)
            .with("checkpoint", info.checkpoint).with("lag", info.lag).with("underWay", info.underWay)
            .with("parked", info.parked).with("consumers", info.consumers).withIfKnown("stopped", info.stopped)
    }
}

extension SubscriptionSource {
    /// What is followed, in a few words.
    fileprivate var words: String {
        switch self {
        case .all: return "all events"
        case .stream(let stream): return "stream \(stream)"
        case .type(let type): return "type \(type)"
        case .typePrefix(let prefix): return "types \(prefix)*"
        case .payload(let pattern): return "data \(String(decoding: pattern.text, as: UTF8.self))"
        case .pattern(let pattern):
            var parts: [String] = []
            if let stream = pattern.stream { parts.append("stream \(stream)") }
            if let prefix = pattern.streamPrefix { parts.append("streams \(prefix)*") }
            if let type = pattern.type { parts.append("type \(type)") }
            if let prefix = pattern.typePrefix { parts.append("types \(prefix)*") }
            parts += pattern.tags.map { "tag \($0)" }
            if let data = pattern.data { parts.append("data \(String(decoding: data.text, as: UTF8.self))") }
            if let data = pattern.metadata { parts.append("metadata \(String(decoding: data.text, as: UTF8.self))") }
            return parts.isEmpty ? "all events" : parts.joined(separator: ", ")
        }
    }
}
