import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct SubscriptionWireTests {
    private static let event = RecordedEvent(
        stream: "s ä",
        version: 3,
        position: 1 << 40,
        id: EventID(high: 1, low: 2),
        type: "t",
        data: Array("{}".utf8),
        metadata: nil,
        tags: ["x"],
        created: Timestamp(microseconds: -5)
    )

    private static func requests() throws -> [GatewayRequest] {
        let sources = try SelectorTests.sources()
        let orders: [SubscriptionConfiguration.Order] = [
            .stream, .data(try JSONField("a.b")), .metadata(try JSONField("c")), .none,
        ]
        var subscriptions: [SubscriptionRequest] = sources.map {
            .open(store: "s", SubscriptionStart(source: $0, from: .at(7)))
        }
        subscriptions += orders.map {
            .create(store: "s", name: "n", SubscriptionConfiguration(.all, partitionBy: $0, maximumRetries: 3))
        }
        let answers: [Answer] = [.ack, .retry(after: .milliseconds(1_500)), .park("why"), .skip, .stop("no")]
        subscriptions += answers.map { .answer(feed: 1, number: 2, $0) }
        subscriptions += [
            .join(store: "s", name: "n", window: 9), .next(feed: 4, most: 16), .close(feed: 5),
            .update(store: "s", name: "n", SubscriptionConfiguration()), .delete(store: "s", name: "n"),
            .list(store: "s"), .settle(store: "s", name: "n", place: 3, .skip), .parked(store: "s", name: "n"),
            .replay(store: "s", name: "n", places: nil), .replay(store: "s", name: "n", places: [1, 2]),
            .reset(store: "s", name: "n", .beginning), .reset(store: "s", name: "n", .end),
            .resume(store: "s", name: "n"),
        ]
        let aggregate = Aggregate(
            .type("t"),
            fields: ["a": .count, "b": .sum(try JSONField("x.y")), "c": .overwrite(try JSONField("z"))]
        )
        let projections: [ProjectionRequest] = [
            .list, .state(name: "n", key: ""), .states(name: "n", after: nil, count: 3),
            .states(name: "n", after: "k", count: 3), .rebuild(name: "n"), .create(name: "n", aggregate),
            .delete(name: "n"),
        ]
        return subscriptions.map { .subscription($0) } + projections.map { .projection(store: "s", $0) }
    }

    private static func replies() -> [GatewayReply] {
        let info = SubscriptionInfo(
            name: "n",
            source: .type("t"),
            stopped: "why",
            checkpoint: 1,
            lag: 2,
            underWay: 3,
            parked: 4,
            consumers: 5
        )
        let subscriptions: [SubscriptionReply] = [
            .opened(feed: 3, next: 9),
            .emissions([Emission(note: .caughtUp, next: 2), Emission(events: [event, event], next: 5)]),
            .handed([.event(event, number: 7, attempt: 2), .caughtUp, .fellBehind]), .interrupted, .takenBack([1, 2]),
            .list([info]), .count(8),
            .parked([
                ParkedEvent(place: 1, reason: "r", failures: 2, event: event),
                ParkedEvent(place: 1, reason: "", failures: 0, event: nil),
            ]),
        ]
        let projections: [ProjectionReply] = [
            .list([ProjectionInfo(name: "n", checkpoint: 1, lag: 2, states: 3, failure: "f")]), .state(nil),
            .state([1, 2]), .states([ProjectedState(key: "k", data: [])]),
        ]
        return subscriptions.map { .subscription($0) } + projections.map { .projection($0) }
    }

    @Test("Every question and every answer arrives as it was sent, and no part of one is taken for a whole")
    func roundTrip() throws {
        for request in try Self.requests() {
            let bytes = request.encoded
            #expect(try GatewayRequest(decoding: bytes) == request)
            for count in bytes.indices {
                #expect(throws: WireError.self) { try GatewayRequest(decoding: Array(bytes[..<count])) }
            }
        }
        for reply in Self.replies() {
            let bytes = reply.encoded
            #expect(try GatewayReply(decoding: bytes) == reply)
            for count in bytes.indices {
                #expect(throws: WireError.self) { try GatewayReply(decoding: Array(bytes[..<count])) }
            }
        }
    }

    @Test("Bytes that make no sense are refused or mean something else, and nothing more")
    func noise() throws {
        var random = SeededGenerator(seed: 1)
        let messages = try Self.requests().map(\.encoded) + Self.replies().map(\.encoded)
        for message in messages {
            for _ in 0..<200 {
                var bytes = message
                for _ in 0...Int(random.next() % 3) {
                    bytes[Int(random.next() % UInt64(bytes.count))] = UInt8(truncatingIfNeeded: random.next())
                }
                _ = try? GatewayRequest(decoding: bytes)
                _ = try? GatewayReply(decoding: bytes)
            }
        }
    }

    @Test("What is recorded of a subscription is read as it was, and of another generation not at all")
    func records() throws {
        let configuration = SubscriptionConfiguration(.type("t"), start: .end, partitionBy: .none, maximumRetries: 1)
        let definition = SubscriptionDefinition(name: "n", generation: 7, configuration: configuration, first: 12)
        let recorded = try #require(definition.recorded.value)
        #expect(try SubscriptionDefinition(Fact(key: definition.key, value: recorded)) == definition)
        let progress = SubscriptionProgress(
            next: 9,
            unsettled: [.init(place: 3, failures: 2), .init(place: 5, isReplay: true)],
            stopped: "why"
        )
        let value = try #require(progress.recorded(of: definition).value)
        #expect(try SubscriptionProgress.read(value, of: definition) == progress)
        var later = definition
        later.generation = 8
        #expect(try SubscriptionProgress.read(value, of: later) == nil)
        for count in value.indices {
            #expect(throws: WireError.self) { try SubscriptionProgress.read(Array(value[..<count]), of: definition) }
        }
    }
}
