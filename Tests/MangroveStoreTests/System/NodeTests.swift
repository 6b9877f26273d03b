import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct NodeTests {
    @Test("Stores created at run time take events, give them back, and are there after a restart", arguments: Seeds(20))
    func lifecycle(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")
            try await gateway.createStore("billing")
            await #expect(throws: StoreError.storeExists("orders")) { try await gateway.createStore("orders") }
            let first = try await gateway.append(to: "orders", stream: "a", expecting: .noStream, happenings(0..<3))
            #expect(first == AppendResult(stream: "a", version: 2, position: 2))
            let second = try await gateway.append(to: "orders", stream: "b", expecting: .any, happenings(3..<4))
            #expect(second == AppendResult(stream: "b", version: 0, position: 3))
            await node.close()
            await simulation.runtime.shutdown()
            #expect(simulation.runtime.processCount == 0)
        }
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            #expect(try await node.gateway.stores().map(\.id) == ["billing", "orders"])
            let all = try await node.gateway.readAll(from: "orders", start: 0, count: 10)
            #expect(all.map(\.position) == [0, 1, 2, 3])
            #expect(all.map(\.stream) == ["a", "a", "a", "b"])
            #expect(try await node.gateway.readAll(from: "billing", start: 0, count: 10).isEmpty)
            await node.close()
        }
    }

    @Test("A subscription follows the store from its start to what is committed later, across a crash of the engine")
    func subscription() throws {
        try Simulation(seed: 5).run { simulation in
            var settings = NodeSettings.simulated
            settings.allowsFaults = true
            let node = try await Node.open(settings, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")
            _ = try await gateway.append(to: "orders", stream: "a", expecting: .any, happenings(0..<600))
            let received = Received()
            let subscription = try gateway.subscribe(to: "orders", .all)
            let reading = simulation.runtime.spawn {
                do {
                    for try await event in subscription { received.add(event.position) }
                } catch {
                    received.fail(error)
                }
            }
            try await received.wait(for: 600, in: simulation.runtime)
            try await gateway.crash("node/stores/orders/core/storage/engine", kill: false)
            _ = try await gateway.append(to: "orders", stream: "b", expecting: .any, happenings(600..<700))
            try await received.wait(for: 700, in: simulation.runtime)
            #expect(received.positions == Array(0..<700))
            reading.cancel()
            await reading.value
            await node.close()
            #expect(simulation.runtime.processCount == 0)
        }
    }
}

final class Received: Sendable {
    private let state = Lock<(positions: [Int], error: String?)>(([], nil))

    func add(_ position: Int) { state.withLock { $0.positions.append(position) } }

    func fail(_ error: any Error) { state.withLock { $0.error = "\(error)" } }

    var positions: [Int] { state.withLock { $0.positions } }

    func wait(for count: Int, in runtime: Runtime) async throws {
        for _ in 0..<10_000 {
            let (received, error) = state.withLock { ($0.positions.count, $0.error) }
            if let error { throw StoreError.invalid(error) }
            if received >= count { return }
            try await runtime.sleep(for: .milliseconds(10))
        }
        throw StoreError.invalid("only \(positions.count) of \(count) events came")
    }
}

extension NodeSettings {
    static var simulated: NodeSettings { NodeSettings(dataDirectory: "/data", owner: "1") }
}

func happenings(_ numbers: Range<Int>) -> [NewEvent] {
    numbers.map { number in
        NewEvent(id: EventID(high: 1, low: UInt64(number)), type: "happened", data: Array("{\"n\":\(number)}".utf8))
    }
}
