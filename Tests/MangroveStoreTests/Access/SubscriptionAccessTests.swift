import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("What a token allows of subscriptions") struct SubscriptionAccessTests {
    private static let secret = [UInt8](repeating: 3, count: 32)

    /// A connection to a node's store "east", which has "orders", a subscription on the streams `order-*`, and `all-events`.
    private struct Client: Sendable {
        let runtime: Runtime
        let gateway: LocalGateway
        let desk = SubscriptionDesk()

        func pass(_ restriction: AccessRestriction) throws -> AccessPass {
            var session = AccessSession(.tokens(secret: secret, revoked: []))
            let token = CapabilityToken(for: restriction, secret: secret, id: EventID(high: 1, low: 1))
            try session.present(token.text, now: Timestamp(microseconds: runtime.clock.civilMicroseconds()))
            return AccessPass(session, runtime.clock)
        }

        /// As a connection does it: first what a request needs at any rate, then what it turns out to be about.
        func ask(_ request: SubscriptionRequest, _ pass: AccessPass) async throws -> SubscriptionReply? {
            for need in GatewayRequest.subscription(request).needs { try pass.check(need) }
            let reply = try await desk.reply(to: request, of: gateway, pass)
            if case .subscription(let reply) = reply { return reply }
            return nil
        }

        func open(_ request: SubscriptionRequest, _ pass: AccessPass) async throws -> UInt64 {
            guard case .opened(let feed, _)? = try await ask(request, pass) else { throw StoreError.invalid("no feed") }
            return feed
        }
    }

    private func withClient(_ body: @escaping @Sendable (Client) async throws -> Void) throws {
        try Simulation(seed: 6).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            let orders = SubscriptionConfiguration(.pattern(EventPattern(streamPrefix: "order-")))
            try await gateway.createSubscription("orders", of: "east", orders)
            for stream in ["order-1", "stock"] {
                let event = NewEvent(id: EventID(high: 1, low: 1), type: "t", data: Array("1".utf8))
                _ = try await gateway.append(to: "east", stream: stream, expecting: .noStream, [event])
            }
            let client = Client(runtime: simulation.runtime, gateway: gateway)
            try await body(client)
            client.desk.close()
            await node.close()
        }
    }

    @Test("A token for some streams opens the durable subscriptions on those, and knows of no others")
    func someStreams() throws {
        try withClient { client in
            let pass = try client.pass(AccessRestriction(rights: .subscribe, stores: "east", streams: "order-*"))
            guard case .list(let list)? = try await client.ask(.list(store: "east"), pass) else {
                Issue.record("no list")
                return
            }
            #expect(list.map(\.name) == ["orders"])
            let feed = try await client.open(.join(store: "east", name: "orders", window: 4), pass)
            guard case .handed(let handed)? = try await client.ask(.next(feed: feed, most: 9), pass),
                case .event(let event, let number, _)? = handed.first
            else {
                Issue.record("no event")
                return
            }
            #expect(event.stream == "order-1")
            _ = try await client.ask(.answer(feed: feed, number: number, .ack), pass)
            #expect(try await client.ask(.parked(store: "east", name: "orders"), pass) == .parked([]))

            let wide = StoreError.refused("this concerns all streams, and the token is for 'order-*' only")
            let narrow = SubscriptionConfiguration(.pattern(EventPattern(streamPrefix: "order-")))
            let other = defaultSubscription
            for request: SubscriptionRequest in [
                .join(store: "east", name: other, window: 4), .update(store: "east", name: other, narrow),
                .delete(store: "east", name: other), .settle(store: "east", name: other, place: 0, .ack),
                .parked(store: "east", name: other), .replay(store: "east", name: other, places: nil),
                .reset(store: "east", name: other, .end), .resume(store: "east", name: other),
                .update(store: "east", name: "orders", SubscriptionConfiguration()),
            ] {
                await #expect(throws: wide, "\(request)") { try await client.ask(request, pass) }
            }
            let all = try await client.gateway.subscriptions(of: "east")
            #expect(all.first { $0.name == other }?.consumers == 0)
            #expect(all.first { $0.name == other }?.checkpoint == 0)
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "none")) {
                try await client.ask(.delete(store: "east", name: "none"), pass)
            }
        }
    }

    @Test("A consumer whose subscription comes to follow more than its token allows is let go")
    func widened() throws {
        try withClient { client in
            let pass = try client.pass(AccessRestriction(rights: .subscribe, streams: "order-*"))
            let join = SubscriptionRequest.join(store: "east", name: "orders", window: 4)
            let feed = try await client.open(join, pass)
            _ = try await client.ask(.next(feed: feed, most: 9), pass)
            try await client.gateway.updateSubscription("orders", of: "east", SubscriptionConfiguration())
            var reply = try await client.ask(.next(feed: feed, most: 9), pass)
            while case .handed(let handed) = reply {
                for case .event(let event, _, _) in handed { #expect(event.stream == "order-1") }
                reply = try await client.ask(.next(feed: feed, most: 9), pass)
            }
            #expect(reply == .interrupted)
            await #expect(throws: StoreError.self) { try await client.open(join, pass) }
        }
    }

    @Test("What a token has opened ends with that token, whatever else the connection presents meanwhile")
    func twoTokens() throws {
        try withClient { client in
            let end = Timestamp(microseconds: client.runtime.clock.civilMicroseconds() + 1_000_000)
            let short = try client.pass(AccessRestriction(rights: .subscribe, expires: end))
            let long = try client.pass(AccessRestriction(rights: .append))
            let source = SubscriptionStart(source: .all, from: .end)
            let feed = try await client.open(.open(store: "east", source), short)
            let consumer = try await client.open(.join(store: "east", name: "orders", window: 4), short)
            guard case .handed(let handed)? = try await client.ask(.next(feed: consumer, most: 9), long),
                case .event(_, let number, _)? = handed.first
            else {
                Issue.record("no event")
                return
            }
            try await client.runtime.sleep(for: .seconds(2))
            let expired = StoreError.refused("the token has expired")
            await #expect(throws: expired) { try await client.ask(.next(feed: feed, most: 1), long) }
            await #expect(throws: expired) {
                try await client.ask(.answer(feed: consumer, number: number, .ack), long)
            }
            await #expect(throws: expired) { try await client.ask(.next(feed: consumer, most: 1), long) }
            #expect(try await client.ask(.next(feed: feed, most: 1), long) == .interrupted)
            let info = try await client.gateway.subscriptions(of: "east").first { $0.name == "orders" }
            #expect(info?.consumers == 0 && info?.checkpoint == 0)
        }
    }

    @Test("A feed that waits when its token expires gives nothing more out")
    func expiresWhileWaiting() throws {
        try withClient { client in
            let end = Timestamp(microseconds: client.runtime.clock.civilMicroseconds() + 1_000_000)
            let pass = try client.pass(AccessRestriction(rights: .subscribe, expires: end))
            let feed = try await client.open(.open(store: "east", SubscriptionStart(source: .all, from: .end)), pass)
            _ = try await client.ask(.next(feed: feed, most: 1), pass)
            client.runtime.spawn {
                try? await client.runtime.sleep(for: .seconds(3))
                let event = NewEvent(id: EventID(high: 1, low: 2), type: "t", data: Array("2".utf8))
                _ = try? await client.gateway.append(to: "east", stream: "stock", expecting: .any, [event])
            }
            await #expect(throws: StoreError.refused("the token has expired")) {
                try await client.ask(.next(feed: feed, most: 1), pass)
            }
        }
    }
}
