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

    /// A feed, and what it was opened with.
    private struct Open: Sendable {
        var feed: Feed
        var pass: AccessPass
    }

    private struct State {
        var feeds: [UInt64: Open] = [:]
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
        for open in feeds { open.feed.close() }
        operations.close()
    }

    /// Carries a request out.
    /// - Throws: ``StoreError``, or what the gateway throws.
    func reply(
        to request: SubscriptionRequest,
        of gateway: any Gateway,
        _ pass: AccessPass
    ) async throws -> GatewayReply {
        switch request {
        case .open(let store, let start):
            let subscription = try gateway.subscribe(to: store, start.source, from: start.from)
            let opened = try await subscription.open(subscription.start)
            return .subscription(.opened(feed: try add(.events(opened.feed), pass), next: opened.next))
        case .join(let store, let name, let window):
            try await pass.check(name, of: store, gateway)
            let consumer = try await gateway.consume(name, of: store, window: window)
            let number = try add(.deliveries(try await consumer.feed()), pass)
            do {
                // Again, because it may follow something else since; whatever changes it from here on ends the feed.
                try await pass.check(name, of: store, gateway)
            } catch {
                forget(number)
                throw error
            }
            return .subscription(.opened(feed: number, next: 0))
        case .next(let feed, let most): return .subscription(try await next(feed, most))
        case .answer(let number, let delivery, let answer):
            guard let open = find(number), case .deliveries(let feed) = open.feed else {
                throw StoreError.deliveryLost(store: "", subscription: "")
            }
            try open.pass.check()
            return .subscription(.takenBack(try await feed.settle(delivery, answer)))
        case .close(let feed):
            forget(feed)
            return .done
        case .list(let store):
            let all = try await gateway.subscriptions(of: store)
            return .subscription(.list(all.filter { pass.shows($0, of: store) }))
        case .update(let store, let name, _), .delete(let store, let name), .settle(let store, let name, _, _),
            .parked(let store, let name), .replay(let store, let name, _), .reset(let store, let name, _),
            .resume(let store, let name):
            try await pass.check(name, of: store, gateway)
            return try await request.manage(gateway)
        case .create: return try await request.manage(gateway)
        }
    }

    private func next(_ number: UInt64, _ most: Int) async throws -> SubscriptionReply {
        guard most >= 1 else { throw StoreError.invalid("a feed is asked for at least one event, not for \(most)") }
        guard state.withLock({ $0.awaited.insert(number).inserted }) else {
            throw StoreError.invalid("there is a request under way on this feed already")
        }
        defer { state.withLock { _ = $0.awaited.remove(number) } }
        guard let open = find(number) else { return .interrupted }
        do throws(StoreError) {
            try open.pass.check()
        } catch {
            forget(number)
            throw error
        }
        let reply: SubscriptionReply? =
            switch open.feed {
            case .events(let feed): try await feed.next().map { .emissions($0) }
            case .deliveries(let feed): try await feed.next(most: most).map { .handed($0) }
            }
        do throws(StoreError) {
            // It may have waited for long.
            try open.pass.check()
        } catch {
            forget(number)
            throw error
        }
        if let reply { return reply }
        state.withLock { _ = $0.feeds.removeValue(forKey: number) }
        return .interrupted
    }

    private func find(_ number: UInt64) -> Open? {
        state.withLock { $0.feeds[number] }
    }

    private func forget(_ number: UInt64) {
        state.withLock { $0.feeds.removeValue(forKey: number) }?.feed.close()
    }

    /// - Throws: ``StoreError/refused(_:)`` if there are too many; the feed is closed.
    private func add(_ feed: Feed, _ pass: AccessPass) throws(StoreError) -> UInt64 {
        let number = state.withLock { state -> UInt64? in
            guard !state.isClosed, state.feeds.count < Self.maximumFeeds else { return nil }
            state.last += 1
            state.feeds[state.last] = Open(feed: feed, pass: pass)
            return state.last
        }
        if let number { return number }
        feed.close()
        throw .refused("a connection can have \(Self.maximumFeeds) subscriptions open")
    }
}

extension AccessPass {
    /// Whether a durable subscription follows only what is open to this pass.
    fileprivate func shows(_ subscription: SubscriptionInfo, of store: String) -> Bool {
        (try? check(need(subscription, store))) != nil
    }

    /// Checks that a durable subscription follows only what is open to this pass. One that is not there will be found so.
    /// - Throws: ``StoreError``.
    fileprivate func check(_ name: String, of store: String, _ gateway: any Gateway) async throws {
        guard isForSomeStreams,
            let subscription = try await gateway.subscriptions(of: store).first(where: { $0.name == name })
        else { return }
        try check(need(subscription, store))
    }

    private func need(_ subscription: SubscriptionInfo, _ store: String) -> AccessNeed {
        AccessNeed(.subscribe, stores: .one(store), streams: subscription.source.scope)
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
        case .settle(let store, let name, let place, let answer):
            try await gateway.settle(place, of: name, in: store, answer)
        case .parked(let store, let name):
            return .subscription(.parked(try await gateway.parkedEvents(of: name, in: store)))
        case .replay(let store, let name, let places):
            return .subscription(.count(try await gateway.replayParked(of: name, in: store, places)))
        case .reset(let store, let name, let start):
            try await gateway.resetCheckpoint(of: name, in: store, to: start)
        case .resume(let store, let name): try await gateway.resumeSubscription(name, of: store)
        case .open, .join, .next, .answer, .close, .list: throw StoreError.invalid("this needs a connection")
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
