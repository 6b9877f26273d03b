import Mangrove
import MangroveTesting
import Testing

@Suite("Registries: looking, dispatching, listening") struct RegistryReadingConformanceTests {
    @Test("Dispatch on a key that nobody holds runs nothing (case 199)")
    func dispatchNobody() {
        withRegistries { unique, duplicate, _, members in
            try unique.register("hello", 7, for: members[0].context)
            duplicate.register("hello", 7, for: members[0].context)
            #expect(!unique.dispatch("world", as: Member.self) { _, _ in Issue.record("it ran") })
            #expect(!unique.dispatch("hello", as: Stranger.self) { _, _ in Issue.record("it ran") })
            duplicate.dispatch("world", as: Member.self) { _ in Issue.record("it ran") }
            duplicate.dispatch("hello", as: Stranger.self) { _ in Issue.record("it ran") }
            try await duplicate.dispatch("world", as: Member.self, concurrently: 2) { _, _ in
                Issue.record("it ran")
            }
        }
    }

    @Test("Dispatch runs once, in the caller, with everyone who holds the key and their values (case 200)")
    func dispatch() {
        withRegistries { unique, duplicate, _, members in
            try unique.register("hello", 7, for: members[0].context)
            for (number, member) in members.enumerated() { duplicate.register("hello", number, for: member.context) }
            // Not sendable: what runs, runs here.
            var seen: [(Ref<Member>, Int)] = []
            #expect(unique.dispatch("hello", as: Member.self) { process, value in seen.append((process, value)) })
            #expect(seen.map(\.0) == [members[0].ref])
            #expect(seen.map(\.1) == [7])
            var calls: [[Int]] = []
            duplicate.dispatch("hello", as: Member.self) { found in
                #expect(found.map(\.process) == members.map(\.ref))
                calls.append(found.map(\.value))
            }
            #expect(calls == [[0, 1, 2, 3]])
        }
    }

    @Test("Concurrent dispatch runs beside the caller and waits for all, no more at once than allowed (case 201)")
    func concurrently() {
        withRegistries { _, registry, simulation, members in
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

    @Test(
        "A key or name taken at the start leads to its process, with its value, and a second one does not start (case 202)"
    )
    func starts() {
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
                Worker(id) { context in
                    try rooms.register(7, value, for: context)
                    return Member(context)
                }
            }
            let address = rooms.address(7, of: Member.self)
            #expect(throws: CallError.self) { try address.resolve() }
            try await root.startChild(room("room", "blue"))
            let first = try address.resolve()
            do {
                try await root.startChild(room("other", "red"))
                Issue.record("it started")
            } catch SupervisorError.startFailed("other", let error) {
                #expect(error as? RegistryError == .alreadyRegistered(first.id))
            }
            #expect(rooms.lookup(7, as: Member.self)?.value == "blue")
            #expect(try await address.call { $0.context.id } == first.id)
            #expect(throws: CallError.self) { try rooms.address(7, of: Stranger.self).resolve() }
            first.kill()
            try await simulation.runtime.quiet()
            #expect(try address.resolve() != first)
        }
    }

    @Test("A predicate sees the values of exactly the key asked for, whatever the key looks like (case 204)")
    func match() {
        withRegistries { unique, duplicate, _, members in
            try unique.register("_", 1, for: members[0].context)
            try unique.register("hello", 2, for: members[1].context)
            #expect(unique.entry("_") { $0 == 1 }?.process == AnyRef(members[0].ref))
            #expect(unique.entry("_") { $0 == 2 } == nil)
            for value in 1...4 { duplicate.register(value < 4 ? "_" : "hello", value, for: members[0].context) }
            #expect(duplicate.entries(of: "_") { $0 > 1 }.map(\.value) == [2, 3])
        }
    }

    @Test("Entries are counted, all of them or those that are wanted (case 205)")
    func counts() {
        withRegistries { unique, duplicate, _, members in
            for (number, member) in members.enumerated() {
                try unique.register("key \(number)", number, for: member.context)
                duplicate.register("key", number, for: member.context)
            }
            #expect(unique.count == 4)
            #expect(unique.count { $0.value >= 2 } == 2)
            #expect(unique.count { $0.process.id == members[1].ref.id } == 1)
            #expect(duplicate.count == 4)
            #expect(duplicate.count { $0.value >= 1 } == 3)
            unique.unregister("key 0", for: members[0].context)
            duplicate.unregister("key", for: members[0].context)
            #expect(unique.count == 3)
            #expect(duplicate.count == 3)
        }
    }

    @Test("Entries are selected by key, process and value, oldest first, and made into what is wanted (case 206)")
    func select() {
        withRegistries { unique, duplicate, _, members in
            for (number, member) in members.enumerated() {
                try unique.register("key \(3 - number)", number, for: member.context)
                duplicate.register("key", number, for: member.context)
                duplicate.register("other", number, for: member.context)
            }
            #expect(unique.select { $0.value.isMultiple(of: 2) ? $0.key : nil } == ["key 3", "key 1"])
            #expect(unique.select { $0.process.id == members[2].ref.id ? $0.value : nil } == [2])
            #expect(unique.select { entry -> Int? in entry.key == "nobody's" ? 1 : nil }.isEmpty)
            let picked = duplicate.select { entry -> String? in
                switch (entry.key, entry.value) {
                case ("key", 1...2): "\(entry.key) \(entry.value)"
                case ("other", 0): "first"
                default: nil
                }
            }
            #expect(picked == ["first", "key 1", "key 2"])
        }
    }

    @Test("Unregistering by value takes back one's own matching entries only (case 207)")
    func unregisterMatching() {
        withRegistries { unique, duplicate, _, members in
            try unique.register("hello", 1, for: members[0].context)
            #expect(!unique.unregister("hello", for: members[0].context) { $0 == 2 })
            #expect(!unique.unregister("hello", for: members[1].context) { $0 == 1 })
            #expect(unique.count == 1)
            #expect(unique.unregister("hello", for: members[0].context) { $0 == 1 })
            #expect(unique.count == 0)
            for value in 1...4 { duplicate.register("hello", value, for: members[value % 2].context) }
            #expect(duplicate.unregister("hello", for: members[0].context) { $0 > 2 } == 1)
            #expect(duplicate.lookup("hello", as: Member.self).map(\.value) == [1, 2, 3])
            #expect(duplicate.unregister("hello", for: members[2].context) { _ in true } == 0)
        }
    }

    @Test(
        "A listener is told of what is registered and given back, in order, but not of deaths unless it asks (case 209)"
    )
    func listeners() {
        withRegistries { unique, duplicate, simulation, members in
            let handler: @Sendable (isolated Member, RegistryEvent<String, Int>) -> Void = { member, event in
                switch event {
                case .registered(let entry): member.note("+\(entry.key) \(entry.value)")
                case .unregistered(let entry): member.note("-\(entry.key)")
                }
            }
            for isUnique in [true, false] {
                let watch =
                    isUnique
                    ? unique.listen(as: members[0].ref, handler) : duplicate.listen(as: members[0].ref, handler)
                if isUnique {
                    unique.listen(as: members[1].ref, includingEnds: true, handler)
                    try unique.register("a", 1, for: members[2].context)
                    unique.unregister("a", for: members[2].context)
                    try unique.register("a", 2, for: members[2].context)
                    members[2].ref.kill()
                } else {
                    duplicate.listen(as: members[1].ref, includingEnds: true, handler)
                    duplicate.register("a", 1, for: members[3].context)
                    duplicate.unregister("a", for: members[3].context)
                    duplicate.register("a", 2, for: members[3].context)
                    members[3].ref.kill()
                }
                try await simulation.runtime.quiet()
                #expect(try await members[0].notes == ["+a 1", "-a", "+a 2"])
                #expect(try await members[1].notes == ["+a 1", "-a", "+a 2", "-a"])
                #expect(watch.cancel())
                #expect(!watch.cancel())
            }
            try unique.register("b", 3, for: members[0].context)
            try await simulation.runtime.quiet()
            #expect(try await members[0].notes == [])
            #expect(try await members[1].notes == ["+b 3"])
        }
    }

    @Test("The same history in one partition and in eight gives the same answers at every step (case 210)")
    func partitions() {
        for seed in UInt64(0)..<20 {
            withMembers(seeds: seed..<seed + 1) { _, members, _ in
                let uniques = [1, 8].map { UniqueKeys(partitions: $0) }
                let duplicates = [1, 8].map { DuplicateKeys(partitions: $0) }
                var random = SeededGenerator(seed: seed)
                for step in 0..<300 {
                    let (key, one) = ("\(random.next() % 6)", members[Int(random.next() % 4)])
                    let choice = random.next() % 5
                    let outcomes = uniques.map { registry -> String in
                        switch choice {
                        case 0, 1: return (try? registry.register(key, step, for: one.context)) == nil ? "no" : "yes"
                        case 2: return "\(registry.unregister(key, for: one.context) { $0 < step - 20 })"
                        case 3: return "\((try? registry.update(key, for: one.context) { $0 + 1 })?.new ?? -1)"
                        default:
                            registry.unregister(key, for: one.context)
                            return ""
                        }
                    }
                    #expect(outcomes[0] == outcomes[1])
                    for registry in duplicates {
                        if choice < 3 { registry.register(key, step, for: one.context) }
                        if choice > 2 { registry.unregister(key, for: one.context) { $0.isMultiple(of: 2) } }
                    }
                    if step == 250 { members[3].ref.kill() }
                    let shown = uniques.map { $0.select { "\($0.key) \($0.value) \($0.process)" as String? } }
                    #expect(shown[0] == shown[1])
                    #expect(uniques[0].keys == uniques[1].keys)
                    for key in (0..<6).map({ "\($0)" }) {
                        let found = uniques.map { $0.lookup(key, as: Member.self) }
                        #expect(found[0]?.value == found[1]?.value)
                        #expect(found[0]?.process == found[1]?.process)
                        let all = duplicates.map { $0.lookup(key, as: Member.self).map(\.value) }
                        #expect(all[0] == all[1])
                    }
                    #expect(uniques[0].keys(of: one.ref) == uniques[1].keys(of: one.ref))
                    #expect(uniques[0].count == uniques[1].count)
                    let all = duplicates.map { $0.select { "\($0.key) \($0.value) \($0.process)" as String? } }
                    #expect(all[0] == all[1])
                    #expect(duplicates[0].count == duplicates[1].count)
                }
            }
        }
    }

    @Test(
        "An error thrown inside a registry by whoever uses it leaves all keys, in all partitions, as they were (case 211)"
    )
    func errors() {
        withRegistries { unique, duplicate, _, members in
            for key in 0..<40 {
                try unique.register("\(key)", key, for: members[key % 4].context)
                duplicate.register("\(key)", key, for: members[key % 4].context)
            }
            for key in 0..<40 {
                #expect(throws: Boom.self) {
                    try unique.dispatch("\(key)", as: Member.self) { _, _ in throw Boom() }
                }
                #expect(throws: Boom.self) {
                    try duplicate.dispatch("\(key)", as: Member.self) { _ in throw Boom() }
                }
                await #expect(throws: Boom.self) { try await unique.withLock("\(key)") { throw Boom() } }
            }
            #expect(unique.select { $0.value } == Array(0..<40))
            #expect(duplicate.select { $0.value } == Array(0..<40))
            try await unique.withLock("3") {}
        }
    }

    @Test(
        "The lock of a key goes to the next who lives, past those that threw, were cancelled or were killed (case 214)"
    )
    func locks() {
        withRegistries { registry, _, simulation, members in
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
            let impatient = runtime.spawn {
                await #expect(throws: CancellationError.self) { try await registry.withLock("hello") {} }
            }
            try await runtime.quiet()
            for member in 1...3 {
                runtime.spawn { try? await enter(member, holding: .seconds(1)) }
                try await runtime.quiet()
            }
            #expect(journal.take() == ["in 0"])
            impatient.cancel()
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

    @Test("Locks of different keys do not wait for each other, in registries of either kind")
    func differentLocks() {
        withRegistries { unique, duplicate, simulation, _ in
            let inside = Lock(0)
            try await unique.withLock("a") {
                try await unique.withLock("b") {
                    try await duplicate.withLock("a") { inside.withLock { $0 += 1 } }
                }
            }
            #expect(inside.withLock { $0 } == 1)
            let runtime = simulation.runtime
            let holder = runtime.spawn {
                try? await duplicate.withLock("a") { try await runtime.sleep(for: .seconds(1)) }
            }
            try await runtime.quiet()
            try await duplicate.withLock("a") { #expect(runtime.clock.now().nanoseconds == 1_000_000_000) }
            await holder.value
        }
    }
}
