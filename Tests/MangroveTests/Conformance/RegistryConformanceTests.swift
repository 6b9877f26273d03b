import Mangrove
import MangroveTesting
import Testing

typealias UniqueKeys = Registry<String, Int>
typealias DuplicateKeys = DuplicateRegistry<String, Int>

/// Runs `body` with two empty registries of one partition each, then with two of eight.
func withRegistries(
    seeds: Range<UInt64> = 0..<8,
    _ body: @escaping @Sendable (UniqueKeys, DuplicateKeys, Simulation, [Joined]) async throws -> Void
) {
    for partitions in [1, 8] {
        withMembers(seeds: seeds) { simulation, members, _ in
            let (unique, duplicate) = (UniqueKeys(partitions: partitions), DuplicateKeys(partitions: partitions))
            try await body(unique, duplicate, simulation, members)
        }
    }
}

@Suite("Registries: holding keys") struct RegistryConformanceTests {
    @Test("A registered process is found by its key, and the key by its process (case 185)")
    func register() {
        withRegistries { registry, _, _, members in
            try registry.register("hello", 1, for: members[0].context)
            let found = registry.lookup("hello", as: Member.self)
            #expect(found?.process == members[0].ref)
            #expect(found?.value == 1)
            #expect(registry.keys(of: members[0].ref) == ["hello"])
            #expect(registry.keys(of: members[1].ref).isEmpty)
            #expect(registry.value(of: "hello", for: members[0].ref) == 1)
            #expect(registry.value(of: "hello", for: members[1].ref) == nil)
            #expect(registry.lookup("hello", as: Stranger.self) == nil)
            #expect(registry.lookup("world", as: Member.self) == nil)
        }
    }

    @Test("A unique key that is held is refused to everyone, its holder included, and nothing changes (case 186)")
    func taken() {
        withRegistries { registry, _, _, members in
            try registry.register("hello", 1, for: members[0].context)
            for member in members[...1] {
                #expect(throws: RegistryError.alreadyRegistered(members[0].ref.id)) {
                    try registry.register("hello", 2, for: member.context)
                }
            }
            #expect(registry.lookup("hello", as: Member.self)?.value == 1)
            #expect(registry.count == 1)
            #expect(registry.keys(of: members[1].ref).isEmpty)
            #expect(registry.keys(of: members[0].ref) == ["hello"])
            registry.unregister("hello", for: members[0].context)
            #expect(registry.count == 0)
            #expect(registry.keys(of: members[0].ref).isEmpty)
        }
    }

    @Test("A process that registers a duplicate key twice has it twice (case 187)")
    func twice() {
        withRegistries { _, registry, _, members in
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

    @Test("Whoever learns of a holder's death can take its key at once (case 189)")
    func freeOnDeath() {
        withRegistries { registry, _, _, members in
            try registry.register("hello", 1, for: members[0].context)
            let outcome = Lock<(any Error)?>(nil)
            members[0].context.onExit { _ in
                do { try registry.register("hello", 2, for: members[1].context) } catch {
                    outcome.withLock { $0 = error }
                }
            }
            members[0].ref.kill()
            #expect(outcome.withLock { $0 } == nil)
            #expect(registry.find("hello", as: Member.self) == members[1].ref)
        }
    }

    @Test("Whoever learns of a holder's death finds nobody under its key or its name (case 190)")
    func nobodyOnDeath() {
        withRegistries { registry, _, simulation, members in
            try registry.register("hello", 1, for: members[0].context)
            let address = registry.address("hello", of: Member.self)
            #expect(try address.resolve() == members[0].ref)
            let told = Lock(false)
            members[0].context.onExit { _ in
                #expect(registry.find("hello", as: Member.self) == nil)
                #expect(throws: CallError.self) { try address.resolve() }
                told.withLock { $0 = true }
            }
            members[0].ref.kill()
            #expect(told.withLock { $0 })
        }
    }

    @Test("No question about a registry is answered with the dead, not even while its death is being told (case 191)")
    func neverTheDead() {
        withRegistries { unique, duplicate, _, members in
            for member in members {
                try unique.register("\(member.ref.id)", 1, for: member.context)
                for key in ["a", "b"] { duplicate.register(key, 1, for: member.context) }
            }
            let dead = members[0].ref
            let looks = Lock(0)
            let look: @Sendable () -> Void = {
                #expect(unique.find("\(dead.id)", as: Member.self) == nil)
                #expect(unique.entry("\(dead.id)") == nil)
                #expect(unique.entries.map(\.process.id) == members[1...].map(\.ref.id))
                #expect(unique.count { _ in true } == 3)
                #expect(unique.count == 3)
                #expect(unique.keys(of: dead).isEmpty)
                #expect(
                    !unique.dispatch("\(dead.id)", as: Member.self) { _, _ in Issue.record("the dead was reached") }
                )
                #expect(duplicate.lookup("a", as: Member.self).map(\.process) == members[1...].map(\.ref))
                #expect(duplicate.entries(of: "b").count == 3)
                #expect(duplicate.entries.count == 6)
                #expect(duplicate.count == 6)
                #expect(duplicate.keys(of: dead).isEmpty)
                looks.withLock { $0 += 1 }
            }
            members[0].context.onExit { _ in look() }
            dead.kill()
            look()
            #expect(looks.withLock { $0 } == 2)
        }
    }

    @Test("When a process ends, however it ends, all its keys are gone and those of others stay (case 192)")
    func cleanUp() {
        withRegistries { unique, duplicate, simulation, members in
            for (number, member) in members.enumerated() {
                for key in 0..<20 {
                    try unique.register("\(number) \(key)", key, for: member.context)
                    duplicate.register("\(key)", number, for: member.context)
                }
            }
            members[0].ref.kill()
            await members[1].ref.stop()
            try members[2].ref.cast { try $0.crash() }
            try await simulation.runtime.quiet()
            #expect(unique.count == 20)
            #expect(unique.keys == (0..<20).map { "3 \($0)" })
            #expect(unique.keys(of: members[3].ref) == (0..<20).map { "3 \($0)" })
            #expect(duplicate.count == 20)
            #expect(duplicate.entries.allSatisfy { $0.value == 3 })
        }
    }

    @Test("A process holds on to a registry while it has a key of it, and to nothing after the last (case 194)")
    func hold() {
        withMembers { _, members, _ in
            for left in [0, 1] {
                var registry: UniqueKeys? = UniqueKeys()
                var duplicate: DuplicateKeys? = DuplicateKeys()
                weak let held = registry
                weak let heldToo = duplicate
                for key in ["a", "b"] {
                    try registry?.register(key, 1, for: members[left].context)
                    duplicate?.register(key, 1, for: members[left].context)
                }
                for key in ["a", "b"].dropLast(left) {
                    registry?.unregister(key, for: members[left].context)
                    duplicate?.unregister(key, for: members[left].context)
                }
                registry = nil
                duplicate = nil
                #expect((held != nil) == (left == 1))
                #expect((heldToo != nil) == (left == 1))
                members[left].ref.kill()
                #expect(held == nil)
                #expect(heldToo == nil)
            }
        }
    }

    @Test("Nothing that goes wrong in the use of a registry ends those registered in it (case 195)")
    func failures() {
        withRegistries { unique, duplicate, simulation, members in
            for (number, member) in members.enumerated() {
                try unique.register("\(number)", 1, for: member.context)
                duplicate.register("all", 1, for: member.context)
            }
            unique.listen(as: members[3].ref) { _, _ in throw Boom() }
            for number in 0..<3 {
                #expect(throws: Boom.self) {
                    try unique.dispatch("\(number)", as: Member.self) { _, _ in throw Boom() }
                }
                #expect(throws: Boom.self) { try unique.entry("\(number)") { _ in throw Boom() } }
            }
            #expect(throws: Boom.self) { try duplicate.dispatch("all", as: Member.self) { _ in throw Boom() } }
            #expect(throws: Boom.self) { try unique.select { _ -> Int? in throw Boom() } }
            await #expect(throws: Boom.self) { try await unique.withLock("0") { throw Boom() } }
            unique.unregister("0", for: members[0].context)
            try await simulation.runtime.quiet()
            #expect(members.map(\.ref.isDead) == [false, false, false, true])
        }
    }

    @Test("Unregistering takes back one's own entries of a key only, and an unknown key is fine (case 196)")
    func unregister() {
        withRegistries { unique, duplicate, _, members in
            try unique.register("hello", 1, for: members[0].context)
            unique.unregister("hello", for: members[1].context)
            unique.unregister("world", for: members[1].context)
            #expect(unique.find("hello", as: Member.self) == members[0].ref)
            unique.unregister("hello", for: members[0].context)
            #expect(unique.count == 0)
            try unique.register("hello", 2, for: members[1].context)
            for value in 1...3 { duplicate.register("hello", value, for: members[0].context) }
            duplicate.register("hello", 4, for: members[1].context)
            duplicate.register("world", 5, for: members[0].context)
            duplicate.unregister("hello", for: members[0].context)
            duplicate.unregister("nothing", for: members[0].context)
            #expect(duplicate.lookup("hello", as: Member.self).map(\.value) == [4])
            #expect(duplicate.keys(of: members[0].ref) == ["world"])
            members[0].ref.kill()
            #expect(unique.find("hello", as: Member.self) == members[1].ref)
            #expect(duplicate.count == 1)
        }
    }

    @Test("An owner changes its value; nobody else does, and then the change is not even computed (case 197)")
    func update() {
        withRegistries { registry, _, _, members in
            try registry.register("hello", 1, for: members[0].context)
            let change = try registry.update("hello", for: members[0].context) { $0 + 10 }
            #expect(change.new == 11)
            #expect(change.old == 1)
            #expect(registry.lookup("hello", as: Member.self)?.value == 11)
            let ran = Lock(false)
            for (key, member) in [("hello", members[1]), ("world", members[0])] {
                #expect(throws: NotRegistered()) {
                    try registry.update(key, for: member.context) { value in
                        ran.withLock { $0 = true }
                        return value
                    }
                }
            }
            #expect(!ran.withLock { $0 })
            #expect(registry.lookup("hello", as: Member.self)?.value == 11)
        }
    }

    @Test("A process that has ended can register nothing more")
    func zombie() {
        withRegistries { unique, duplicate, _, members in
            members[0].ref.kill()
            try unique.register("hello", 1, for: members[0].context)
            duplicate.register("hello", 1, for: members[0].context)
            #expect(unique.count == 0)
            #expect(duplicate.count == 0)
            try unique.register("hello", 2, for: members[1].context)
        }
    }

    @Test("What is noted on a registry itself is there for everyone who has it, until it is taken back")
    func notes() {
        enum Limit: RegistryNote { typealias Value = Int }
        enum Owner: RegistryNote { typealias Value = String }
        withRegistries { unique, duplicate, _, _ in
            for notes in [unique.notes, duplicate.notes] {
                #expect(notes.get(Limit.self) == nil)
                notes.set(Limit.self, 7)
                notes.set(Owner.self, "ann")
                notes.set(Limit.self, 8)
                #expect(notes.get(Limit.self) == 8)
                #expect(notes.get(Owner.self) == "ann")
                notes.remove(Limit.self)
                notes.remove(Limit.self)
                #expect(notes.get(Limit.self) == nil)
                #expect(notes.get(Owner.self) == "ann")
            }
        }
    }
}
