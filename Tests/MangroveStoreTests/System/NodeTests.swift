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

    @Test("A subscriber that stops listening leaves no emitter behind, and a slow one holds up nobody")
    func subscribersComeAndGo() throws {
        try Simulation(seed: 6).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            try await node.gateway.createStore("orders")
            for start in stride(from: 0, to: 6_000, by: 500) {
                let batch = happenings(start..<start + 500)
                _ = try await node.gateway.append(to: "orders", stream: "a", expecting: .any, batch)
            }
            func emitters() -> Int {
                runtime.tree().node(at: "node/stores/orders/core/notification/emitters")?.subtree.count {
                    $0.kind == .worker
                }
                    ?? -1
            }
            var first = try node.gateway.subscribe(to: "orders", .stream("a"), from: 100).makeAsyncIterator()
            #expect(try await first.next()?.version == 100)
            // It takes no more; another one is not kept waiting.
            var count = 0
            for try await event in try node.gateway.subscribe(to: "orders", .all) {
                #expect(event.position == count)
                count += 1
                if count == 6_000 { break }
            }
            try await runtime.sleep(for: .milliseconds(1))
            #expect(emitters() == 1)
            #expect(try await first.next()?.version == 101)
            await node.close()
        }
    }

    @Test("A checkpoint that cannot be written is logged, and the store goes on")
    func checkpointFails() throws {
        let disk = SimulatedDisk(seed: 1)
        try Simulation(seed: 7, disk: disk).run { simulation in
            var settings = NodeSettings.simulated
            settings.store.checkpointEvents = 1
            let runtime = simulation.runtime
            let node = try await Node.open(settings, in: runtime)
            try await node.gateway.createStore("orders")
            let before = runtime.tree().node(at: "node/stores/orders")?.subtree.map(\.process)
            _ = try await node.gateway.append(to: "orders", stream: "a", expecting: .any, happenings(0..<10))
            disk.capacity = disk.usedSpace
            try await runtime.sleep(for: .seconds(120))
            #expect(simulation.logs.events(named: "store.checkpoint.failed").count > 10)
            disk.capacity = nil
            _ = try await node.gateway.append(to: "orders", stream: "a", expecting: .exactly(9), happenings(10..<11))
            let after = runtime.tree().node(at: "node/stores/orders")?.subtree.filter { $0.id != "a" }.map(\.process)
            #expect(after == before)
            await node.close()
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
