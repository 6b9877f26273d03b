import Mangrove
import MangroveTesting
import Testing

@Suite("Registries of duplicate keys") struct DuplicateRegistryConformanceTests {
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

    @Test("Whoever has registered nothing any more leaves nothing behind, and those that end last empty the registry")
    func empty() {
        withRegistries { _, registry, _, members in
            for key in ["a", "b", "c"] {
                for member in members { registry.register(key, 1, for: member.context) }
            }
            for member in members { member.ref.kill() }
            #expect(registry.count == 0)
            #expect(registry.keys.isEmpty)
        }
    }
}
