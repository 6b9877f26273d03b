import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct MigrationTests {
    private func report(_ operation: NodeOperation) async throws -> MigrationReport {
        guard case .migrated(let report) = try await operation.finished() else {
            throw StoreError.invalid("no report of a migration")
        }
        return report
    }

    /// What must be the same in both stores: all but the places.
    private func content(_ events: [RecordedEvent]) -> [RecordedEvent] {
        events.map { event in
            var event = event
            event.position = 0
            return event
        }
    }

    private func fill(_ gateway: any Gateway, _ numbers: Range<Int>, _ runtime: Runtime) async throws {
        for number in numbers {
            let event = NewEvent(
                id: EventID(high: 9, low: UInt64(number)),
                type: number % 3 == 0 ? "third" : "other",
                data: Array("{ \"n\" : \(number) }".utf8),
                metadata: number % 2 == 0 ? Array("[\(number)]".utf8) : nil,
                tags: number % 5 == 0 ? ["five", "n-\(number)"] : []
            )
            let batch = [
                StreamBatch(stream: "a-\(number % 4)", events: [event]), StreamBatch(stream: "b", events: [event]),
            ]
            _ = try await gateway.append(to: "from", batch)
            try await runtime.sleep(for: .milliseconds(1))
        }
    }

    @Test("Everything that events have is the same in the other store, their times and order included")
    func equal() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            let gateway = node.gateway
            for store in ["from", "to"] { try await gateway.createStore(store) }
            try await fill(gateway, 0..<700, runtime)
            try await runtime.sleep(for: .seconds(100))
            let done = try await report(gateway.migrate(MigrationRequest(from: .store("from"), to: "to")))
            #expect(done == MigrationReport(events: 1_400, next: 1_400))
            let source = try await gateway.readAll(from: "from", start: 0, count: 2_000)
            #expect(try await gateway.readAll(from: "to", start: 0, count: 2_000) == source)
            // Again there is nothing to do, and what is new is copied alone.
            #expect(try await report(gateway.migrate(MigrationRequest(from: .store("from"), to: "to"))).events == 0)
            try await fill(gateway, 700..<702, runtime)
            #expect(try await report(gateway.migrate(MigrationRequest(from: .store("from"), to: "to"))).events == 4)
            #expect(
                try await gateway.readAll(from: "to", start: 1_400, count: 9).map(\.position) == [
                    1_400, 1_401, 1_402, 1_403,
                ]
            )
            // A selection has a place of its own.
            try await gateway.createStore("some")
            let some = MigrationRequest(from: .store("from"), to: "some", streams: "a-*", types: ["third"])
            #expect(try await report(gateway.migrate(some)).events == 234)
            let selected = content(source + (try await gateway.readAll(from: "from", start: 1_400, count: 9)))
                .filter { $0.stream != "b" && $0.type == "third" }.map(\.id)
            #expect(try await gateway.readAll(from: "some", start: 0, count: 999).map(\.id) == selected)
            for request in [
                MigrationRequest(from: .store("from"), to: "none"), MigrationRequest(from: .store("none"), to: "to"),
                MigrationRequest(from: .store("to"), to: "to"),
            ] {
                await #expect(throws: StoreError.self) { try await self.report(gateway.migrate(request)) }
            }
            await node.close()
        }
    }

    @Test(
        "A migration that follows ends up with every event once, in order, whatever crashes on the way",
        arguments: Seeds(100)
    )
    func following(seed: UInt64) throws {
        try Simulation(seed: seed, disk: SimulatedDisk(seed: seed)).run { simulation in
            let runtime = simulation.runtime
            var settings = NodeSettings.simulated
            settings.allowsFaults = true
            let node = try await Node.open(settings, in: runtime)
            let gateway = node.gateway
            for store in ["from", "to"] { try await gateway.createStore(store) }
            let request = MigrationRequest(from: .store("from"), to: "to", follows: true)
            let ended = Lock(false)
            let migrating = runtime.spawn {
                while !ended.withLock({ $0 }) {
                    do {
                        for try await _ in gateway.migrate(request) {}
                    } catch {
                        // Begun again, it goes on from where it was.
                        try? await runtime.sleep(for: .milliseconds(20))
                    }
                }
            }
            let writing = runtime.spawn { try? await fill(gateway, 0..<60, runtime) }
            for round in 0..<6 {
                try await runtime.sleep(for: .milliseconds(Int(runtime.environment.randomness.next() % 30)))
                let targets = [
                    "node/stores/to/core/storage/engine", "node/stores/from/core/storage/engine", "node/operations/*",
                ]
                try? await gateway.crash(targets[Int(seed) % 3 == 0 ? round % 3 : 2], kill: round % 2 == 0)
            }
            await writing.value
            let count = try await gateway.storeStatus("from").events ?? 0
            for _ in 0..<3_000 where try await gateway.storeStatus("to").events != count {
                try await runtime.sleep(for: .milliseconds(10))
            }
            ended.withLock { $0 = true }
            migrating.cancel()
            await migrating.value
            let source = try await gateway.readAll(from: "from", start: 0, count: 999)
            #expect(try await gateway.readAll(from: "to", start: 0, count: 999) == source)
            #expect(source.count == count && count > 20)
            await node.close()
            #expect(runtime.processCount == 0)
        }
    }

    @Test("A power failure at any moment of a migration loses nothing and copies nothing twice", arguments: Seeds(100))
    func powerFailure(seed: UInt64) throws {
        let disk = SimulatedDisk(seed: seed)
        let request = MigrationRequest(from: .store("from"), to: "to")
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            for store in ["from", "to"] { try await node.gateway.createStore(store) }
            for start in stride(from: 0, to: 600, by: 40) {
                let batch = happenings(start..<start + 40)
                _ = try await node.gateway.append(to: "from", stream: "s-\(start % 3)", expecting: .any, batch)
                try await simulation.runtime.sleep(for: .milliseconds(1))
            }
            await node.close()
        }
        var crashes = 0
        for step in [Int(seed % 10), 1, 3] {
            let mounted = disk.mount()
            try Simulation(seed: seed, disk: mounted).run { simulation in
                var settings = NodeSettings.simulated
                settings.store.retryLimit = .zero
                let node = try await Node.open(settings, in: simulation.runtime)
                _ = try await node.gateway.stores()
                disk.crash(after: step, .random)
                _ = try? await report(node.gateway.migrate(request))
                await node.close()
            }
            if !disk.isCrashPlanned { crashes += 1 }
            disk.mend()
        }
        #expect(crashes > 0)
        try Simulation(seed: seed, disk: disk).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            _ = try await report(node.gateway.migrate(request))
            let source = try await node.gateway.readAll(from: "from", start: 0, count: 9_999)
            #expect(source.count == 600)
            #expect(try await node.gateway.readAll(from: "to", start: 0, count: 9_999) == source)
            #expect(try await node.gateway.verify("to").problems == [])
            await node.close()
        }
    }

    @Test("What is asked of a migration, and what it says, travels unchanged")
    func wire() throws {
        let requests = [
            MigrationRequest(from: .store("x"), to: "y"),
            MigrationRequest(from: .node(directory: "/d", store: "x", token: nil), to: "y", follows: true),
            MigrationRequest(
                from: .node(directory: "/d", store: "x", token: "t"),
                to: "y",
                streams: "a-*",
                types: ["t"]
            ),
        ]
        for request in requests {
            let sent = GatewayRequest.operation(.begin(.migrate(request)))
            #expect(try GatewayRequest(decoding: sent.encoded) == sent)
        }
        let batch = RecordedBatch(
            created: Timestamp(microseconds: -1),
            parts: [StreamBatch(stream: "s", expecting: .noStream, events: happenings(0..<2))]
        )
        let append = GatewayRequest.operation(.append(store: "x", [batch, batch]))
        #expect(try GatewayRequest(decoding: append.encoded) == append)
        let replies: [OperationReply] = [
            .appended(position: nil), .appended(position: 3),
            .update(.migrated(MigrationReport(events: 1, erased: 2, next: 3, lag: 4))),
        ]
        for reply in replies {
            #expect(try GatewayReply(decoding: GatewayReply.operation(reply).encoded) == .operation(reply))
        }
    }

    @Test("A token must allow reading what is copied, and appending where it goes")
    func access() {
        let here = GatewayRequest.operation(.begin(.migrate(MigrationRequest(from: .store("x"), to: "y"))))
        #expect(
            here.needs == [
                AccessNeed(.read, stores: .one("x"), streams: .all),
                AccessNeed(.append, stores: .one("y"), streams: .all),
            ]
        )
        let source = MigrationRequest.Source.node(directory: "/d", store: "x", token: nil)
        let elsewhere = GatewayRequest.operation(.begin(.migrate(MigrationRequest(from: source, to: "y"))))
        #expect(elsewhere.needs.first == AccessNeed([.read, .stores], stores: .all, streams: .all))
        let batch = RecordedBatch(created: epoch, parts: [StreamBatch(stream: "s", events: [])])
        let append = GatewayRequest.operation(.append(store: "x", [batch]))
        #expect(append.needs == [AccessNeed([.append, .manage], stores: .one("x"), streams: .one("s"))])
    }
}
