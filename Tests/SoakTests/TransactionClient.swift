import Mangrove
import MangroveStore
import MangroveTesting

/// Appends to both stores at once.
struct TransactionClient {
    private let world: World
    private var generator: SeededGenerator

    init(_ world: World, seed: UInt64) {
        self.world = world
        generator = SeededGenerator(seed: seed)
    }

    private mutating func random(_ range: Range<Int>) -> Int { Int.random(in: range, using: &generator) }

    /// Works until the world is stopped, and leaves most of the time to others.
    mutating func work() async {
        while !world.isStopped, !world.hasDamage {
            await transact()
            await world.sleep(random(100..<400))
        }
    }

    mutating func transact() async {
        var batches: [StoreBatch] = []
        for store in World.stores {
            let (stream, events) = ("stream-\(random(0..<3))", world.newEvents(random(1..<3), size: random(0..<80)))
            batches.append(StoreBatch(store: store, stream: stream, events))
        }
        for batch in batches { world.models[batch.store]?.attempt([Self.part(batch)]) }
        world.noteTransaction(batches.compactMap(\.events.first?.id.low))
        var pause = 2
        while !world.isStopped, !world.hasDamage {
            do {
                guard let gateway = world.gateway else { throw StoreError.unavailable(store: "", why: "no power") }
                let results = try await gateway.append(acrossStores: batches)
                for (batch, result) in zip(batches, results) {
                    world.complain(world.models[batch.store]?.acknowledge([Self.part(batch)], [result]))
                }
                return
            } catch StoreError.unavailable, StoreError.outcomeUnknown, StoreError.limitReached {
                // Made again as it was, it is the same transaction.
                await world.sleep(pause)
                pause = min(pause * 2, 400)
            } catch {
                if !world.hasDamage { world.complain("a transaction is answered with \(error)") }
                return
            }
        }
    }

    private static func part(_ batch: StoreBatch) -> StreamBatch {
        StreamBatch(stream: batch.stream, events: batch.events)
    }

    /// Looks at what there is when nobody appends any more: each transaction is done in both stores, or in none.
    static func check(_ world: World, _ gateway: LocalGateway) async throws {
        guard !world.hasDamage else { return }
        try await world.simulation.eventually(within: .seconds(180), "every transaction is over") {
            for store in World.stores { _ = try? await gateway.version(of: "stream-0", in: store) }
            return try await gateway.pendingTransactions().isEmpty
        }
        var present: Set<UInt64> = []
        for store in World.stores {
            present.formUnion(try await gateway.readAll(from: store, start: 0, count: 100_000).map(\.id.low))
        }
        for first in world.transactions where Set(first.map(present.contains)).count != 1 {
            throw ExpectationFailed("a transaction is done by half: \(first.map { ($0, present.contains($0)) })")
        }
    }
}
