import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct DurableSubscriptionTests {
    @Test(
        "What is acknowledged is not delivered again after the node is restarted, and everything else is",
        arguments: Seeds(20)
    )
    func checkpointSurvives(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            try await gateway.createSubscription("billing", of: "east", SubscriptionConfiguration())
            _ = try await gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<10))
            let consumer = try await gateway.consume("billing", of: "east")
            var places: [Int] = []
            for try await delivery in consumer {
                places.append(delivery.event.position)
                if delivery.event.position != 3 { try await delivery.ack() }
                if places.count == 7 { break }
            }
            #expect(places == Array(0..<7))
            // Cut off in the middle: the disk keeps what was flushed, and nothing else.
        }
        disk.crash(.dropAll)
        try Simulation(seed: seed + 1_000, disk: disk.mount()).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let consumer = try await node.gateway.consume("billing", of: "east")
            var places: [Int] = []
            for try await delivery in consumer {
                places.append(delivery.event.position)
                try await delivery.ack()
                if places.count == 4 { break }
            }
            #expect(places == [3, 7, 8, 9])
            let info = try await node.gateway.subscriptions(of: "east").first { $0.name == "billing" }
            #expect(info?.checkpoint == 10)
            #expect(info?.lag == 0)
            await node.close()
        }
    }
}
