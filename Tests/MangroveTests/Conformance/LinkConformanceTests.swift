import Mangrove
import MangroveTesting
import Testing

@Suite("Links and exit signals") struct LinkConformanceTests {
    private static let reasons: [ExitReason] = [.shutdown, .shutdownBecause(Boom()), .crash(Boom()), .killed]

    @Test("A process ends with the reason of the one it is linked with (case 215)")
    func linked() {
        for reason in Self.reasons {
            withLinked(2, seeds: 0..<5) { runtime, _, plain, _ in
                try await plain[0].call { $0.link(plain[1]) }
                try plain[1].cast { try $0.leave(reason) }
                try await runtime.quiet()
                #expect("\(await plain[0].exitReason())" == "\(reason)")
            }
        }
    }

    @Test("A normal end does not touch those that are linked (case 216)")
    func normal() {
        withLinked { runtime, _, plain, _ in
            try await plain[0].call { $0.link(plain[1]) }
            await plain[1].stop(.normal)
            try await runtime.quiet()
            #expect(!plain[0].isDead)
        }
    }

    @Test("A process that handles signals is told of a linked one's end, a normal one included, and lives (case 217)")
    func trapping() {
        for reason in Self.reasons + [.normal] {
            withLinked(1, seeds: 0..<5) { runtime, watcher, plain, journal in
                try await watcher.call { $0.context.link(with: plain[0]) }
                try plain[0].cast { try $0.leave(reason) }
                try await runtime.quiet()
                #expect(journal.all == ["exit \(reason)"])
                #expect(!watcher.isDead)
            }
        }
    }

    @Test("A process that itself ends as killed is seen like any other: those that handle signals are told (case 219)")
    func killedByItself() {
        withLinked { runtime, watcher, plain, journal in
            try await watcher.call { $0.context.link(with: plain[0]) }
            try await plain[1].call { $0.link(plain[0]) }
            try plain[0].cast { try $0.leave(.killed) }
            try await runtime.quiet()
            #expect(journal.all == ["exit killed"])
            #expect(!watcher.isDead)
            #expect("\(await plain[1].exitReason())" == "killed")
        }
    }

    @Test("A normal exit signal does nothing to a process that does not handle signals (case 220)")
    func sentNormal() {
        withLinked { runtime, _, plain, _ in
            try await plain[0].call { $0.exit(.normal, plain[1]) }
            try await runtime.quiet()
            #expect(!plain[1].isDead)
            try await plain[0].call { $0.exit(.shutdown, plain[1]) }
            #expect("\(await plain[1].exitReason())" == "shutdown")
            #expect(!plain[0].isDead)
        }
    }

    @Test("A process that handles signals is told of a normal exit signal, and of any other but a kill (case 221)")
    func sentTrapping() {
        withLinked { runtime, watcher, plain, journal in
            for reason in [ExitReason.normal, .shutdown, .crash(Boom())] {
                try await plain[0].call { $0.exit(reason, watcher) }
                try await runtime.quiet()
                #expect(journal.take() == ["exit \(reason)"])
            }
            try await plain[0].call { $0.exit(.killed, watcher) }
            #expect("\(await watcher.exitReason())" == "killed")
            #expect(journal.take().isEmpty)
        }
    }

    @Test("A process's normal exit signal to itself ends it; one that handles signals is told instead (case 222)")
    func sentToItself() {
        withLinked { runtime, watcher, plain, journal in
            try await plain[0].call { $0.exit(.normal, plain[0]) }
            #expect("\(await plain[0].exitReason())" == "normal")
            try await watcher.call { $0.context.sendExit(.shutdown, to: watcher) }
            try await runtime.quiet()
            #expect(journal.all == ["exit shutdown"])
            #expect(!watcher.isDead)
        }
    }

    @Test("Of two exit signals the first decides the reason (case 224)")
    func firstReason() {
        withLinked { runtime, _, plain, _ in
            try plain[0].cast { try await $0.spend(.seconds(1)) }
            try await runtime.quiet()
            try await plain[1].call { process in
                process.exit(.crash(Boom()), plain[0])
                process.exit(.shutdown, plain[0])
            }
            #expect(!plain[0].isDead)
            #expect("\(await plain[0].exitReason())" == "crash: Boom()")
        }
    }

    @Test("Linking twice makes one link: one notice (case 225)")
    func twice() {
        withLinked { runtime, watcher, plain, journal in
            for _ in 0..<2 { try await watcher.call { $0.context.link(with: plain[0]) } }
            plain[0].kill()
            try await runtime.quiet()
            #expect(journal.all == ["exit killed"])
        }
    }

    @Test("After unlinking no notice of an end comes, not even one that was under way (case 227)")
    func unlinked() {
        for isUnderWay in [false, true] {
            withLinked { runtime, watcher, plain, journal in
                try await watcher.call { $0.context.link(with: plain[0]) }
                try await plain[1].call { $0.link(plain[0]) }
                try watcher.cast { watcher in
                    if isUnderWay { try await watcher.spend(.seconds(1)) }
                    watcher.context.unlink(from: plain[0])
                }
                try await plain[1].call { $0.unlink(plain[0]) }
                try await runtime.quiet()
                plain[0].kill()
                try await runtime.sleep(for: .seconds(5))
                #expect(journal.all.isEmpty)
                #expect(!plain[1].isDead)
            }
        }
    }

    @Test("A process with a name that is taken does not start, is told who has it, and harms nobody (case 234)")
    func names() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor { Worker("one", name: "hello", restart: .temporary) { Member($0) } }
            )
            let holder = try root.child("one", as: Member.self)
            do {
                try await root.startChild(Worker("two", name: "hello", restart: .temporary) { Member($0) })
                Issue.record("it started")
            } catch SupervisorError.nameTaken("hello", let by) {
                #expect(by == holder.id)
            } catch SupervisorError.startFailed(_, SupervisorError.nameTaken("hello", let by)) {
                #expect(by == holder.id)
            }
            #expect(try simulation.runtime.address("hello", of: Member.self).resolve() == holder)
            #expect(try root.childCounts().active == 1)
            holder.kill()
            try await root.startChild(Worker("two", name: "hello", restart: .temporary) { Member($0) })
        }
    }

    @Test("A kill goes down a chain of linked processes, however long, to whoever handles signals (case 235)")
    func chain() {
        for length in 1...10 {
            withLinked(length + 2, seeds: 0..<2) { runtime, watcher, plain, journal in
                for (one, next) in zip(plain[...length], plain[1...length]) { try await one.call { $0.link(next) } }
                try await watcher.call { $0.context.link(with: plain[length]) }
                plain[0].kill()
                try await runtime.quiet()
                for process in plain[...length] { #expect("\(await process.exitReason())" == "killed") }
                #expect(!plain[length + 1].isDead)
                #expect(journal.all == ["exit killed"])
            }
        }
    }

    @Test("However links are made and undone from both sides at once, both sides agree in the end (case 240)")
    func bothSides() {
        for seed in UInt64(0)..<40 {
            let ends = Lock<[Bool]>([])
            // The same history twice: in one the first ends, in the other the second.
            for victim in [0, 1] {
                withLinked(2, seeds: seed..<seed + 1) { runtime, _, plain, _ in
                    var random = SeededGenerator(seed: seed)
                    var storms: [Task<Void, Never>] = []
                    for side in 0..<2 {
                        let moves = (0..<6).map { _ in random.next() % 2 == 0 }
                        storms.append(
                            runtime.spawn {
                                for links in moves {
                                    try? await plain[side].call { process in
                                        if links {
                                            process.link(plain[1 - side])
                                        } else {
                                            process.unlink(plain[1 - side])
                                        }
                                    }
                                }
                            }
                        )
                    }
                    for storm in storms { await storm.value }
                    plain[victim].kill()
                    try await runtime.quiet()
                    ends.withLock { $0.append(plain[1 - victim].isDead) }
                }
            }
            let seen = ends.withLock { $0 }
            #expect(seen.count == 2)
            #expect(seen.first == seen.last, "seed \(seed)")
        }
    }

    @Test("Linking with the dead is an exit signal at once")
    func dead() {
        withLinked { runtime, watcher, plain, journal in
            plain[0].kill()
            try await watcher.call { $0.context.link(with: plain[0]) }
            try await runtime.quiet()
            #expect(journal.take() == ["exit no process"])
            try await plain[1].call { $0.link(plain[0]) }
            try await runtime.quiet()
            #expect("\(await plain[1].exitReason())" == "no process")
        }
    }

    @Test("A kill cannot be handled: it ends whoever it is sent to, and is seen as killed")
    func kill() {
        withLinked { runtime, watcher, plain, journal in
            try await watcher.call { $0.context.link(with: plain[0]) }
            try await plain[1].call { $0.link(watcher) }
            watcher.kill()
            try await runtime.quiet()
            #expect(journal.all.isEmpty)
            #expect("\(await watcher.exitReason())" == "killed")
            #expect("\(await plain[0].exitReason())" == "killed")
            #expect("\(await plain[1].exitReason())" == "killed")
        }
    }

    @Test("A supervisor does not mind exit signals from anybody but a kill, and the dead send none")
    func supervisor() {
        simulate { simulation in
            let root = try await simulation.runtime.start(
                Supervisor {
                    Worker("one", restart: .temporary) { Plain($0) }
                    Supervisor("two") { Worker("three", name: "three") { Plain($0) } }
                }
            )
            let one = try root.child("one", as: Plain.self)
            let two = try root.child("two", as: SupervisorProcess.self)
            let context = try await one.call { $0.context }
            try await one.call { process in
                process.link(two)
                process.exit(.shutdown, two)
                process.exit(.crash(Boom()), two)
            }
            try await simulation.runtime.quiet()
            #expect(!two.isDead)
            one.kill()
            context.sendExit(.killed, to: two)
            try await simulation.runtime.quiet()
            #expect(!two.isDead)
        }
    }
}
