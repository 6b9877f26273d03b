import Mangrove
import MangroveTesting
import Testing

@Suite("Registries of duplicate keys") struct DuplicateRegistryConformanceTests {
    private func withRegistry(
        _ body: @escaping @Sendable (DuplicateRegistry<String, Int>, Simulation, [Joined]) async throws -> Void
    ) {
        for partitions in [1, 8] {
            withMembers { simulation, members, _ in
                try await body(DuplicateRegistry(partitions: partitions), simulation, members)
            }
        }
    }

    @Test("A process that registers a key twice has it twice (K 187)")
    func twice() {
        withRegistry { registry, _, members in
            registry.register("hello", 1, for: members[0].context)
            registry.register("hello", 2, for: members[0].context)
            registry.register("hello", 3, for: members[1].context)
            #expect(registry.keys(of: members[0].ref) == ["hello", "hello"])
            #expect(registry.count == 3)
            #expect(registry.keys == ["hello"])
            #expect(registry.lookup("hello", as: Member.self).map(\.value) == [1, 2, 3])
            #expect(registry.values(of: "hello", for: members[0].ref) == [1, 2])
        }
    }

    @Test("A dead process is in no answer, and leaves nothing behind (stricter K 191, K 192)")
    func dead() {
        withRegistry { registry, _, members in
            for key in ["a", "b", "c"] {
                for member in members { registry.register(key, 1, for: member.context) }
            }
            members[0].context.onExit { _ in
                #expect(registry.count == 9)
                #expect(registry.lookup("a", as: Member.self).allSatisfy { !$0.process.isDead })
            }
            members[0].ref.kill()
            #expect(registry.entries.count == 9)
            for member in members { member.ref.kill() }
            #expect(registry.count == 0)
            #expect(registry.keys.isEmpty)
            registry.register("a", 1, for: members[0].context)
            #expect(registry.count == 0)
        }
    }

    @Test("Unregistering takes back all one's own entries of a key and no others (K 196)")
    func unregister() {
        withRegistry { registry, _, members in
            for value in 1...3 { registry.register("hello", value, for: members[0].context) }
            registry.register("hello", 4, for: members[1].context)
            registry.register("world", 5, for: members[0].context)
            registry.unregister("hello", for: members[0].context)
            registry.unregister("nothing", for: members[0].context)
            #expect(registry.lookup("hello", as: Member.self).map(\.value) == [4])
            #expect(registry.keys(of: members[0].ref) == ["world"])
        }
    }

    @Test("Unregistering by value takes back one's own matching entries only (K 207)")
    func unregisterMatching() {
        withRegistry { registry, _, members in
            for value in 1...4 { registry.register("hello", value, for: members[value % 2].context) }
            #expect(registry.unregister("hello", for: members[0].context) { $0 > 2 } == 1)
            #expect(registry.lookup("hello", as: Member.self).map(\.value) == [1, 2, 3])
            #expect(registry.unregister("hello", for: members[2].context) { _ in true } == 0)
        }
    }

    @Test("Dispatch runs once with everyone who holds the key, and not at all without (K 199, K 200)")
    func dispatch() {
        withRegistry { registry, _, members in
            for (number, member) in members.enumerated() { registry.register("hello", number, for: member.context) }
            var calls: [[Int]] = []
            registry.dispatch("hello", as: Member.self) { found in calls.append(found.map(\.value)) }
            registry.dispatch("world", as: Member.self) { found in calls.append(found.map(\.value)) }
            registry.dispatch("hello", as: Stranger.self) { _ in calls.append([]) }
            #expect(calls == [[0, 1, 2, 3]])
            #expect(throws: Boom.self) { try registry.dispatch("hello", as: Member.self) { _ in throw Boom() } }
        }
    }

    @Test("Concurrent dispatch waits for all, with no more at once than allowed (K 201)")
    func concurrently() {
        withRegistry { registry, simulation, members in
            for member in members { registry.register("hello", 1, for: member.context) }
            let runtime = simulation.runtime
            let load = Lock((now: 0, most: 0, done: 0))
            let began = runtime.clock.now()
            try await registry.dispatch("hello", as: Member.self, concurrently: 2) { _, _ in
                load.withLock { load in
                    load.now += 1
                    load.most = max(load.most, load.now)
                }
                try await runtime.sleep(for: .seconds(1))
                load.withLock { load in
                    load.now -= 1
                    load.done += 1
                }
            }
            #expect(load.withLock { $0.done } == 4)
            #expect(load.withLock { $0.most } == 2)
            #expect(began.duration(to: runtime.clock.now()) == .seconds(2))
            await #expect(throws: Boom.self) {
                try await registry.dispatch("hello", as: Member.self, concurrently: 4) { _, _ in throw Boom() }
            }
        }
    }

    @Test("Values are matched within exactly one key; entries are counted and selected (K 204, K 205, K 206)")
    func select() {
        withRegistry { registry, _, members in
            for value in 1...4 { registry.register(value < 4 ? "_" : "hello", value, for: members[0].context) }
            #expect(registry.entries(of: "_") { $0 > 1 }.map(\.value) == [2, 3])
            #expect(registry.count { $0.value > 1 } == 3)
            #expect(registry.select { $0.key == "hello" ? $0.value : nil } == [4])
        }
    }

    @Test("Many entries come and go in any order, and the list stays what it should be")
    func churn() {
        for seed in UInt64(0)..<20 {
            withMembers(seeds: seed..<seed + 1) { _, members, _ in
                let registry = DuplicateRegistry<Int, Int>(partitions: 2)
                var random = SeededGenerator(seed: seed)
                var expected: [(key: Int, member: Int, value: Int)] = []
                for step in 0..<400 {
                    let key = Int(random.next() % 3)
                    let member = Int(random.next() % 4)
                    if random.next() % 3 < 2 {
                        registry.register(key, step, for: members[member].context)
                        expected.append((key, member, step))
                    } else {
                        let limit = step - Int(random.next() % 60)
                        registry.unregister(key, for: members[member].context) { $0 < limit }
                        expected.removeAll { $0.key == key && $0.member == member && $0.value < limit }
                    }
                    #expect(
                        registry.lookup(key, as: Member.self).map(\.value)
                            == expected.filter { $0.key == key }.map(\.value)
                    )
                    #expect(registry.count == expected.count)
                    #expect(
                        registry.keys(of: members[member].ref).count == expected.count { $0.member == member }
                    )
                }
            }
        }
    }
}
