import Mangrove
import MangroveTesting
import Testing

/// A counter whose whole state can be looked at and replaced.
private actor Tally: StateHolding {
    var state = 0
    func add(_ number: Int) { state += number }
}

@Suite("Processes: idleness, state, names") struct IdleConformanceTests {
    /// Runs `body` with a member that notes when it has been idle for two minutes.
    private func withIdler(_ body: @escaping @Sendable (Runtime, Joined, IdleWatch) async throws -> Void) {
        withMembers(1) { simulation, members, _ in
            let runtime = simulation.runtime
            let watch = members[0].context.whenIdle(for: .seconds(120), as: Member.self) { member in
                member.note("idle \(runtime.clock.now().nanoseconds / 1_000_000_000)")
            }
            try await body(runtime, members[0], watch)
            watch.cancel()
        }
    }

    @Test("What waits when the time for being idle is over comes first, and then the process is not idle (case 269)")
    func messagesFirst() {
        withIdler { runtime, member, _ in
            try member.ref.cast { try await $0.spend(.seconds(119)) }
            try await runtime.sleep(for: .seconds(110))
            for word in ["one", "two"] {
                try member.ref.cast { member in
                    try await member.spend(.seconds(30))
                    member.note(word)
                }
            }
            // At 120 s it is busy and something waits; the last turn ends at 179 s.
            try await runtime.sleep(for: .seconds(180))
            #expect(try await member.notes == ["one", "two"])
            try await runtime.sleep(for: .seconds(1_000))
            let notes = try await member.notes
            #expect(notes.count == 1)
            let time = Int(notes.first?.dropFirst(5) ?? "") ?? 0
            #expect((410...530).contains(time))
        }
    }

    @Test("A look at the state begins the wait for idleness anew, in full (case 270)")
    func looks() {
        withIdler { runtime, member, _ in
            for _ in 0..<10 {
                try await runtime.sleep(for: .seconds(80))
                // A look without a turn does not count.
                _ = runtime.tree()
                #expect(try await member.notes.isEmpty)
            }
            try await runtime.sleep(for: .seconds(119))
            #expect(runtime.clock.now().nanoseconds == 919_000_000_000)
            try await runtime.sleep(for: .seconds(122))
            let notes = try await member.notes
            #expect(notes.count == 1)
            let time = Int(notes.first?.dropFirst(5) ?? "") ?? 0
            #expect((920...1_040).contains(time))
        }
    }

    @Test("A process is told once of each time of rest, keeps its state and answers as ever (case 281)")
    func rest() {
        withIdler { runtime, member, watch in
            try await member.ref.call { $0.note("kept") }
            try await runtime.sleep(for: .seconds(2_000))
            var notes = try await member.notes
            #expect(notes.count == 2)
            #expect(notes.first == "kept")
            try await runtime.sleep(for: .seconds(2_000))
            notes = try await member.notes
            #expect(notes.count == 1)
            watch.cancel()
            try await runtime.sleep(for: .seconds(2_000))
            #expect(try await member.notes.isEmpty)
        }
    }

    @Test("A process may end when it has nothing to do, and its watch goes with it")
    func idleEnd() {
        withMembers(1) { simulation, members, _ in
            members[0].context.whenIdle(for: .seconds(10), as: Member.self) { _ in throw Exit(.normal) }
            #expect("\(await members[0].ref.exitReason())" == "normal")
            #expect(simulation.clock.now().nanoseconds <= 20_000_000_000)
            #expect(simulation.clock.timerCount == 0)
        }
    }

    @Test("The exact state is read and replaced; a replacement that fails leaves it as it was (case 285)")
    func state() {
        simulate { simulation in
            let root = try await simulation.runtime.start(Supervisor { Worker("counter") { Tally() } })
            let counter = try root.child("counter", as: Tally.self)
            try counter.cast { $0.add(7) }
            #expect(try await counter.state() == 7)
            #expect(try await counter.replaceState { $0 * 6 } == 42)
            #expect(try await counter.state() == 42)
            await #expect(throws: Boom.self) { try await counter.replaceState { _ in throw Boom() } }
            #expect(try await counter.state() == 42)
            #expect(try root.children().first?.restarts == 0)
        }
    }

    @Test("Calling out takes no longer with many messages waiting for the caller (case 290)", .timeLimit(.minutes(30)))
    func hugeMailbox() {
        let steps = Lock<[Int]>([])
        for waiting in [0, 100_000] {
            withMembers(2, seeds: 0..<1, mailboxLimit: 200_000) { simulation, members, _ in
                let (caller, other) = (members[0].ref, members[1].ref)
                try caller.cast { caller in
                    try await caller.spend(.seconds(1))
                    let before = simulation.steps
                    for number in 0..<2_000 {
                        try await other.call { other in
                            try await other.spend(.nanoseconds(1))
                            other.note("\(number)")
                        }
                    }
                    steps.withLock { $0.append(simulation.steps - before) }
                }
                try await simulation.runtime.quiet()
                for number in 0..<waiting { try caller.cast { if number % 10_000 == 0 { $0.note("\(number)") } } }
                try await simulation.runtime.sleep(for: .seconds(2))
                #expect(try await members[1].notes.count == 2_000)
                #expect(try await members[0].notes.count == waiting / 10_000)
            }
        }
        let taken = steps.withLock { $0 }
        #expect(taken.count == 2)
        #expect(taken.first == taken.last)
    }

    @Test("A ref, a name and a key lead to the process there is now, or to nobody (case 291)")
    func whereis() {
        withMembers { simulation, members, root in
            let runtime = simulation.runtime
            let keys = Registry<String, Void>()
            try keys.register("key", for: members[0].context)
            try await root.startChild(Worker("named", name: "named", restart: .temporary) { Member($0) })
            let named = try root.child("named", as: Member.self)
            #expect(try members[0].ref.resolve() == members[0].ref)
            #expect(try runtime.address("named", of: Member.self).resolve() == named)
            #expect(try keys.address("key", of: Member.self).resolve() == members[0].ref)
            #expect(keys.find("key", as: Member.self) == members[0].ref)
            named.kill()
            members[0].ref.kill()
            #expect(throws: CallError.self) { try runtime.address("named", of: Member.self).resolve() }
            #expect(throws: CallError.self) { try runtime.address("nobody", of: Member.self).resolve() }
            #expect(throws: CallError.self) { try keys.address("key", of: Member.self).resolve() }
            #expect(keys.find("key", as: Member.self) == nil)
        }
    }

    @Test("Processes without a name live side by side, and no name leads to them (case 292)")
    func anonymous() {
        simulate { simulation in
            let none: ProcessName? = nil
            let root = try await simulation.runtime.start(
                Supervisor { for id in 0..<2 { Worker(ChildID(id), name: none) { Member($0) } } }
            )
            for id in 0..<2 {
                let context = try await root.child(ChildID(id), as: Member.self).call { $0.context }
                #expect(context.name == nil)
                #expect(throws: CallError.self) {
                    try simulation.runtime.address(ProcessName("\(id)"), of: Member.self).resolve()
                }
            }
            #expect(simulation.runtime.tree().nodes.allSatisfy { $0.name == nil })
        }
    }
}
