import Mangrove
import MangroveTesting
import Testing

@Suite("Timers that repeat") struct RepeatingTimerTests {
    @Test("A turn comes at every interval, at fixed times, until it is taken back")
    func every() {
        withMembers(1) { simulation, members, _ in
            let runtime = simulation.runtime
            let timer = members[0].context.every(.seconds(10), as: Member.self) { member in
                member.note("\(runtime.clock.now().nanoseconds / 1_000_000_000)")
                try await member.spend(.seconds(3))
            }
            try await runtime.sleep(for: .seconds(45))
            #expect(try await members[0].notes == ["10", "20", "30", "40"])
            timer.cancel()
            timer.cancel()
            #expect(simulation.clock.timerCount == 0)
            try await runtime.sleep(for: .seconds(45))
            #expect(try await members[0].notes.isEmpty)
        }
    }

    @Test("Turns that a busy process has missed do not pile up, and one that waits can be taken back")
    func pile() {
        withMembers(1) { simulation, members, _ in
            let runtime = simulation.runtime
            try members[0].ref.cast { try await $0.spend(.seconds(55)) }
            let timer = members[0].context.every(.seconds(10), as: Member.self) { member in
                member.note("\(runtime.clock.now().nanoseconds / 1_000_000_000)")
            }
            try await runtime.sleep(for: .seconds(75))
            #expect(try await members[0].notes == ["55", "60", "70"])
            try members[0].ref.cast { try await $0.spend(.seconds(10)) }
            try await runtime.sleep(for: .seconds(7))
            timer.cancel()
            try await runtime.sleep(for: .seconds(30))
            #expect(try await members[0].notes.isEmpty)
        }
    }

    @Test("It ends with its process, and an error in a turn ends the process")
    func ends() {
        withMembers(2) { simulation, members, _ in
            for member in members { member.context.every(.seconds(1), as: Member.self) { try $0.crash() } }
            members[0].ref.kill()
            #expect(simulation.clock.timerCount == 1)
            #expect("\(await members[1].ref.exitReason())" == "crash: Boom()")
            #expect(simulation.clock.timerCount == 0)
        }
    }
}
