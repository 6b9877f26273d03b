import Mangrove
import MangroveStore
import MangroveTesting
import Testing

@Suite struct SubtreeTests {
    @Test("No process that holds what is derived from an engine outlives it", arguments: Seeds(20), [false, true])
    func nothingOutlivesItsEngine(seed: UInt64, kill: Bool) throws {
        try Simulation(seed: seed).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.faulty, in: runtime)
            try await node.gateway.createStore("east")
            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .any, happenings(0..<1))
            let before = runtime.tree().node(at: "node/stores/east/core")?.subtree ?? []
            try await node.gateway.crash("node/stores/east/core/storage/engine", kill: kill)
            try await runtime.sleep(for: .milliseconds(100))
            let after = Dictionary(
                (runtime.tree().node(at: "node/stores/east/core")?.subtree ?? []).map { ($0.path, $0) },
                uniquingKeysWith: { first, _ in first }
            )
            for old in before where old.path != "node/stores/east/core" {
                guard let new = after[old.path] else {
                    // A writer is only there again when there is something to write.
                    #expect(old.path.contains("/writers/"))
                    continue
                }
                #expect(new.state == .running, "\(old.path)")
                #expect(new.process != old.process, "\(old.path) outlived its engine")
            }
            await node.close()
        }
    }

    @Test("The parts of a store start in the order in which they depend on each other, and stop in reverse")
    func order() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            try await node.gateway.createStore("east")
            let store = try #require(runtime.tree().node(at: "node/stores/east"))
            #expect(store.children.map(\.id.text) == ["pub-sub", "core", "cluster", "gateway"])
            let core = store.children[1]
            #expect(core.children.map(\.id.text) == ["storage", "persistence", "notification"])
            let serials = store.subtree.filter { $0.kind == .worker }.compactMap(\.process?.serial)
            #expect(serials == serials.sorted())
            await node.close()
        }
    }

    @Test("A stream has one writer, which ends when it was idle for long enough and comes back when it is needed")
    func idleWriter() throws {
        try Simulation(seed: 3).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            try await node.gateway.createStore("east")
            func writers() -> [ProcessID] {
                let all = runtime.tree().node(at: "node/stores/east")?.subtree ?? []
                return all.filter { $0.id == "a" }.compactMap(\.process)
            }
            for number in 0..<5 {
                _ = try await node.gateway.append(
                    to: "east",
                    stream: "a",
                    expecting: .any,
                    happenings(number..<number + 1)
                )
                try await runtime.sleep(for: .seconds(6))
            }
            let first = writers()
            #expect(first.count == 1)
            try await runtime.sleep(for: .seconds(11))
            #expect(writers().isEmpty)
            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .exactly(4), happenings(5..<6))
            #expect(writers().count == 1)
            #expect(writers() != first)
            await node.close()
        }
    }

    @Test("Many callers of one stream at once get one writer and each its own version", arguments: Seeds(50))
    func oneWriter(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let runtime = simulation.runtime
            let node = try await Node.open(.simulated, in: runtime)
            try await node.gateway.createStore("east")
            let versions = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<20 {
                    group.addTask {
                        try await node.gateway.append(
                            to: "east",
                            stream: "a",
                            expecting: .any,
                            happenings(number..<number + 1)
                        ).version
                    }
                }
                var versions: [Int] = []
                for try await version in group { versions.append(version) }
                return versions
            }
            #expect(versions.sorted() == Array(0..<20))
            let writers = runtime.tree().node(at: "node/stores/east")?.subtree.filter { $0.id == "a" }
            #expect(writers?.count == 1)
            await node.close()
        }
    }

    @Test(
        "Of two writers that expect the same version one wins, and the other learns the actual one",
        arguments: Seeds(20)
    )
    func optimisticConcurrency(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            try await node.gateway.createStore("east")
            let outcomes = await withTaskGroup(of: String.self) { group in
                for number in 0..<2 {
                    group.addTask {
                        do {
                            let new = happenings(number..<number + 1)
                            _ = try await node.gateway.append(to: "east", stream: "a", expecting: .noStream, new)
                            return "won"
                        } catch StoreError.wrongExpectedVersion(_, .noStream, 0) {
                            return "lost"
                        } catch {
                            return "\(error)"
                        }
                    }
                }
                var outcomes: [String] = []
                for await outcome in group { outcomes.append(outcome) }
                return outcomes
            }
            #expect(outcomes.sorted() == ["lost", "won"])
            await node.close()
        }
    }

    @Test("Bad requests are refused with what is wrong, and change nothing")
    func badRequests() throws {
        try Simulation(seed: 1).run { simulation in
            let node = try await Node.open(.simulated, in: simulation.runtime)
            let gateway = node.gateway
            try await gateway.createStore("east")
            func expectInvalid(_ request: () async throws -> Void, _ line: Int = #line) async {
                do {
                    try await request()
                    Issue.record("line \(line): a bad request was carried out")
                } catch StoreError.invalid(let why) {
                    #expect(!why.isEmpty)
                } catch {
                    Issue.record("line \(line): \(error)")
                }
            }
            let event = happenings(0..<1)[0]
            var noJSON = event
            noJSON.data = Array("{\"a\":}".utf8)
            var noType = event
            noType.type = ""
            for bad in [noJSON, noType] {
                await expectInvalid { _ = try await gateway.append(to: "east", stream: "a", expecting: .any, [bad]) }
            }
            await expectInvalid { _ = try await gateway.append(to: "east", stream: "", expecting: .any, [event]) }
            await expectInvalid {
                _ = try await gateway.append(to: "east", stream: "a", expecting: .exactly(-2), [event])
            }
            await expectInvalid {
                _ = try await gateway.read(from: "east", stream: "a", start: -1, count: 1, direction: .forward)
            }
            await expectInvalid {
                _ = try await gateway.read(from: "east", stream: "a", start: 0, count: 0, direction: .forward)
            }
            await expectInvalid { _ = try await gateway.readAll(from: "east", start: -1, count: 1) }
            await expectInvalid { _ = try gateway.subscribe(to: "east", .all, from: -1) }
            for id in ["", ".", "..", "a/b", ".hidden", String(repeating: "x", count: 65)] {
                await expectInvalid { try await gateway.createStore(id) }
            }
            await #expect(throws: StoreError.noSuchStore("west")) {
                try await gateway.append(to: "west", stream: "a", expecting: .any, [event])
            }
            await #expect(throws: StoreError.noSuchStore("west")) { try await gateway.removeStore("west") }
            await #expect(throws: StoreError.self) { try await gateway.crash("node", kill: false) }
            #expect(try await gateway.readAll(from: "east", start: 0, count: 10).isEmpty)
            await node.close()
        }
    }
}

extension NodeSettings {
    static var faulty: NodeSettings {
        var settings = NodeSettings.simulated
        settings.allowsFaults = true
        return settings
    }
}
