import Mangrove
import MangroveTesting
import Testing

@Suite("Process groups") struct GroupConformanceTests {
    private func withGroups(
        _ body: @escaping @Sendable (ProcessGroups<String>, Simulation, [Joined]) async throws -> Void
    ) {
        withMembers { simulation, members, _ in
            try await body(ProcessGroups(in: simulation.runtime), simulation, members)
        }
    }

    /// Notes a change as `+room 0 1`, members by their place among `members`.
    private static func noting(
        _ members: [Joined]
    ) -> @Sendable (isolated Member, GroupChange<String>) -> Void {
        { member, change in
            let who = change.members.map { ref in "\(members.firstIndex { AnyRef($0.ref) == ref } ?? -1)" }
            member.note((change.kind == .joined ? "+" : "-") + change.group + " " + who.joined(separator: " "))
        }
    }

    @Test("A group is there while it has members (case 349)")
    func existence() {
        withGroups { groups, _, members in
            #expect(groups.groups.isEmpty)
            try groups.join("room", members[0].ref)
            try groups.join("room", members[1].ref)
            #expect(groups.groups == ["room"])
            #expect(groups.members(of: "room", as: Member.self) == [members[0].ref, members[1].ref])
            #expect(groups.members(of: "room", as: Stranger.self).isEmpty)
            try groups.leave("room", members[0].ref)
            #expect(groups.groups == ["room"])
            try groups.leave("room", members[1].ref)
            #expect(groups.groups.isEmpty)
            #expect(groups.members(of: "room").isEmpty)
        }
    }

    @Test("A process that joined three times is there three times and must leave three times (case 350)")
    func multiplicity() {
        withGroups { groups, _, members in
            for _ in 0..<3 { try groups.join("room", members[0].ref) }
            for left in [2, 1, 0] {
                #expect(groups.count(of: "room") == left + 1)
                try groups.leave("room", members[0].ref)
                #expect(groups.members(of: "room").count == left)
            }
            #expect(throws: GroupError.notJoined) { try groups.leave("room", members[0].ref) }
        }
    }

    @Test("A list joins and leaves in one step, told as one change (case 351)")
    func lists() {
        withGroups { groups, simulation, members in
            groups.watch("room", as: members[3].ref, Self.noting(members))
            let list = [members[0], members[1], members[0]].map { AnyRef($0.ref) }
            try groups.join("room", list)
            #expect(groups.members(of: "room") == list)
            try groups.leave("room", [AnyRef(members[0].ref), AnyRef(members[2].ref), AnyRef(members[1].ref)])
            try await simulation.runtime.quiet()
            #expect(try await members[3].notes == ["+room 0 1 0", "-room 0 1"])
            #expect(groups.members(of: "room") == [AnyRef(members[0].ref)])
        }
    }

    @Test("Leaving a group that was never joined is an error (case 352)")
    func notJoined() {
        withGroups { groups, _, members in
            #expect(throws: GroupError.notJoined) { try groups.leave("room", members[0].ref) }
            try groups.join("room", members[0].ref)
            #expect(throws: GroupError.notJoined) { try groups.leave("room", members[1].ref) }
            #expect(groups.count(of: "room") == 1)
        }
    }

    @Test("Whoever learns of a member's death finds it in no group (case 354)")
    func death() {
        withGroups { groups, simulation, members in
            for group in ["a", "b", "c"] {
                for _ in 0..<2 { try groups.join(group, members[0].ref) }
            }
            try groups.join("c", members[1].ref)
            groups.watchAll(as: members[3].ref, Self.noting(members))
            members[0].context.onExit { _ in #expect(groups.groups == ["c"]) }
            members[0].ref.kill()
            #expect(groups.members(of: "c") == [AnyRef(members[1].ref)])
            #expect(groups.count(of: "c") == 1)
            try await simulation.runtime.quiet()
            #expect(try await members[3].notes == ["-a 0 0", "-b 0 0", "-c 0 0"])
        }
    }

    @Test("A death and a leave that race end every membership once (case 355)")
    func race() {
        withMembers(seeds: 0..<60) { simulation, members, _ in
            let groups = ProcessGroups<String>(in: simulation.runtime)
            groups.watch("room", as: members[3].ref, Self.noting(members))
            try groups.join("room", [members[0], members[1], members[0]].map { AnyRef($0.ref) })
            simulation.runtime.spawn { try? groups.leave("room", members[0].ref) }
            simulation.runtime.spawn { members[0].ref.kill() }
            simulation.runtime.spawn { try? groups.leave("room", members[0].ref) }
            try await simulation.runtime.quiet()
            #expect(groups.members(of: "room") == [AnyRef(members[1].ref)])
            let left = try await members[3].notes.dropFirst().joined().filter { $0 == "0" }
            #expect(left.count == 2)
        }
    }

    @Test("A list with a process of another runtime, or a dead one, is refused as a whole (case 356)")
    func refused() {
        withGroups { groups, simulation, members in
            let elsewhere = ProcessGroups<String>(in: Simulation(seed: 1).runtime)
            let list = members[...2].map { AnyRef($0.ref) }
            #expect(throws: GroupError.otherRuntime(members[0].ref.id)) { try elsewhere.join("room", list) }
            #expect(elsewhere.groups.isEmpty)
            members[2].ref.kill()
            #expect(throws: GroupError.noProcess(members[2].ref.id)) { try groups.join("room", list) }
            #expect(groups.groups.isEmpty)
            #expect(groups.count(of: "room") == 0)
            try groups.join("room", Array(list[...1]))
            members[0].ref.kill()
            #expect(groups.members(of: "room") == [AnyRef(members[1].ref)])
        }
    }

    @Test("Scopes do not see each other (case 357)")
    func scopes() {
        withGroups { groups, simulation, members in
            let other = ProcessGroups<String>(in: simulation.runtime)
            try groups.join("room", members[0].ref)
            #expect(other.groups.isEmpty)
            try other.join("room", members[0].ref)
            try other.leave("room", members[0].ref)
            #expect(groups.count(of: "room") == 1)
        }
    }

    @Test("Watching a group gives its members and then every change, until it is taken back (case 369)")
    func watch() {
        withGroups { groups, simulation, members in
            try groups.join("room", members[0].ref)
            let (now, watch) = groups.watch("room", as: members[3].ref, Self.noting(members))
            #expect(now == [AnyRef(members[0].ref)])
            try groups.join("room", members[1].ref)
            try groups.join("other", members[1].ref)
            members[1].ref.kill()
            try await simulation.runtime.quiet()
            #expect(try await members[3].notes == ["+room 1", "-room 1"])
            try members[3].ref.cast { try await $0.spend(.seconds(1)) }
            try groups.join("room", members[2].ref)
            #expect(watch.cancel())
            #expect(!watch.cancel())
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await members[3].notes == [])
        }
    }

    @Test("What a watcher was given and what it is told afterwards add up to the members")
    func nothingMissed() {
        withMembers(seeds: 0..<40) { simulation, members, _ in
            let groups = ProcessGroups<String>(in: simulation.runtime)
            for member in members[..<3] {
                simulation.runtime.spawn {
                    for _ in 0..<3 {
                        try? groups.join("room", member.ref)
                        await Task.yield()
                    }
                    if member.ref == members[0].ref { member.ref.kill() } else { try? groups.leave("room", member.ref) }
                }
            }
            await Task.yield()
            let count = Lock(0)
            let (now, _) = groups.watch("room", as: members[3].ref) { _, change in
                count.withLock { $0 += change.kind == .joined ? change.members.count : -change.members.count }
            }
            count.withLock { $0 += now.count }
            try await simulation.runtime.quiet()
            #expect(count.withLock { $0 } == groups.count(of: "room"))
        }
    }

    @Test("Watching a scope gives all groups and then all changes (case 370)")
    func watchAll() {
        withGroups { groups, simulation, members in
            try groups.join("a", members[0].ref)
            try groups.join("b", [AnyRef(members[0].ref), AnyRef(members[1].ref)])
            let (now, watch) = groups.watchAll(as: members[3].ref, Self.noting(members))
            #expect(now.map(\.group) == ["a", "b"])
            #expect(now.map(\.members) == [[AnyRef(members[0].ref)], members[...1].map { AnyRef($0.ref) }])
            try groups.join("c", members[2].ref)
            try groups.leave("b", members[1].ref)
            try await simulation.runtime.quiet()
            #expect(try await members[3].notes == ["+c 2", "-b 1"])
            watch.cancel()
            try groups.join("c", members[2].ref)
            try await simulation.runtime.quiet()
            #expect(try await members[3].notes == [])
        }
    }

    @Test("A watch ends with its watcher (case 371)")
    func watcherDies() {
        withGroups { groups, _, members in
            let (_, watch) = groups.watch("room", as: members[3].ref, Self.noting(members))
            #expect(watch.isActive)
            members[3].ref.kill()
            #expect(!watch.isActive)
            #expect(!watch.cancel())
            #expect(!groups.watch("room", as: members[3].ref, Self.noting(members)).watch.isActive)
            try groups.join("room", members[0].ref)
        }
    }

    @Test("A watcher whose mailbox is full misses no change")
    func unbounded() {
        withMembers(mailboxLimit: 1) { simulation, members, _ in
            let groups = ProcessGroups<Int>(in: simulation.runtime)
            groups.watchAll(as: members[3].ref) { member, _ in member.note("") }
            try members[3].ref.cast { try await $0.spend(.seconds(1)) }
            for group in 0..<50 { try groups.join(group, members[0].ref) }
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await members[3].notes.count == 50)
        }
    }

    @Test("Leaving costs the same in a group of thousands", .timeLimit(.minutes(30)))
    func cost() {
        withMembers(seeds: 0..<1) { simulation, members, _ in
            let groups = ProcessGroups<Int>(in: simulation.runtime)
            for _ in 0..<50_000 { try groups.join(1, members.map { AnyRef($0.ref) }) }
            for _ in 0..<50_000 { try groups.leave(1, members[0].ref) }
            #expect(groups.count(of: 1) == 150_000)
            for member in members[1...] { member.ref.kill() }
            #expect(groups.groups.isEmpty)
        }
    }

    @Test("Joining is done at once, however many groups there are and however many changes wait to be told (case 367)")
    func flood() {
        withMembers(seeds: 0..<1) { simulation, members, _ in
            let groups = ProcessGroups<Int>(in: simulation.runtime)
            groups.watchAll(as: members[3].ref) { member, _ in member.note("") }
            try members[3].ref.cast { try await $0.spend(.seconds(1)) }
            try await simulation.runtime.quiet()
            for group in 0..<10_000 { try groups.join(group, members[0].ref) }
            for group in 0..<2_000 { try groups.leave(group, members[0].ref) }
            let steps = simulation.steps
            try groups.join(20_000, members[1].ref)
            #expect(groups.members(of: 20_000, as: Member.self) == [members[1].ref])
            #expect(groups.groups.count == 8_001)
            // Nobody was waited for.
            #expect(simulation.steps == steps)
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await members[3].notes.count == 12_001)
        }
    }

    @Test("On one node there is one view: what is joined or left is seen by everybody at once (case 372)")
    func oneView() {
        withGroups { groups, simulation, members in
            for round in 0..<5 {
                try groups.join("room", members[round % 4].ref)
                let expected = groups.members(of: "room")
                #expect(expected.count == 1)
                for member in members {
                    let seen = try await member.ref.call { member in
                        try await member.spend(.nanoseconds(1))
                        return groups.members(of: "room")
                    }
                    #expect(seen == expected)
                }
                try await members[0].ref.call { _ in try groups.leave("room", members[round % 4].ref) }
                #expect(groups.groups.isEmpty)
            }
        }
    }
}
