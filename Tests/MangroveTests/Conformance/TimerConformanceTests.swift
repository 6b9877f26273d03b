import Mangrove
import MangroveTesting
import Testing

@Suite("Timers") struct TimerConformanceTests {
    /// Runs `body` with three members, the first of which has the name `clerk` and is restarted.
    private func withClerks(
        _ body: @escaping @Sendable (Simulation, [Joined], Address<Member>, Ref<SupervisorProcess>) async throws -> Void
    ) {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor {
                    Worker("clerk", name: "clerk") { Member($0) }
                    for id in 1..<3 { Worker(ChildID(id), restart: .temporary) { Member($0) } }
                    Worker("stranger", restart: .temporary) { Stranger($0) }
                }
            )
            let name = simulation.runtime.address("clerk", of: Member.self)
            var members = [Joined(ref: try name.resolve(), context: try await name.call { $0.context })]
            for id in 1..<3 {
                let ref = try root.child(ChildID(id), as: Member.self)
                members.append(Joined(ref: ref, context: try await ref.call { $0.context }))
            }
            try await body(simulation, members, name, root)
        }
    }

    @Test("A timer that has run out gave one turn, and then neither tells of time left nor can be cancelled (case 294)")
    func once() {
        withClerks { simulation, members, name, _ in
            let runtime = simulation.runtime
            let context = members[1].context
            let timers = [
                context.after(.seconds(2), as: Member.self) { $0.note("after \(runtime.clock.now().nanoseconds)") },
                members[1].ref.cast(after: .seconds(2)) { $0.note("cast") },
                name.cast(after: .seconds(2)) { $0.note("name") },
            ]
            try await runtime.sleep(for: .milliseconds(1_999))
            #expect(try await members[1].notes.isEmpty)
            for timer in timers { #expect(timer.remaining == .milliseconds(1)) }
            try await runtime.sleep(for: .seconds(10))
            #expect(try await members[1].notes == ["after 2000000000", "cast"])
            #expect(try await members[0].notes == ["name"])
            for timer in timers {
                #expect(timer.remaining == nil)
                #expect(timer.cancel() == nil)
            }
        }
    }

    @Test(
        "Cancelling in time says what time was left and the turn never comes; a second time it says nothing (case 295)"
    )
    func cancelled() {
        withClerks { simulation, members, name, _ in
            let runtime = simulation.runtime
            let timers = [
                members[1].context.after(.seconds(5), as: Member.self) { $0.note("after") },
                members[1].ref.cast(after: .seconds(5)) { $0.note("cast") },
                name.cast(after: .seconds(5)) { $0.note("name") },
            ]
            try await runtime.sleep(for: .seconds(2))
            for timer in timers {
                #expect(timer.cancel() == .seconds(3))
                #expect(timer.cancel() == nil)
                #expect(timer.remaining == nil)
            }
            #expect(simulation.clock.timerCount == 0)
            try await runtime.sleep(for: .seconds(9))
            #expect(try await members[1].notes.isEmpty)
            #expect(try await members[0].notes.isEmpty)
        }
    }

    @Test(
        "A turn that is due but has to wait for its process can still be taken back; nothing needs to be flushed (case 296)"
    )
    func due() {
        withClerks { simulation, members, name, _ in
            let runtime = simulation.runtime
            try members[0].ref.cast { try await $0.spend(.seconds(5)) }
            let timers = [
                members[0].context.after(.seconds(1), as: Member.self) { $0.note("after") },
                members[0].ref.cast(after: .seconds(1)) { $0.note("cast") },
                name.cast(after: .seconds(1)) { $0.note("name") },
            ]
            let last = members[0].ref.cast(after: .seconds(1)) { $0.note("last") }
            try await runtime.sleep(for: .seconds(2))
            for timer in timers {
                #expect(timer.remaining == .zero)
                #expect(timer.cancel() == .zero)
                #expect(timer.cancel() == nil)
            }
            try await runtime.sleep(for: .seconds(9))
            #expect(try await members[0].notes == ["last"])
            #expect(last.cancel() == nil)
        }
    }

    @Test(
        "Timers run out in the order of their deadlines, and those of one deadline in the order in which they were set (case 297)"
    )
    func order() {
        withClerks { simulation, members, name, _ in
            for time in [5_000, 0, 200, 100, 500, 300, 400] {
                members[0].context.after(.milliseconds(time), as: Member.self) { $0.note("\(time)") }
            }
            for number in 0..<3 { members[0].ref.cast(after: .milliseconds(250)) { $0.note("250 \(number)") } }
            members[0].context.after(.seconds(-3), as: Member.self) { $0.note("past") }
            try await simulation.runtime.sleep(for: .seconds(6))
            #expect(
                try await members[0].notes
                    == ["past", "0", "100", "200", "250 0", "250 1", "250 2", "300", "400", "500", "5000"]
            )
        }
    }

    @Test("A timer can be set to a moment on the runtime's clock (case 299)")
    func absolute() {
        withClerks { simulation, members, name, _ in
            let runtime = simulation.runtime
            try await runtime.sleep(for: .seconds(7))
            let deadline = RuntimeInstant(nanoseconds: 9_000_000_000)
            let note: @Sendable (isolated Member) -> Void = { $0.note("\(runtime.clock.now().nanoseconds)") }
            let timers = [
                members[0].context.at(deadline, as: Member.self, note), members[0].ref.cast(at: deadline, note),
                name.cast(at: deadline, note),
            ]
            for timer in timers {
                #expect(timer.deadline == deadline)
                #expect(timer.remaining == .seconds(2))
            }
            members[0].ref.cast(at: RuntimeInstant(nanoseconds: 1), note)
            try await runtime.quiet()
            #expect(try await members[0].notes == ["7000000000"])
            try await runtime.sleep(for: .seconds(3))
            #expect(try await members[0].notes == Array(repeating: "9000000000", count: 3))
        }
    }

    @Test("The timers of a process that has ended are gone with it, and a new incarnation has none of them (case 300)")
    func targetEnds() {
        withClerks { simulation, members, name, _ in
            let runtime = simulation.runtime
            let timers = [
                members[0].context.after(.seconds(1), as: Member.self) { $0.note("after") },
                members[0].ref.cast(after: .seconds(2)) { $0.note("cast") },
                members[1].ref.cast(after: .seconds(3)) { $0.note("other") },
            ]
            members[0].ref.kill()
            #expect(simulation.clock.timerCount == 1)
            for timer in timers[..<2] {
                #expect(timer.remaining == nil)
                #expect(timer.cancel() == nil)
            }
            let late = members[0].ref.cast(after: .seconds(1)) { $0.note("late") }
            #expect(late.remaining == nil)
            #expect(simulation.clock.timerCount == 1)
            try await runtime.sleep(for: .seconds(5))
            #expect(try await name.call { $0.take() }.isEmpty)
            #expect(try await members[1].notes == ["other"])
        }
    }

    @Test("A timer for a name is for whoever has it when the time comes; if that is nobody it is dropped (case 301)")
    func named() {
        withClerks { simulation, members, name, root in
            let runtime = simulation.runtime
            name.cast(after: .seconds(1)) { $0.note("one") }
            members[0].ref.kill()
            let second = try await name.resolve(after: members[0].ref)
            let nobody = name.cast(after: .seconds(2)) { $0.note("two") }
            runtime.address("clerk", of: Stranger.self).cast(after: .milliseconds(1_200)) { _ in
                Issue.record("another kind of process has run it")
            }
            try await runtime.sleep(for: .milliseconds(1_500))
            #expect(try await second.call { $0.take() } == ["one"])
            try await root.terminateChild("clerk")
            #expect(nobody.remaining == .milliseconds(500))
            try await runtime.sleep(for: .seconds(1))
            #expect(nobody.remaining == nil)
            try await root.restartChild("clerk")
            try await runtime.sleep(for: .seconds(5))
            #expect(try await name.call { $0.take() }.isEmpty)
        }
    }

    @Test("Reading and cancelling answer at once, from anywhere, however busy the timer's process is (case 302)")
    func atOnce() {
        withClerks { simulation, members, name, _ in
            let timer = members[0].ref.cast(after: .seconds(3)) { $0.note("never") }
            try members[0].ref.cast { try await $0.spend(.seconds(2)) }
            try await simulation.runtime.quiet()
            // No waiting: this is not a closure that could.
            let ask: @Sendable () -> (Duration?, Duration?, Duration?) = {
                (timer.remaining, timer.cancel(), timer.cancel())
            }
            let (read, cancelled, again) = try await members[1].ref.call { _ in ask() }
            #expect(read == .seconds(3) - .nanoseconds(1))
            #expect(cancelled == read)
            #expect(again == nil)
            #expect(simulation.clock.now().nanoseconds == 1)
            try await simulation.runtime.sleep(for: .seconds(9))
            #expect(try await members[0].notes.isEmpty)
        }
    }

    @Test("A timer runs out though the process that set it for another has ended (case 304)")
    func creatorEnds() {
        withClerks { simulation, members, name, _ in
            let target = members[0].ref
            try await members[1].ref.call { member in
                try await member.spend(.nanoseconds(1))
                target.cast(after: .seconds(1)) { $0.note("ref") }
                name.cast(after: .seconds(1)) { $0.note("name") }
            }
            members[1].ref.kill()
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await members[0].notes == ["ref", "name"])
        }
    }

    @Test("An error thrown by a timer's turn ends its process, and a full mailbox does not keep a timer out")
    func turns() {
        withMembers(mailboxLimit: 1) { simulation, members, _ in
            try members[0].ref.cast { try await $0.spend(.seconds(3)) }
            try await simulation.runtime.quiet()
            try members[0].ref.cast { $0.note("last place") }
            #expect(throws: CallError.self) { try members[0].ref.cast { $0.note("never") } }
            members[0].ref.cast(after: .seconds(1)) { $0.note("timer") }
            try await simulation.runtime.sleep(for: .seconds(5))
            #expect(try await members[0].notes == ["last place", "timer"])
            members[0].ref.cast(after: .seconds(1)) { try $0.crash() }
            #expect("\(await members[0].ref.exitReason())" == "crash: Boom()")
        }
    }

    @Test("A timer set as for another kind of actor ends its process and says so")
    func wrongKind() {
        withMembers { simulation, members, _ in
            members[0].context.after(.seconds(1), as: Stranger.self) { _ in Issue.record("it ran") }
            let reason = "\(await members[0].ref.exitReason())"
            #expect(reason.contains("as Stranger: it is another kind of process"))
        }
    }
}
