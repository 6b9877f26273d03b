import Mangrove
import Testing

@testable import MangroveStore

@Suite("What a token allows")
struct AccessSessionTests {
    private static let secret = [UInt8](repeating: 3, count: 32)
    private let now = Timestamp(microseconds: 1_000)

    private func session(
        _ restriction: AccessRestriction,
        revoked: Set<EventID> = [],
        secret: [UInt8] = secret
    ) throws -> AccessSession {
        var session = AccessSession(.tokens(secret: Self.secret, revoked: revoked))
        let token = CapabilityToken(for: restriction, secret: secret, id: EventID(high: 1, low: 1))
        try session.present(token.text, now: now)
        return session
    }

    private static let event = NewEvent(id: EventID(high: 0, low: 1), type: "t", data: [])

    private static let snapshot = SnapshotID(source: "s", stream: "x", version: 0)

    /// One request of every kind, and the right it takes.
    private static let requests: [(GatewayRequest, AccessRights)] = [
        (.append(store: "a", stream: "x", expected: .any, events: [event]), .append),
        (.appendParts(store: "a", parts: [StreamBatch(stream: "x", events: [event])], conditions: []), .append),
        (.read(store: "a", stream: "x", start: nil, count: 1, direction: .forward), .read),
        (.readAll(store: "a", start: 0, count: 1), .read), (.version(store: "a", stream: "x"), .read),
        (.streams(store: "a"), .read), (.stores, .observe),
        (.managed(store: "a", .create(StoreConfiguration())), .stores),
        (.managed(store: "a", .requestCreation(StoreConfiguration())), .stores),
        (.managed(store: "a", .remove(erasing: true)), .stores), (.managed(store: "a", .requestRemoval), .stores),
        (.managed(store: "", .kept), .observe), (.managed(store: "a@0", .revive), .stores),
        (.managed(store: "a@0", .eraseKept), .stores), (.managed(store: "a", .ownConfiguration), .observe),
        (.managed(store: "a", .configure(StoreConfiguration())), .stores),
        (.storeStatus("a"), .observe), (.storeConfiguration("a"), .observe), (.tree(.text), .observe),
        (.metrics, .observe), (.crash(path: "a", kill: true), .faults), (.verify("a"), .observe),
        (.log(store: "a", .readAll(start: 0, count: 1, filter: .types("t"))), .read),
        (.log(store: "a", .streamSettings(stream: "x")), .read),
        (.log(store: "a", .setStreamSettings(stream: "x", StreamSettings())), .manage),
        (.log(store: "a", .truncate(stream: "x", before: 1)), .manage),
        (.log(store: "a", .deleteStream(stream: "x", tombstone: true)), .manage),
        (.log(store: "a", .recordSnapshot(Snapshot(snapshot, data: []), keeping: nil)), .append),
        (.log(store: "a", .snapshot(snapshot)), .read),
        (.log(store: "a", .latestSnapshot(source: "s", stream: "x", upTo: nil)), .read),
        (.log(store: "a", .snapshots(source: nil, stream: nil)), .read),
        (.log(store: "a", .deleteSnapshot(snapshot)), .manage), (.log(store: "a", .compact), .manage),
        (.log(store: "a", .eraseStream("x")), .manage),
        (.subscription(.open(store: "a", SubscriptionStart(source: .all, from: .beginning))), .subscribe),
        (.subscription(.join(store: "a", name: "n", window: 1)), .subscribe),
        (.subscription(.create(store: "a", name: "n", SubscriptionConfiguration())), .subscribe),
        (.subscription(.list(store: "a")), .subscribe), (.projection(store: "a", .list), .read),
        (.projection(store: "a", .rebuild(name: "n")), .manage),
    ]

    @Test("Each right allows its requests and no others")
    func rights() throws {
        for (_, right) in AccessRights.named {
            let session = try session(AccessRestriction(rights: right))
            for (request, needed) in Self.requests {
                let passes = (try? session.check(request.needs, now: now)) != nil
                #expect(passes == (needed == right), "\(request) with the right to \(right)")
            }
        }
    }

    @Test("A token for one store opens no other, and nothing that concerns all")
    func stores() throws {
        let session = try session(AccessRestriction(stores: "a"))
        for (request, _) in Self.requests {
            let passes = (try? session.check(request.needs, now: now)) != nil
            #expect(passes == (request.store == "a"), "\(request)")
        }
        #expect(throws: StoreError.refused("the token is for stores 'a', not for 'b'")) {
            try session.check(GatewayRequest.streams(store: "b").needs, now: now)
        }
        #expect(throws: StoreError.refused("this concerns all stores, and the token is for 'a' only")) {
            try session.check(GatewayRequest.stores.needs, now: now)
        }
    }

    @Test("A token for some streams opens no others, and no reading of all")
    func streams() throws {
        let session = try session(AccessRestriction(streams: "order-*"))
        func check(_ request: GatewayRequest) throws(StoreError) { try session.check(request.needs, now: now) }
        try check(.version(store: "a", stream: "order-1"))
        try check(.appendParts(store: "a", parts: [StreamBatch(stream: "order-2", events: [])], conditions: []))
        try check(.log(store: "a", .readAll(start: 0, count: 1, filter: EventFilter([.init(streamPrefix: "order-1")]))))
        #expect(throws: StoreError.refused("the token is for streams 'order-*', not for 'stock'")) {
            try check(.version(store: "a", stream: "stock"))
        }
        #expect(throws: StoreError.refused("this concerns all streams, and the token is for 'order-*' only")) {
            try check(.readAll(store: "a", start: 0, count: 1))
        }
        // What is only looked at counts too.
        let parts = [StreamBatch(stream: "order-2", events: [])]
        let looked = StoreError.refused("the token is for streams 'order-*', not for 'stock'")
        #expect(throws: looked) {
            try check(.appendParts(store: "a", parts: parts, conditions: [.stream("stock", .noStream)]))
        }
        let prefixed = EventFilter([.init(streamPrefix: "order-1"), .init(streamPrefix: "ord")])
        let wide = StoreError.refused("this concerns streams 'ord*', and the token is for 'order-*' only")
        #expect(throws: wide) { try check(.log(store: "a", .readAll(start: 0, count: 1, filter: prefixed))) }
        #expect(throws: wide) {
            try check(.appendParts(store: "a", parts: parts, conditions: [.noneMatching(prefixed, after: 0)]))
        }
        func follow(_ source: SubscriptionSource) throws(StoreError) {
            try check(.subscription(.open(store: "a", SubscriptionStart(source: source, from: .beginning))))
        }
        try follow(.stream("order-1"))
        try follow(.pattern(EventPattern(streamPrefix: "order-1")))
        #expect(throws: looked) { try follow(.stream("stock")) }
        #expect(throws: wide) { try follow(.pattern(EventPattern(streamPrefix: "ord"))) }
        for source in [SubscriptionSource.all, .type("t"), .pattern(EventPattern(type: "t"))] {
            #expect(throws: StoreError.self) { try follow(source) }
        }
        let both = ["order-1", "stock"].map { StreamBatch(stream: $0, events: [Self.event]) }
        #expect(throws: StoreError.self) { try check(.appendParts(store: "a", parts: both, conditions: [])) }
    }

    @Test("Without a token there is nothing but to present one")
    func noToken() throws {
        let session = AccessSession(.tokens(secret: Self.secret, revoked: []))
        for (request, _) in Self.requests {
            #expect(throws: StoreError.refused("this node asks for a token, and none was presented")) {
                try session.check(request.needs, now: now)
            }
        }
        let open = AccessSession(.owner)
        for (request, _) in Self.requests { try open.check(request.needs, now: now) }
    }

    @Test("Time runs out for a token, also while it is in use")
    func expiry() throws {
        let session = try session(AccessRestriction(expires: Timestamp(microseconds: 2_000)))
        let need = GatewayRequest.metrics.needs
        try session.check(need, now: Timestamp(microseconds: 1_999))
        #expect(throws: StoreError.refused("the token has expired")) {
            try session.check(need, now: Timestamp(microseconds: 2_000))
        }
        #expect(throws: StoreError.refused("the token has expired")) {
            try session.check(
                GatewayRequest.subscription(.next(feed: 1, most: 1)).needs,
                now: Timestamp(microseconds: 2_000)
            )
        }
        #expect(throws: StoreError.refused("the token has expired")) {
            try self.session(AccessRestriction(expires: Timestamp(microseconds: 1_000)))
        }
    }

    @Test("A token that is forged, or revoked, is refused when it is presented, and the one before still counts")
    func refusals() throws {
        let id = EventID(high: 1, low: 1)
        #expect(throws: StoreError.refused("the token has been revoked")) {
            try self.session(AccessRestriction(), revoked: [id])
        }
        #expect(throws: StoreError.refused("the token was not made by this node, or was changed")) {
            try self.session(AccessRestriction(), secret: [1])
        }
        var session = try session(AccessRestriction(rights: .read))
        let forged = CapabilityToken(for: AccessRestriction(), secret: [1], id: id)
        #expect(throws: StoreError.self) { try session.present(forged.text, now: now) }
        try session.check(GatewayRequest.streams(store: "a").needs, now: now)
        #expect(throws: StoreError.self) { try session.check(GatewayRequest.metrics.needs, now: now) }
    }
}
