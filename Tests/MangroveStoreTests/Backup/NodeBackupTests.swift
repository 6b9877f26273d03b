import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct NodeBackupTests {
    private func report(_ operation: NodeOperation) async throws -> BackupReport {
        guard case .backedUp(let report) = try await operation.finished() else {
            throw StoreError.invalid("no report of a backup")
        }
        return report
    }

    @Test(
        "A node backs up its stores and restores one beside them, and both are there after a restart",
        arguments: Seeds(20)
    )
    func roundTrip(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            for store in ["billing", "orders"] {
                try await gateway.createStore(store)
                _ = try await gateway.append(to: store, stream: "a", expecting: .any, happenings(0..<30))
            }
            let all = try await gateway.readAll(from: "orders", start: 0, count: 100)
            let report = try await report(gateway.backUp(BackupRequest(to: "/backups")))
            #expect(report.stores.map(\.id) == ["billing", "orders"] && report.stores.map(\.events) == [30, 30])
            _ = try await gateway.append(to: "orders", stream: "a", expecting: .any, happenings(30..<31))
            var updates: [OperationUpdate] = []
            let request = RestoreRequest(from: "/backups", store: "orders", as: "copy")
            for try await update in gateway.restore(request) { updates.append(update) }
            guard case .restored(let restored)? = updates.last else {
                Issue.record("no report: \(updates)")
                return
            }
            #expect(restored.stores == [.init(id: "orders", restoredAs: "copy", events: 30)])
            #expect(try await gateway.readAll(from: "copy", start: 0, count: 100) == all)
            let more = happenings(40..<41)
            #expect(try await gateway.append(to: "copy", stream: "a", expecting: .exactly(29), more).version == 30)
            await #expect(throws: StoreError.storeExists("copy")) { try await gateway.restore(request).finished() }
            await #expect(throws: StoreError.storeExists("billing")) {
                try await gateway.restore(RestoreRequest(from: "/backups")).finished()
            }
            #expect(simulation.logs.events(named: "store.restored").count == 1)
            #expect(simulation.logs.events(named: "store.backed_up").count == 1)
            await node.close()
            await simulation.runtime.shutdown()
            #expect(simulation.runtime.processCount == 0)
        }
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            #expect(try await node.gateway.stores().map(\.events) == [30, 31, 31])
            #expect(try await node.gateway.verify("copy").problems == [])
            await node.close()
        }
    }

    /// A client appends a number to one store, waits for the answer, and then to the other, again and again.
    private func relay(_ gateway: any Gateway, _ runtime: Runtime, until stop: @escaping @Sendable () -> Bool) async {
        var number = -1
        while !stop() {
            number += 1
            // Time stands still while anything can go on.
            try? await runtime.sleep(for: .microseconds(1 + Int(runtime.environment.randomness.next() % 2_000)))
            for store in number % 2 == 0 ? ["first", "second"] : ["second", "first"] {
                // Made again with the same id until it is known to be there.
                while !stop() {
                    do {
                        _ = try await gateway.append(
                            to: store,
                            stream: "relay",
                            expecting: .any,
                            happenings(number..<number + 1)
                        )
                        break
                    } catch {
                        try? await runtime.sleep(for: .milliseconds(5))
                    }
                }
                if stop() { return }
            }
        }
    }

    @Test(
        "Of two stores no backup has an event without those that were durable in the other before it was appended",
        arguments: Seeds(100)
    )
    func consistentAcrossStores(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings.simulated
            settings.store.segmentBytes = 4 << 10
            settings.allowsFaults = true
            let node = try await Node.open(settings, in: runtime)
            let gateway = node.gateway
            for store in ["first", "second"] { try await gateway.createStore(store) }
            let stopped = Lock(false)
            let relaying = runtime.spawn { await relay(gateway, runtime) { stopped.withLock { $0 } } }
            for round in 0..<4 {
                try await runtime.sleep(for: .milliseconds(Int(runtime.environment.randomness.next() % 20)))
                if round == 2, seed % 4 == 0 {
                    try await gateway.crash("node/stores/first/core/storage/engine", kill: seed % 8 == 0)
                }
                let rate = seed % 3 == 0 ? 1_000_000 : nil
                _ = try await report(gateway.backUp(BackupRequest(to: "/backups", bytesPerSecond: rate)))
            }
            stopped.withLock { $0 = true }
            await relaying.value
            await node.close()
        }
        let bench = BackupBench(disk, target: "/backups")
        #expect(try bench.problems() == [])
        for backup in try bench.target.contents().backups {
            try bench.restore(number: backup.number, into: "\(backup.number)")
            // Event n went to the first store before the second if n is even, and the other way round if it is odd; n + 1
            // to either only after n was durable in both.
            let first = try bench.sight(of: "first", in: "\(backup.number)").count
            let second = try bench.sight(of: "second", in: "\(backup.number)").count
            #expect(abs(first - second) <= 1)
            if first != second { #expect((first > second) == (min(first, second) % 2 == 0)) }
        }
    }

    @Test("A backup that nobody waits for any more ends, leaves the backups before it, and does not keep the next out")
    func cancelled() throws {
        let disk = SimulatedDisk(seed: 3)
        try Simulation(seed: 3, disk: disk).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings.simulated
            settings.store.segmentBytes = 64 << 10
            let node = try await Node.open(settings, in: runtime)
            let gateway = node.gateway
            try await gateway.createStore("orders")
            for round in 0..<20 {
                let events = happenings(round * 500..<round * 500 + 500)
                _ = try await gateway.append(to: "orders", stream: "a", expecting: .any, events)
            }
            // At this rate it takes the best part of an hour.
            let slow = BackupRequest(to: "/backups", bytesPerSecond: 100)
            let reading = runtime.spawn {
                do {
                    for try await _ in gateway.backUp(slow) {}
                    Issue.record("the backup was not ended")
                } catch {
                    #expect(error is CancellationError)
                }
            }
            try await runtime.sleep(for: .seconds(60))
            func operations() -> Int {
                runtime.tree().node(at: "node/operations")?.subtree.count { $0.kind == .worker } ?? -1
            }
            #expect(operations() == 1)
            await #expect(throws: StoreError.refused("another backup to '/backups' is under way")) {
                try await report(gateway.backUp(slow))
            }
            reading.cancel()
            await reading.value
            // The piece under way was the last.
            try await runtime.sleep(for: .seconds(1))
            #expect(operations() == 0)
            await #expect(throws: StoreError.self) { try await Backups.check("/backups", in: runtime) }
            let done = try await report(gateway.backUp(BackupRequest(to: "/backups")))
            #expect(done.stores.map(\.events) == [10_000])
            let pinned = node.gateway.node.running.session(of: "orders")?.engine.published.withLock { $0.walkers }
            #expect(pinned == 0)
            // One that is killed says so.
            var updates = gateway.backUp(slow).makeAsyncIterator()
            _ = try await updates.next()
            let worker = try #require(runtime.tree().node(at: "node/operations")?.subtree.first { $0.kind == .worker })
            _ = runtime.crash(at: worker.path, with: InjectedFault(path: worker.path), kill: true)
            await #expect(throws: StoreError.self) { while try await updates.next() != nil {} }
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test("A damaged store is left out of the backup of all, by name, and is the end of one of itself")
    func damagedStore() throws {
        let disk = SimulatedDisk(seed: 4)
        try Simulation(seed: 4, disk: disk).run { simulation in
            var node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["bad", "good"] { try await node.gateway.createStore(store) }
            await node.close()
            try disk.corrupt("/data/bad/manifest", at: 3)
            node = try await Node.open(.simulated, in: simulation.runtime)
            let report = try await report(node.gateway.backUp(BackupRequest(to: "/backups")))
            #expect(report.stores.map(\.id) == ["good"])
            #expect(report.missing.keys.sorted() == ["bad"])
            #expect(report.missing["bad"]?.contains("/data/bad/manifest") == true)
            for stores in [["bad"], ["none"], []] {
                await #expect(throws: StoreError.self) {
                    try await self.report(node.gateway.backUp(BackupRequest(to: "/backups", stores: stores)))
                }
            }
            await node.close()
        }
    }

    @Test("What is asked of operations, and what they say, travels unchanged")
    func wire() throws {
        let moment = Timestamp(microseconds: -5)
        let requests: [OperationRequest] = [
            .backUp(BackupRequest(to: "/b")),
            .backUp(BackupRequest(to: "/b", stores: ["x", ""], bytesPerSecond: 7, keeping: 2)),
            .restore(RestoreRequest(from: "/b")),
            .restore(RestoreRequest(from: "/b", number: 3, store: "x", as: "y", upTo: .position(9))),
            .restore(RestoreRequest(from: "/b", store: "x", upTo: .time(moment))),
        ]
        for call in requests.map({ OperationCall.begin($0) }) + [.next(feed: 3), .close(feed: .max)] {
            let request = GatewayRequest.operation(call)
            #expect(try GatewayRequest(decoding: request.encoded) == request)
        }
        let backup = BackupReport(
            target: "/b",
            number: 3,
            made: moment,
            stores: [.init(id: "x", events: 1, record: 2, bytes: 3)],
            copied: 4,
            missing: ["y": "why"],
            removed: [1, 2]
        )
        let restored = RestoreReport(number: 1, made: moment, stores: [.init(id: "x", restoredAs: "y", events: 2)])
        let updates: [OperationUpdate] = [
            .progress(OperationProgress(subject: "x", done: 1, total: 2)), .backedUp(backup), .restored(restored),
        ]
        for reply in updates.map({ OperationReply.update($0) }) + [.opened(feed: 1), .over] {
            let reply = GatewayReply.operation(reply)
            #expect(try GatewayReply(decoding: reply.encoded) == reply)
        }
        for error in [StoreError.backupDamaged(file: "f", what: "w"), .noSuchBackup("n")] {
            var writer = WireWriter()
            writer.storeError(error)
            var reader = WireReader(writer.bytes)
            #expect(try reader.storeError() == error)
        }
    }

    @Test("A token that may not read and make all stores may not have them backed up or restored")
    func access() {
        let requests: [OperationRequest] = [.backUp(BackupRequest(to: "/b")), .restore(RestoreRequest(from: "/b"))]
        for request in requests {
            let needs = GatewayRequest.operation(.begin(request)).needs
            #expect(needs == [AccessNeed([.read, .stores], stores: .all, streams: .all)])
        }
    }
}
