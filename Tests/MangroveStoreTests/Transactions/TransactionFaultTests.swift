import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

/// What a run's clients have asked for, and what they were told.
private final class TransactionLedger: Sendable {
    enum Told { case nothing, done, refused }

    private let state = Lock<[UInt64: (batches: [StoreBatch], told: Told)]>([:])
    private let events = Lock<UInt64>(0)

    func newEvents(_ count: Int) -> [NewEvent] {
        (0..<count).map { _ in
            let number = events.withLock { number in
                number += 1
                return number
            }
            return NewEvent(id: EventID(high: 1, low: number), type: "t", data: Array("\(number)".utf8))
        }
    }

    func note(_ batches: [StoreBatch], _ told: Told) {
        guard let key = batches.first?.events.first?.id.low else { return }
        state.withLock { $0[key] = (batches, told) }
    }

    var all: [(batches: [StoreBatch], told: Told)] { state.withLock { Array($0.values) } }
}

@Suite("Transactions over stores when things fail")
struct TransactionFaultTests {
    private static let stores = ["a", "b", "c"]

    /// One client: transactions over some of the stores and single appends, on few streams, so that they meet.
    private static func work(_ node: @Sendable () -> LocalGateway?, _ ledger: TransactionLedger, _ seed: UInt64) async {
        var generator = SeededGenerator(seed: seed)
        for _ in 0..<12 {
            guard let gateway = node() else { return }
            let count = Int.random(in: 1...3, using: &generator)
            let batches = stores.shuffled(using: &generator).prefix(count).map { store in
                StoreBatch(
                    store: store,
                    stream: "s\(Int.random(in: 0..<2, using: &generator))",
                    expecting: Int.random(in: 0..<8, using: &generator) == 0 ? .noStream : .any,
                    ledger.newEvents(Int.random(in: 1..<3, using: &generator))
                )
            }
            ledger.note(batches, .nothing)
            do {
                _ = try await gateway.append(acrossStores: batches)
                ledger.note(batches, .done)
            } catch StoreError.outcomeUnknown {
                continue
            } catch is StoreError {
                ledger.note(batches, .refused)
            } catch {
                // The power is gone.
                return
            }
        }
    }

    private static func nemesis(_ machine: SimulatedNode, _ simulation: Simulation, _ seed: UInt64) async throws {
        var generator = SeededGenerator(seed: seed)
        let points = ["transaction.beforeDecision", "transaction.afterDecision", "transaction.beforeEnd"]
        for _ in 0..<6 {
            try await simulation.runtime.sleep(for: .milliseconds(Int.random(in: 1..<30, using: &generator)))
            switch Int.random(in: 0..<6, using: &generator) {
            case 0, 1:
                let point = points.randomElement(using: &generator) ?? ""
                simulation.faults.inject(
                    Bool.random(using: &generator) ? .crash : .kill,
                    at: .point(point),
                    of: .anyone
                )
            case 2:
                let store = stores.randomElement(using: &generator) ?? ""
                try? simulation.kill("n:node/stores/\(store)/core/storage/engine")
            case 3:
                let store = stores.randomElement(using: &generator) ?? ""
                try? simulation.crash("n:node/stores/\(store)")
            case 4: try? simulation.kill("n:node/transactions/keeper")
            default: try? simulation.kill("n:node/transactions/workers")
            }
        }
    }

    @Test("Whatever fails, every transaction happens in all its stores or in none", arguments: Seeds(60))
    func allOrNothing(seed: UInt64) throws {
        let simulation = Simulation(seed: seed, stepLimit: 200_000)
        let machine = simulation.node("n")
        let ledger = TransactionLedger()
        try simulation.run { simulation in
            let current = Lock<Node?>(nil)
            let gateway: @Sendable () -> LocalGateway? = { current.withLock { $0?.gateway } }
            func open() async throws {
                let node = try await Node.open(.faulty, in: machine.powerOn())
                current.withLock { $0 = node }
            }
            try await open()
            for store in Self.stores { try await gateway()?.createStore(store) }
            for life in 0..<3 {
                let clients = (0..<3).map { number in
                    machine.runtime.spawn {
                        await Self.work(gateway, ledger, seed &* 16 &+ UInt64(life * 3 + number))
                    }
                }
                try await Self.nemesis(machine, simulation, seed &+ UInt64(life))
                if life < 2 {
                    current.withLock { $0 = nil }
                    machine.powerOff(.random)
                    try await open()
                } else {
                    simulation.faults.revokeAll()
                    for client in clients { await client.value }
                }
            }
            let last = try #require(gateway())
            try await simulation.eventually(within: .seconds(300), "every transaction is over") {
                for store in Self.stores { _ = try await last.version(of: "s0", in: store) }
                return try await last.pendingTransactions().isEmpty
            }
            try await Self.check(last, ledger)
            for store in Self.stores {
                for stream in ["s0", "s1"] {
                    _ = try await last.append(to: store, stream: stream, expecting: .any, ledger.newEvents(1))
                }
            }
            await current.withLock { $0 }?.close()
        }
    }

    private static func check(_ gateway: LocalGateway, _ ledger: TransactionLedger) async throws {
        var found: [String: [UInt64: Int]] = [:]
        for store in stores {
            for event in try await gateway.readAll(from: store, start: 0, count: 10_000) {
                found[store, default: [:]][event.id.low, default: 0] += 1
            }
        }
        for (batches, told) in ledger.all {
            let counts = batches.flatMap { batch in batch.events.map { found[batch.store]?[$0.id.low] ?? 0 } }
            let expected = Set(counts)
            #expect(expected.count == 1, "\(batches) by half: \(counts)")
            #expect(expected.isSubset(of: [0, 1]), "\(batches) more than once: \(counts)")
            switch told {
            case .done: #expect(expected == [1], "\(batches) was acknowledged")
            case .refused: #expect(expected == [0], "\(batches) was refused")
            case .nothing: break
            }
        }
    }
}
