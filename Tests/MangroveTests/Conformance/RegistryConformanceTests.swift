import Mangrove
import MangroveTesting
import Testing

@Suite("Registries of unique keys") struct RegistryConformanceTests {
    /// Runs `body` with an empty registry of one partition, then with one of eight.
    private func withRegistry(
        _ body: @escaping @Sendable (Registry<String, Int>, Simulation, [Joined]) async throws -> Void
    ) {
        for partitions in [1, 8] {
            withMembers { simulation, members, _ in
                try await body(Registry(partitions: partitions), simulation, members)
            }
        }
    }

    @Test("A registered process is found by its key, and the key by its process (K 185)")
    func register() {
        withRegistry { registry, _, members in
            try registry.register("hello", 1, for: members[0].context)
            let found = registry.lookup("hello", as: Member.self)
            #expect(found?.process == members[0].ref)
            #expect(found?.value == 1)
            #expect(registry.keys(of: members[0].ref) == ["hello"])
            #expect(registry.keys(of: members[1].ref).isEmpty)
            #expect(registry.lookup("hello", as: Stranger.self) == nil)
            #expect(registry.lookup("world", as: Member.self) == nil)
        }
    }

    @Test("A key that is held is refused to everyone, its holder included, and nothing changes (K 186)")
    func taken() {
        withRegistry { registry, _, members in
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
        }
    }

    @Test("Whoever learns of a holder's death finds its keys free (K 189)")
    func freeOnDeath() {
        withRegistry { registry, _, members in
            try registry.register("hello", 1, for: members[0].context)
            let outcome = Lock<(any Error)?>(nil)
            members[0].context.onExit { _ in
                #expect(registry.lookup("hello", as: Member.self) == nil)
                do { try registry.register("hello", 2, for: members[1].context) } catch {
                    outcome.withLock { $0 = error }
                }
            }
            members[0].ref.kill()
            #expect(outcome.withLock { $0 } == nil)
            #expect(registry.find("hello", as: Member.self) == members[1].ref)
        }
    }

    @Test("No question about a registry is answered with the dead (K 190, stricter K 191)")
    func neverTheDead() {
        withRegistry { registry, _, members in
            for member in members { try registry.register("\(member.ref.id)", 1, for: member.context) }
            let dead = members[0].ref
            dead.kill()
            #expect(registry.find("\(dead.id)", as: Member.self) == nil)
            #expect(registry.entry("\(dead.id)") == nil)
            #expect(registry.entries.allSatisfy { !$0.process.isDead })
            #expect(registry.entries.count == 3)
            #expect(registry.count { _ in true } == 3)
            #expect(registry.keys(of: dead).isEmpty)
            #expect(!registry.dispatch("\(dead.id)", as: Member.self) { _, _ in Issue.record("the dead was reached") })
        }
    }

    @Test("When a process ends, however it ends, all its keys are gone and those of others stay (K 192)")
    func cleanUp() {
        withRegistry { registry, simulation, members in
            for (number, member) in members.enumerated() {
                for key in 0..<20 { try registry.register("\(number) \(key)", key, for: member.context) }
            }
            members[0].ref.kill()
            await members[1].ref.stop()
            try members[2].ref.cast { try $0.crash() }
            try await simulation.runtime.quiet()
            #expect(registry.count == 20)
            #expect(registry.keys == (0..<20).map { "3 \($0)" })
            #expect(registry.keys(of: members[3].ref) == (0..<20).map { "3 \($0)" })
        }
    }

    @Test("A process that has ended can register nothing more")
    func zombie() {
        withRegistry { registry, _, members in
            members[0].ref.kill()
            try registry.register("hello", 1, for: members[0].context)
            #expect(registry.count == 0)
            try registry.register("hello", 2, for: members[1].context)
        }
    }

    @Test("Unregistering takes back one's own key only, and an unknown key is fine (K 196)")
    func unregister() {
        withRegistry { registry, _, members in
            try registry.register("hello", 1, for: members[0].context)
            registry.unregister("hello", for: members[1].context)
            registry.unregister("world", for: members[1].context)
            #expect(registry.find("hello", as: Member.self) == members[0].ref)
            registry.unregister("hello", for: members[0].context)
            #expect(registry.count == 0)
            try registry.register("hello", 2, for: members[1].context)
            members[0].ref.kill()
            #expect(registry.find("hello", as: Member.self) == members[1].ref)
        }
    }

    @Test("An owner changes its value; nobody else does, and then the change is not even computed (K 197)")
    func update() {
        withRegistry { registry, _, members in
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
        }
    }

    @Test("Dispatch reaches the holder in the caller, and runs nothing where there is none (K 199, K 200)")
    func dispatch() {
        withRegistry { registry, _, members in
            try registry.register("hello", 7, for: members[0].context)
            var seen: [Int] = []
            #expect(registry.dispatch("hello", as: Member.self) { _, value in seen.append(value) })
            #expect(!registry.dispatch("world", as: Member.self) { _, value in seen.append(value) })
            #expect(seen == [7])
        }
    }

    @Test("A predicate sees the value of exactly the key asked for (K 204)")
    func match() {
        withRegistry { registry, _, members in
            try registry.register("_", 1, for: members[0].context)
            try registry.register("hello", 2, for: members[1].context)
            #expect(registry.entry("_") { $0 == 1 }?.process == AnyRef(members[0].ref))
            #expect(registry.entry("_") { $0 == 2 } == nil)
        }
    }

    @Test("Entries are counted and selected by any of their parts (K 205, K 206)")
    func select() {
        withRegistry { registry, _, members in
            for (number, member) in members.enumerated() {
                try registry.register("key \(number)", number, for: member.context)
            }
            #expect(registry.count == 4)
            #expect(registry.count { $0.value >= 2 } == 2)
            #expect(registry.count { $0.process.id == members[1].ref.id } == 1)
            #expect(registry.select { $0.value.isMultiple(of: 2) ? $0.key : nil } == ["key 0", "key 2"])
        }
    }

    @Test("Unregistering by value takes back one's own matching key only (K 207)")
    func unregisterMatching() {
        withRegistry { registry, _, members in
            try registry.register("hello", 1, for: members[0].context)
            #expect(!registry.unregister("hello", for: members[0].context) { $0 == 2 })
            #expect(!registry.unregister("hello", for: members[1].context) { $0 == 1 })
            #expect(registry.count == 1)
            #expect(registry.unregister("hello", for: members[0].context) { $0 == 1 })
            #expect(registry.count == 0)
        }
    }

    @Test("A listener is told of registrations in order, and not of deaths unless it asks (K 209)")
    func listeners() {
        withRegistry { registry, simulation, members in
            let handler: @Sendable (isolated Member, RegistryEvent<String, Int>) -> Void = { member, event in
                switch event {
                case .registered(let entry): member.note("+\(entry.key) \(entry.value)")
                case .unregistered(let entry): member.note("-\(entry.key)")
                }
            }
            let watch = registry.listen(as: members[0].ref, handler)
            registry.listen(as: members[1].ref, includingEnds: true, handler)
            try registry.register("a", 1, for: members[2].context)
            registry.unregister("a", for: members[2].context)
            try registry.register("a", 2, for: members[2].context)
            members[2].ref.kill()
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == ["+a 1", "-a", "+a 2"])
            #expect(try await members[1].notes == ["+a 1", "-a", "+a 2", "-a"])
            try registry.register("b", 3, for: members[3].context)
            #expect(watch.cancel())
            #expect(!watch.cancel())
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == [])
            #expect(try await members[1].notes == ["+b 3"])
        }
    }

    @Test("The lock of a key goes to one after the other, past those that gave up, threw or were killed (K 214)")
    func locks() {
        withRegistry { registry, simulation, members in
            let journal = Journal()
            @Sendable func enter(_ member: Int, failing: Bool = false, holding: Duration) async throws {
                try await members[member].ref.call(timeout: nil) { actor in
                    try await registry.withLock("hello") {
                        journal.add("in \(member)")
                        try? await actor.spend(holding)
                        if failing { throw Boom() }
                    }
                }
            }
            let runtime = simulation.runtime
            runtime.spawn { try? await enter(0, failing: true, holding: .seconds(1)) }
            try await runtime.quiet()
            runtime.spawn { try? await enter(1, holding: .seconds(1)) }
            try await runtime.quiet()
            runtime.spawn { try? await enter(2, holding: .seconds(1)) }
            try await runtime.quiet()
            runtime.spawn { try? await enter(3, holding: .seconds(1)) }
            try await runtime.quiet()
            #expect(journal.take() == ["in 0"])
            members[1].ref.kill()
            try await runtime.sleep(for: .seconds(1))
            try await runtime.quiet()
            #expect(journal.take() == ["in 2"])
            members[2].ref.kill()
            try await runtime.quiet()
            #expect(journal.take() == ["in 3"])
            try await runtime.sleep(for: .seconds(2))
            try await registry.withLock("hello") { journal.add("in") }
            #expect(journal.take() == ["in"])
        }
    }

    @Test("A name or key taken at the start leads to one process, and a second does not start (K 202)")
    func names() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor { Worker("one", name: "hello", restart: .temporary) { Member($0) } }
            )
            await #expect(throws: SupervisorError.self) {
                try await root.startChild(Worker("two", name: "hello", restart: .temporary) { Member($0) })
            }
            let holder = try simulation.runtime.address("hello", of: Member.self).resolve()
            #expect(try root.child("one", as: Member.self) == holder)
            let rooms = Registry<Int, String>()
            let room: @Sendable (ChildID, String) -> Worker = { id, value in
                Worker(id, restart: .temporary) { context in
                    try rooms.register(7, value, for: context)
                    return Member(context)
                }
            }
            try await root.startChild(room("room", "blue"))
            await #expect(throws: SupervisorError.self) { try await root.startChild(room("other", "red")) }
            #expect(rooms.lookup(7, as: Member.self)?.value == "blue")
            #expect(try await rooms.find(7, as: Member.self)?.call { $0.context.id } == rooms.entry(7)?.process.id)
        }
    }
}
