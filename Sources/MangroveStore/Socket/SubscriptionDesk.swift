import Mangrove

/// The feeds that one client has open, on the node's side: they end with its connection.
final class SubscriptionDesk: Sendable {
    /// How many feeds one connection can have open: each may keep one request under way for as long as nothing happens.
    static let maximumFeeds = 16

    private enum Feed: Sendable {
        case events(any EventFeed)
        case deliveries(any DeliveryFeed)

        func close() {
            switch self {
            case .events(let feed): feed.close()
            case .deliveries(let feed): feed.close()
            }
        }
    }

    private struct State {
        var feeds: [UInt64: Feed] = [:]
        /// Those that somebody waits on.
        var awaited: Set<UInt64> = []
        var last: UInt64 = 0
        var isClosed = false
    }

    /// The operations that the same client has under way.
    let operations = OperationDesk()
    private let state = Lock(State())

    /// The client is gone, or the node stops: all feeds end.
    func close() {
        let feeds = state.withLock { state in
            defer { state.feeds = [:] }
            state.isClosed = true
            return Array(state.feeds.values)
        }
        for feed in feeds { feed.close() }
        operations.close()
    }

    /// Carries a request out.
    /// - Throws: ``StoreError``, or what the gateway throws.
    func reply(to request: SubscriptionRequest, of gateway: any Gateway) async throws -> GatewayReply {
        switch request {
        case .open(let store, let start):
            let subscription = try gateway.subscribe(to: store, start.source, from: start.from)
            let opened = try await subscription.open(subscription.start)
            return .subscription(.opened(feed: try add(.events(opened.feed)), next: opened.next))
        case .join(let store, let name, let window):
            let consumer = try await gateway.consume(name, of: store, window: window)
            let feed = try await consumer.feed()
            return .subscription(.opened(feed: try add(.deliveries(feed)), next: 0))
        case .next(let feed, let most): return .subscription(try await next(feed, most))
        case .answer(let number, let delivery, let answer):
            guard case .deliveries(let feed)? = find(number) else {
                throw StoreError.deliveryLost(store: "", subscription: "")
            }
            return .subscription(.takenBack(try await feed.settle(delivery, answer)))
        case .close(let feed):
            state.withLock { $0.feeds.removeValue(forKey: feed) }?.close()
            return .done
        default: return try await request.manage(gateway)
        }
    }

    private func next(_ number: UInt64, _ most: Int) async throws -> SubscriptionReply {
        guard most >= 1 else { throw StoreError.invalid("a feed is asked for at least one event, not for \(most)") }
        guard state.withLock({ $0.awaited.insert(number).inserted }) else {
            throw StoreError.invalid("there is a request under way on this feed already")
        }
        defer { state.withLock { _ = $0.awaited.remove(number) } }
        switch find(number) {
        case .events(let feed):
            if let emissions = try await feed.next() { return .emissions(emissions) }
        case .deliveries(let feed):
            if let handed = try await feed.next(most: most) { return .handed(handed) }
        case nil: break
        }
        state.withLock { _ = $0.feeds.removeValue(forKey: number) }
        return .interrupted
    }

    private func find(_ number: UInt64) -> Feed? {
        state.withLock { $0.feeds[number] }
    }

    /// - Throws: ``StoreError/refused(_:)`` if there are too many; the feed is closed.
    private func add(_ feed: Feed) throws(StoreError) -> UInt64 {
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.feeds.count < Self.maximumFeeds else { return nil }
            state.last += 1
            state.feeds[state.last] = feed
            return state.last
        }
        if let number { return number }
        feed.close()
        throw .refused("a connection can have \(Self.maximumFeeds) subscriptions open")
    }
}

extension SubscriptionRequest {
    /// Carries out what needs no feed.
    fileprivate func manage(_ gateway: any Gateway) async throws -> GatewayReply {
        switch self {
        case .create(let store, let name, let configuration):
            try await gateway.createSubscription(name, of: store, configuration)
        case .update(let store, let name, let configuration):
            try await gateway.updateSubscription(name, of: store, configuration)
        case .delete(let store, let name): try await gateway.deleteSubscription(name, of: store)
        case .list(let store): return .subscription(.list(try await gateway.subscriptions(of: store)))
        case .settle(let store, let name, let place, let answer):
            try await gateway.settle(place, of: name, in: store, answer)
        case .parked(let store, let name):
            return .subscription(.parked(try await gateway.parkedEvents(of: name, in: store)))
        case .replay(let store, let name, let places):
            return .subscription(.count(try await gateway.replayParked(of: name, in: store, places)))
        case .reset(let store, let name, let start):
            try await gateway.resetCheckpoint(of: name, in: store, to: start)
        case .resume(let store, let name): try await gateway.resumeSubscription(name, of: store)
        case .open, .join, .next, .answer, .close: throw StoreError.invalid("this needs a connection")
        }
        return .done
    }
}

extension Consumer {
    /// The feed it was made with; for another program to iterate.
    func feed() async throws -> any DeliveryFeed {
        guard let joined = first.take() else { return try await open() }
        return joined.handOver()
    }
}
