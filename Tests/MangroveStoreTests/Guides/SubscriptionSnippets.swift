import Mangrove
import MangroveStore
import MangroveTesting
import Testing

/// The code of the guides to subscriptions and projections, compiled and run.
@Suite struct SubscriptionSnippets {
    private static func append(_ type: String, _ data: String, _ number: UInt64, to gateway: any Gateway) async throws {
        let event = NewEvent(id: EventID(high: 8, low: number), type: type, data: Array(data.utf8), tags: ["web"])
        _ = try await gateway.append(to: "orders", stream: "order-\(number)", expecting: .any, [event])
    }

    /// Runs a snippet that would go on for ever, for a while.
    private static func forAWhile(
        _ simulation: Simulation,
        _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let failure = Lock<(any Error)?>(nil)
        let task = simulation.runtime.spawn {
            do { try await body() } catch { failure.withLock { $0 = error } }
        }
        try await simulation.runtime.sleep(for: .seconds(1))
        task.cancel()
        await task.value
        if let error = failure.withLock({ $0 }) { throw error }
    }

    private func print(_ items: Any...) {}

    private func charge(_ event: RecordedEvent) async throws {}

    @Test("What the guide to subscriptions shows works")
    func subscriptions() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")
            for number in 0..<5 {
                let data = "{\"customer\":{\"id\":\(number % 2),\"country\":\"BE\"}}"
                try await Self.append(number == 4 ? "order-paid" : "order-placed", data, UInt64(number), to: gateway)
            }
            try await Self.forAWhile(simulation) {
                for try await event in try gateway.subscribe(to: "orders", .typePrefix("order-")) {
                    print(event.stream, event.version, event.type)
                }
            }
            try await Self.forAWhile(simulation) {
                for try await element in try gateway.subscribe(to: "orders", .all, from: .end).elements {
                    switch element {
                    case .event(let event): print(event.type)
                    case .caughtUp: print("what comes now has just been committed")
                    case .fellBehind: print("what comes now is older, until it has caught up")
                    }
                }
            }
            let belgian = try JSONPattern("{\"customer\": {\"country\": \"BE\"}}")
            let paid = EventPattern(type: "order-paid", tags: ["web"], data: belgian)
            let all = try await gateway.readAll(from: "orders", start: 0, count: 10)
            #expect(all.filter { paid.matches($0) }.map(\.position) == [4])
            try await Self.forAWhile(simulation) {
                let placed = SubscriptionConfiguration(.type("order-placed"))
                try await gateway.createSubscription("billing", of: "orders", placed)
                let consumer = try await gateway.consume("billing", of: "orders")
                for try await delivery in consumer {
                    try await charge(delivery.event)
                    try await delivery.ack()
                }
            }
            for parked in try await gateway.parkedEvents(of: "billing", in: "orders") {
                print(parked.place, parked.reason)
            }
            _ = try await gateway.replayParked(of: "billing", in: "orders", nil)
            let perCustomer = SubscriptionConfiguration(.all, partitionBy: .data(try JSONField("customer.id")))
            try await gateway.createSubscription("mail", of: "orders", perCustomer)
            let infos = try await gateway.subscriptions(of: "orders")
            #expect(infos.map(\.name) == ["all-events", "billing", "mail"])
            #expect(infos.map(\.checkpoint) == [0, 5, 0])
            await node.close()
        }
    }

    private func addingCurrency(to data: [UInt8]) throws -> [UInt8] {
        Array(data.dropLast()) + Array(",\"currency\":\"EUR\"}".utf8)
    }

    @Test("What the guide to projections shows works")
    func projections() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings.simulated
            settings.upcasters = Upcasters().upcasting("order-placed") { event in
                var event = event
                event.type = "order-placed-2"
                event.data = try addingCurrency(to: event.data)
                return event
            }
            #expect(settings.projections.isEmpty)
            settings.upcasters = Upcasters()
            let customer = try JSONField("customer")
            let open = Projection("open", of: "shop", partitionBy: .data(customer), initial: 0) { count, event in
                switch event.type {
                case "order-placed": count += 1
                case "order-closed": count -= 1
                default: break
                }
            }
            settings.projections = [open]
            let node = try await Node.open(settings, in: runtime)
            try await node.gateway.createStore("shop")
            for (number, type) in ["order-placed", "order-placed", "order-closed", "order-seen"].enumerated() {
                let data = Array("{\"customer\":\"ann\",\"amount\":1.5,\"date\":\"d\(number)\"}".utf8)
                let event = NewEvent(id: EventID(high: 3, low: UInt64(number)), type: type, data: data)
                _ = try await node.gateway.append(to: "shop", stream: "s\(number)", expecting: .any, [event])
            }
            let spent = try JSONField("amount")
            let totals = Aggregate(
                .type("order-placed"),
                partitionBy: .data(customer),
                fields: ["n": .count, "spent": .sum(spent), "last": .overwrite(try JSONField("date"))]
            )
            try await node.gateway.createAggregate("totals", of: "shop", totals)
            try await runtime.sleep(for: .seconds(1))
            let state = try await node.gateway.projectedState(of: "open", in: "shop", key: "ann")
            #expect(state == Array("1".utf8))
            let total = try await node.gateway.projectedState(of: "totals", in: "shop", key: "ann")
            #expect(total == Array("{\"last\":\"d1\",\"n\":2,\"spent\":3}".utf8))
            await node.close()
        }
    }
}
