import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct SelectorTests {
    static let patterns: [(pattern: String, text: String, matches: Bool)] = [
        ("{}", "{\"a\":1}", true), ("{}", "[]", false), ("{\"a\":1}", "{\"b\":2,\"a\":1}", true),
        ("{\"a\":1}", "{\"a\":1.0}", true), ("{\"a\":1}", "{\"a\":10e-1}", true), ("{\"a\":1}", "{\"a\":\"1\"}", false),
        ("{\"a\":-0}", "{\"a\":0}", true), ("{\"a\":1e2}", "{\"a\":100}", true), ("{\"a\":1e2}", "{\"a\":1000}", false),
        ("{\"a\":12345678901234567890.5}", "{\"a\":12345678901234567890.50}", true),
        ("{\"a\":12345678901234567890.5}", "{\"a\":12345678901234567890.4}", false),
        ("{\"a\":{\"b\":\"x\"}}", "{\"a\":{\"c\":[{\"b\":1}],\"b\":\"x\"},\"z\":null}", true),
        ("{\"a\":{\"b\":\"x\"}}", "{\"a\":{\"b\":\"y\"}}", false), ("{\"a\":{\"b\":\"x\"}}", "{\"a\":\"b\"}", false),
        ("{\"a\":\"\\u0062\"}", "{\"\\u0061\":\"b\"}", true), ("{\"a\":null}", "{\"a\":null}", true),
        ("{\"a\":null}", "{}", false), ("{\"a\":true}", "{\"a\":false}", false), ("[1,2]", "[1, 2.0]", true),
        ("[1,2]", "[1,2,3]", false), ("[1,2]", "[1]", false), ("[]", "[]", true), ("[]", "[0]", false),
        ("[{\"a\":1}]", "[{\"a\":1,\"b\":2}]", true), ("\"x\"", " \"x\" ", true), ("7", "7", true), ("7", "8", false),
        ("{\"a\":1}", "{\"\\ud800\":0,\"a\":1}", true), ("{\"a\":{}}", "{\"a\":[]}", false),
    ]

    @Test("A JSON pattern matches what has what it has", arguments: patterns)
    func jsonPattern(pattern: String, text: String, matches: Bool) throws {
        #expect(try JSONPattern(pattern).matches(Array(text.utf8)) == matches)
    }

    @Test("What is not JSON is no pattern")
    func badPattern() {
        for text in ["", "{", "{\"a\":}", "01", "nope", "{} {}"] {
            #expect(throws: StoreError.self) { try JSONPattern(text) }
        }
    }

    @Test("A field is found by the names that lead to it")
    func field() throws {
        let text = Array("{\"a\":{\"b\":[1,{\"x\":2}],\"c\":\"d\\u0065\"},\"n\": 1.50 ,\"e\":{}}".utf8)
        #expect(try JSONField("a.c").key(in: text) == "de")
        #expect(try JSONField("n").key(in: text) == "1.50")
        #expect(try JSONField("a.b").key(in: text) == "[1,{\"x\":2}]")
        for missing in ["b", "a.x", "n.x", "e.a", "a.b.x"] { #expect(try JSONField(missing).key(in: text) == nil) }
        #expect(throws: StoreError.self) { try JSONField("a..b") }
        #expect(throws: StoreError.self) { try JSONField("") }
    }

    private static let streams = ["order-1", "order-2", "$system", "cart-1"]

    private static func event(_ number: Int) -> NewEvent {
        let country = number % 3 == 0 ? "BE" : "NL"
        let data = "{\"number\":\(number),\"customer\":{\"country\":\"\(country)\"}}"
        var event = NewEvent(
            id: EventID(high: 9, low: UInt64(number)),
            type: ["placed", "paid", "place", "shipped"][number % 4],
            data: Array(data.utf8)
        )
        if number % 5 == 0 { event.metadata = Array("{\"by\":\"ann\"}".utf8) }
        if number % 2 == 0 { event.tags = ["even", "n\(number)"] }
        return event
    }

    static func sources() throws -> [SubscriptionSource] {
        let patterns = [
            EventPattern(), EventPattern(stream: "order-1", type: "paid"),
            EventPattern(streamPrefix: "order-", typePrefix: "p", data: try JSONPattern("{\"number\":4}")),
            EventPattern(tags: ["even"]), EventPattern(streamPrefix: "cart", tags: ["even", "n4"]),
            EventPattern(metadata: try JSONPattern("{\"by\":\"ann\"}")),
        ]
        let payload = try JSONPattern("{\"customer\":{\"country\":\"BE\"}}")
        let others: [SubscriptionSource] = [
            .all, .stream("order-2"), .stream("$system"), .stream("nobody"), .type("place"), .typePrefix("pla"),
            .payload(payload),
        ]
        return others + patterns.map { .pattern($0) }
    }

    /// What a source means, said in another way than the code says it.
    private func expected(_ source: SubscriptionSource, _ all: [RecordedEvent]) -> [Int] {
        all.filter { event in
            let number = Int(event.id.low)
            let isSystem = event.stream.hasPrefix("$")
            return switch source {
            case .all: !isSystem
            case .stream(let stream): event.stream == stream
            case .type(let type): event.type == type && !isSystem
            case .typePrefix(let prefix): event.type.hasPrefix(prefix) && !isSystem
            case .payload: number % 3 == 0 && !isSystem
            case .pattern(let pattern): !isSystem && meets(pattern, event)
            }
        }.map(\.position)
    }

    private func meets(_ pattern: EventPattern, _ event: RecordedEvent) -> Bool {
        let number = Int(event.id.low)
        if let stream = pattern.stream, event.stream != stream { return false }
        if let type = pattern.type, event.type != type { return false }
        guard event.stream.hasPrefix(pattern.streamPrefix ?? "") else { return false }
        if pattern.typePrefix != nil, !event.type.hasPrefix("p") { return false }
        if pattern.data != nil, number != 4 { return false }
        if pattern.tags.contains("even"), number % 2 != 0 { return false }
        if pattern.tags.contains("n4"), number != 4 { return false }
        return pattern.metadata == nil || number % 5 == 0
    }

    @Test("Every selector gives exactly what it says, from every start, transient and durable, then and later")
    func selectors() throws {
        let sources = try Self.sources()
        try Simulation(seed: 5).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            func append(_ range: Range<Int>) async throws {
                for number in range {
                    let stream = Self.streams[number * 7 % 4]
                    _ = try await gateway.append(to: "east", stream: stream, expecting: .any, [Self.event(number)])
                }
            }
            try await append(0..<30)
            struct Case: Sendable {
                var source: SubscriptionSource
                var start: StartPoint
                var got = Lock<[Int]>([])
                var durable = Lock<[Int]>([])
            }
            var cases: [Case] = []
            for source in sources {
                for start in [StartPoint.beginning, .at(3), .end] { cases.append(Case(source: source, start: start)) }
            }
            for (index, item) in cases.enumerated() {
                let subscription = try gateway.subscribe(to: "east", item.source, from: item.start)
                let configuration = SubscriptionConfiguration(item.source, start: item.start)
                try await gateway.createSubscription("s\(index)", of: "east", configuration)
                let consumer = try await gateway.consume("s\(index)", of: "east", window: 3)
                simulation.runtime.spawn {
                    do {
                        for try await event in subscription { item.got.withLock { $0.append(event.position) } }
                    } catch { item.got.withLock { $0.append(-1) } }
                }
                simulation.runtime.spawn {
                    do {
                        for try await delivery in consumer {
                            item.durable.withLock { $0.append(delivery.event.position) }
                            try await delivery.ack()
                        }
                    } catch { item.durable.withLock { $0.append(-1) } }
                }
            }
            try await simulation.runtime.sleep(for: .seconds(1))
            try await append(30..<40)
            try await simulation.runtime.sleep(for: .seconds(2))
            let all = try await gateway.readAll(from: "east", start: 0, count: 100)
            for (index, item) in cases.enumerated() {
                let first: Int =
                    switch item.start {
                    case .beginning: 0
                    case .at(let place):
                        item.source.stream.map { stream in
                            all.first { $0.stream == stream && $0.version == place }?.position ?? 100
                        } ?? place
                    case .end: 30
                    }
                let wanted = expected(item.source, all).filter { $0 >= first }
                #expect(item.got.withLock { $0 } == wanted, "\(item.source) from \(item.start)")
                #expect(item.durable.withLock { $0 } == wanted, "\(item.source) from \(item.start), durable")
                let info = try await gateway.subscriptions(of: "east").first { $0.name == "s\(index)" }
                #expect(info?.lag == 0, "\(item.source) from \(item.start)")
            }
            await node.close()
        }
    }

    @Test("A selector that nothing could match is refused")
    func refused() throws {
        try Simulation(seed: 5).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            for source in [SubscriptionSource.type(""), .typePrefix(""), .stream("")] {
                #expect(throws: StoreError.self) { try node.gateway.subscribe(to: "east", source) }
                let configuration = SubscriptionConfiguration(source)
                await #expect(throws: StoreError.self) {
                    try await node.gateway.createSubscription("s", of: "east", configuration)
                }
            }
            await node.close()
        }
    }
}
