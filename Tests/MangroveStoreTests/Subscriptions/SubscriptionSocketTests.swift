import Mangrove
import Testing

@testable import MangroveStore

@Suite("Subscriptions over the socket")
struct SubscriptionSocketTests {
    /// A node on a real disk with a store of `count` events, and a client of it.
    private func withNode(
        events count: Int,
        _ body: (Node, SocketGateway, SocketDirectory) async throws -> Void
    ) async throws {
        let directory = try SocketDirectory()
        var settings = NodeSettings(dataDirectory: directory.path, owner: "test")
        settings.listens = true
        let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
        let node = try await Node.open(settings, in: runtime)
        try await node.gateway.createStore("east")
        for start in stride(from: 0, to: count, by: 500) {
            let batch = happenings(start..<min(count, start + 500))
            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, batch)
        }
        let client = try await SocketGateway.connect(dataDirectory: directory.path)
        do {
            try await body(node, client, directory)
        } catch {
            Issue.record(error)
        }
        client.close()
        await node.close()
        await runtime.shutdown()
    }

    @Test("A client follows a store as if it were in the node: what is there, what comes, and notes between")
    func follows() async throws {
        try await withNode(events: 3_000) { node, client, _ in
            var told: [SubscriptionElement] = []
            for try await element in try client.subscribe(to: "east", .all, from: .at(10)).elements {
                told.append(element)
                if element == .caughtUp, told.count < 3_000 {
                    _ = try await node.gateway.append(
                        to: "east",
                        stream: "a",
                        expecting: .any,
                        happenings(3_000..<3_005)
                    )
                }
                if told.count == 2_996 { break }
            }
            let places = told.compactMap { element -> Int? in
                if case .event(let event) = element { event.position } else { nil }
            }
            #expect(places == Array(10..<3_005))
            #expect(told.count { $0 == .caughtUp } == 1)
        }
    }

    @Test("A client that takes nothing is sent nothing, and holds up nobody")
    func backPressure() async throws {
        try await withNode(events: 6_000) { node, client, directory in
            var slow = try client.subscribe(to: "east", .all).makeAsyncIterator()
            #expect(try await slow.next()?.position == 0)
            let other = try await SocketGateway.connect(dataDirectory: directory.path)
            var count = 0
            for try await _ in try other.subscribe(to: "east", .all) {
                count += 1
                if count == 6_000 { break }
            }
            for place in 1..<6_000 { #expect(try await slow.next()?.position == place) }
            other.close()
        }
    }

    @Test(
        "A consumer's answers count, an event that is tried again comes before those behind it, and a lost client's events go on"
    )
    func consumes() async throws {
        try await withNode(events: 20) { node, client, directory in
            try await client.createSubscription("work", of: "east", SubscriptionConfiguration())
            var iterator = try await client.consume("work", of: "east", window: 8).makeAsyncIterator()
            var seen: [Int] = []
            for round in 0..<8 {
                let delivery = try #require(try await iterator.next())
                seen.append(delivery.event.position)
                if round == 2 {
                    try await delivery.nack(.retry(after: .zero))
                } else if round == 5 {
                    try await delivery.nack(.park("odd"))
                } else {
                    try await delivery.ack()
                }
            }
            #expect(seen == [0, 1, 2, 2, 3, 4, 5, 6])
            #expect(try await client.parkedEvents(of: "work", in: "east").map(\.place) == [4])
            let held = try #require(try await iterator.next())
            #expect(held.event.position == 7)
            client.close()
            await #expect(throws: StoreError.self) { try await held.ack() }

            let second = try await SocketGateway.connect(dataDirectory: directory.path)
            var rest: [Int] = []
            for try await delivery in try await second.consume("work", of: "east") {
                rest.append(delivery.event.position)
                try await delivery.ack()
                if rest.count == 13 { break }
            }
            #expect(rest == Array(7..<20))
            let info = try await second.subscriptions(of: "east").first { $0.name == "work" }
            #expect(info?.checkpoint == 20)
            #expect(info?.parked == 1)
            #expect(try await second.replayParked(of: "work", in: "east", nil) == 1)
            try await second.resetCheckpoint(of: "work", in: "east", to: .end)
            try await second.deleteSubscription("work", of: "east")
            await #expect(throws: StoreError.noSuchSubscription(store: "east", subscription: "work")) {
                _ = try await second.consume("work", of: "east")
            }
            second.close()
        }
    }

    @Test("A connection has a limit of subscriptions, which is said, and room again when one has ended")
    func limit() async throws {
        try await withNode(events: 1) { _, client, _ in
            var open: [EventSubscription.Iterator] = []
            for _ in 0..<SubscriptionDesk.maximumFeeds {
                var iterator = try client.subscribe(to: "east", .all).makeAsyncIterator()
                #expect(try await iterator.next()?.position == 0)
                open.append(iterator)
            }
            var more = try client.subscribe(to: "east", .all).makeAsyncIterator()
            await #expect(throws: StoreError.self) { _ = try await more.next() }
            open.removeAll()
            // The node hears of it in its own time.
            var place: Int?
            for _ in 0..<10_000 where place == nil { place = (try? await more.next())?.position }
            #expect(place == 0)
        }
    }
}
