import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite("Transactions over stores")
struct TransactionTests {
    private func withStores(
        seed: UInt64 = 1,
        _ body: @escaping @Sendable (LocalGateway, Simulation) async throws -> Void
    ) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.faulty, in: simulation.runtime)
            for store in ["a", "b", "c"] { try await node.gateway.createStore(store) }
            try await body(node.gateway, simulation)
            await node.close()
        }
    }

    private func ids(_ store: String, _ stream: String, _ gateway: LocalGateway) async throws -> [UInt64] {
        try await gateway.read(from: store, stream: stream, start: nil, count: 1_000, direction: .forward).map(\.id.low)
    }

    @Test("What is appended to several stores is in all of them, with the results in the order asked for")
    func appends() throws {
        try withStores { gateway, _ in
            _ = try await gateway.append(to: "b", stream: "s", expecting: .any, happenings(0..<2))
            let results = try await gateway.append(acrossStores: [
                StoreBatch(store: "c", stream: "s", expecting: .noStream, happenings(10..<11)),
                StoreBatch(store: "b", stream: "s", expecting: .exactly(1), happenings(11..<13)),
                StoreBatch(store: "a", stream: "t", happenings(13..<14)),
                StoreBatch(store: "b", stream: "u", happenings(14..<15)),
            ])
            #expect(results.map(\.version) == [0, 3, 0, 0])
            #expect(results.map(\.position) == [0, 3, 0, 4])
            #expect(results.map(\.stream) == ["s", "s", "t", "u"])
            #expect(try await ids("b", "s", gateway) == [0, 1, 11, 12])
            #expect(try await gateway.pendingTransactions().isEmpty)
        }
    }

    @Test(
        "If one store refuses, nothing is appended anywhere and nothing stays locked",
        arguments: [
            StoreBatch(store: "b", stream: "s", expecting: .exactly(5), happenings(20..<21)),
            StoreBatch(store: "c", stream: "s", expecting: .streamExists, happenings(20..<21)),
            StoreBatch(store: "nowhere", stream: "s", happenings(20..<21)),
            StoreBatch(store: "c", stream: "", happenings(20..<21)),
            StoreBatch(store: "c", stream: "gone", happenings(20..<21)),
            StoreBatch(store: "c", stream: "s", expecting: .noStream, []),
        ]
    )
    func refuses(odd: StoreBatch) throws {
        try withStores { gateway, _ in
            try await gateway.deleteStream("gone", in: "c", tombstone: true)
            await #expect(throws: StoreError.self) {
                try await gateway.append(acrossStores: [
                    StoreBatch(store: "a", stream: "s", happenings(10..<11)), odd,
                    StoreBatch(store: "b", stream: "t", happenings(11..<12)),
                ])
            }
            for store in ["a", "b", "c"] { #expect(try await gateway.readAll(from: store, start: 0, count: 9).isEmpty) }
            #expect(try await gateway.pendingTransactions().isEmpty)
            for stream in ["s", "t"] {
                _ = try await gateway.append(to: "a", stream: stream, expecting: .noStream, happenings(0..<1))
                _ = try await gateway.append(to: "b", stream: stream, expecting: .noStream, happenings(0..<1))
            }
        }
    }

    @Test("Made again as it was, it is done once, and answered as the first time")
    func repeats() throws {
        try withStores { gateway, _ in
            let batches = [
                StoreBatch(store: "a", stream: "s", expecting: .noStream, happenings(0..<2)),
                StoreBatch(store: "b", stream: "s", happenings(2..<3)),
            ]
            let first = try await gateway.append(acrossStores: batches)
            _ = try await gateway.append(to: "a", stream: "s", expecting: .any, happenings(7..<8))
            #expect(try await gateway.append(acrossStores: batches) == first)
            #expect(try await ids("a", "s", gateway) == [0, 1, 7])
            #expect(try await ids("b", "s", gateway) == [2])
        }
    }

    @Test("Parts that are there already and parts that are new are answered each for itself", arguments: Seeds(100))
    func mixed(seed: UInt64) throws {
        try withStores(seed: seed) { gateway, simulation in
            var generator = SeededGenerator(seed: seed)
            var known: [StoreBatch] = []
            var next = 0
            for _ in 0..<6 {
                var batches: [StoreBatch] = []
                for _ in 0..<Int.random(in: 2..<6, using: &generator) {
                    if let old = known.randomElement(using: &generator), Bool.random(using: &generator) {
                        batches.append(old)
                        continue
                    }
                    let store = ["a", "b", "c"].randomElement(using: &generator) ?? "a"
                    let stream = "s\(Int.random(in: 0..<3, using: &generator))"
                    batches.append(StoreBatch(store: store, stream: stream, happenings(next..<next + 2)))
                    next += 2
                }
                let results = try await gateway.append(acrossStores: batches)
                known += batches
                for (batch, result) in zip(batches, results) {
                    let events = try await gateway.read(
                        from: batch.store,
                        stream: batch.stream,
                        start: result.version,
                        count: 1,
                        direction: .forward
                    )
                    #expect(events.first?.id == batch.events.last?.id)
                    #expect(events.first?.position == result.position)
                }
                #expect(try await gateway.pendingTransactions().isEmpty)
            }
        }
    }

    @Test("A store that is restored alone forgets transactions that were not over; its copy takes appends")
    func restored() throws {
        try withStores { gateway, simulation in
            simulation.faults.inject(.hang, at: .point("transaction.afterDecision"), of: .anyone)
            let waiting = gateway.runtime.spawn {
                _ = try? await gateway.append(acrossStores: [
                    StoreBatch(store: "a", stream: "s", happenings(0..<1)),
                    StoreBatch(store: "b", stream: "s", happenings(1..<2)),
                ])
            }
            try await simulation.eventually(within: .seconds(5), "it hangs") {
                try await gateway.pendingTransactions().count == 2
            }
            _ = try await gateway.backUp(BackupRequest(to: "/backup")).finished()
            let alone = RestoreRequest(from: "/backup", store: "a", as: "copy")
            _ = try await gateway.restore(alone).finished()
            #expect(try await gateway.pendingTransactions().map(\.store) == ["a", "b"])
            _ = try await gateway.append(to: "copy", stream: "s", expecting: .noStream, happenings(5..<6))
            let id = try #require(try await gateway.pendingTransactions().first?.id)
            try simulation.kill("node/transactions/workers/\(id)")
            await waiting.value
        }
    }

    @Test("Over one store it is an ordinary append, and over none nothing")
    func few() throws {
        try withStores { gateway, _ in
            let results = try await gateway.append(acrossStores: [
                StoreBatch(store: "a", stream: "s", happenings(0..<1)),
                StoreBatch(store: "a", stream: "t", happenings(1..<2)),
            ])
            #expect(results.map(\.position) == [0, 1])
            #expect(try await gateway.append(acrossStores: []).isEmpty)
        }
    }

    @Test(
        "Until it is over nobody else appends to its streams, nor changes what is kept of them; other streams are free"
    )
    func locks() throws {
        try withStores { gateway, simulation in
            simulation.faults.inject(.hang, at: .point("transaction.afterDecision"), of: .anyone)
            let runtime = gateway.runtime
            let waiting = runtime.spawn {
                await #expect(throws: StoreError.self) {
                    try await gateway.append(acrossStores: [
                        StoreBatch(store: "a", stream: "s", happenings(0..<1)),
                        StoreBatch(store: "b", stream: "s", happenings(1..<2)),
                    ])
                }
            }
            try await simulation.eventually(within: .seconds(5), "it hangs") {
                try await gateway.pendingTransactions().count == 2
            }
            let pending = try await gateway.pendingTransactions()
            #expect(pending.map(\.store) == ["a", "b"])
            #expect(pending.map(\.isDecided) == [false, true])
            #expect(pending.map(\.lockedStreams) == [["s"], ["s"]])
            await #expect(throws: StoreError.self) {
                try await gateway.append(to: "a", stream: "s", expecting: .any, happenings(5..<6))
            }
            await #expect(throws: StoreError.self) { try await gateway.truncate("s", in: "b", before: 0) }
            await #expect(throws: StoreError.self) { try await gateway.removeStore("a", erasing: false) }
            _ = try await gateway.append(to: "a", stream: "other", expecting: .any, happenings(5..<6))
            // Whoever killed it gets it done.
            let id = try #require(pending.first?.id)
            try simulation.kill("node/transactions/workers/\(id)")
            try await simulation.eventually(within: .seconds(5), "it is over") {
                try await gateway.pendingTransactions().isEmpty
            }
            #expect(try await ids("a", "s", gateway) == [0])
            #expect(try await ids("b", "s", gateway) == [1])
            await waiting.value
        }
    }

    @Test("While the store that has decided is not to be had, the others keep their promise, however long that takes")
    func patience() throws {
        try withStores { gateway, simulation in
            simulation.faults.inject(.hang, at: .point("transaction.afterDecision"), of: .anyone)
            let waiting = gateway.runtime.spawn {
                await #expect(throws: TransactionWorker.unknown) {
                    try await gateway.append(acrossStores: [
                        StoreBatch(store: "a", stream: "s", happenings(0..<1)),
                        StoreBatch(store: "b", stream: "s", happenings(1..<2)),
                    ])
                }
            }
            try await simulation.eventually(within: .seconds(5), "it hangs") {
                try await gateway.pendingTransactions().count == 2
            }
            let id = try #require(try await gateway.pendingTransactions().first?.id)
            let failing = simulation.faults.failStart(of: "node/stores/b/core/storage/engine", times: 10_000)
            try simulation.kill("node/stores/b/core/storage/engine")
            try simulation.kill("node/transactions/workers/\(id)")
            await waiting.value
            try await gateway.runtime.sleep(for: .seconds(120))
            #expect(try await gateway.pendingTransactions().map(\.store) == ["a"])
            #expect(try await ids("a", "s", gateway).isEmpty)
            simulation.faults.revoke(failing)
            try await simulation.eventually(within: .seconds(120), "it is over") {
                _ = try? await gateway.version(of: "s", in: "b")
                return try await gateway.pendingTransactions().isEmpty
            }
            #expect(try await ids("a", "s", gateway) == [0])
            #expect(try await ids("b", "s", gateway) == [1])
        }
    }

    @Test("One that cannot come to its end can be given up, and its streams are free")
    func abandoned() throws {
        try withStores { gateway, simulation in
            simulation.faults.inject(.hang, at: .point("transaction.beforeDecision"), of: .anyone)
            let waiting = gateway.runtime.spawn {
                _ = try? await gateway.append(acrossStores: [
                    StoreBatch(store: "a", stream: "s", happenings(0..<1)),
                    StoreBatch(store: "b", stream: "s", happenings(1..<2)),
                ])
            }
            try await simulation.eventually(within: .seconds(5), "it hangs") {
                try await gateway.pendingTransactions().count == 1
            }
            let id = try #require(try await gateway.pendingTransactions().first?.id)
            try await gateway.abandonTransaction(id)
            #expect(try await gateway.pendingTransactions().isEmpty)
            _ = try await gateway.append(to: "a", stream: "s", expecting: .noStream, happenings(5..<6))
            await #expect(throws: StoreError.self) { try await gateway.abandonTransaction(id) }
            await waiting.value
            #expect(try await gateway.readAll(from: "b", start: 0, count: 9).isEmpty)
        }
    }

    @Test("Of encrypted streams it keeps nothing in the clear, and they read as they were appended")
    func encrypted() throws {
        try Simulation(seed: 3).run { simulation in
            var settings = NodeSettings.faulty
            let vault = try FileKeyVault(disk: simulation.disk, directory: "/keys")
            settings.encryption = StreamEncryption(cipher: ToyCipher(), vault: vault) { _, _ in true }
            let node = try await Node.open(settings, in: simulation.runtime)
            for store in ["a", "b"] { try await node.gateway.createStore(store) }
            let secret = NewEvent(id: EventID(high: 1, low: 1), type: "t", data: Array("\"plain-text\"".utf8))
            _ = try await node.gateway.append(acrossStores: [
                StoreBatch(store: "a", stream: "s", [secret]), StoreBatch(store: "b", stream: "s", [secret]),
            ])
            for store in ["a", "b"] {
                #expect(try await node.gateway.readAll(from: store, start: 0, count: 2).map(\.data) == [secret.data])
                for name in try simulation.disk.list("/data/\(store)/raft_logs") {
                    let path = "/data/\(store)/raft_logs/\(name)"
                    let bytes = try #require(try simulation.disk.contents(path, limit: 1 << 20))
                    #expect(!String(decoding: bytes, as: UTF8.self).contains("plain-text"))
                }
            }
            await node.close()
        }
    }

    @Test("What a store records of a transaction reads back as it was written, and nothing else does")
    func recorded() throws {
        var sealed = happenings(3..<4)
        sealed[0].isSealed = true
        let transaction = try #require(
            StoreTransaction(
                id: EventID(high: 7, low: 8),
                [
                    StoreBatch(store: "b", stream: "s", expecting: .exactly(4), happenings(0..<2)),
                    StoreBatch(store: "a", stream: "t", expecting: .noStream, sealed),
                ]
            )
        )
        let share = try #require(transaction.share(of: "a"))
        let recorded = RecordedTransaction(transaction, by: "a", promise: share)
        let bytes = try #require(recorded.recorded.value)
        #expect(try RecordedTransaction(bytes) == recorded)
        #expect(!recorded.isDecided)
        #expect(RecordedTransaction(transaction, by: "b", promise: share).isDecided)
        for count in bytes.indices {
            #expect(throws: WireError.self) { try RecordedTransaction(Array(bytes[..<count])) }
        }
    }
}
