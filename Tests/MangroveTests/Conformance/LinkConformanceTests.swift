import Mangrove
import MangroveTesting
import Testing

/// Writes down the signals it receives, and the words it is sent, in the order of their turns.
private actor Watcher: ProcessActor, SignalHandling {
    private let journal: Journal
    let context: ProcessContext

    init(_ journal: Journal, _ context: ProcessContext) {
        self.journal = journal
        self.context = context
    }

    func handle(_ signal: Signal) {
        switch signal {
        case .down(let down): journal.add("down \(down.reason)")
        case .exit(_, let reason): journal.add("exit \(reason)")
        }
    }

    func monitor<Target>(_ other: Ref<Target>) -> MonitorID { context.monitor(other) }
    func demonitor<Target>(_ monitor: MonitorID, _ other: Ref<Target>) { context.demonitor(monitor, of: other) }
    func link<Target>(_ other: Ref<Target>) { context.link(with: other) }
    func unlink<Target>(_ other: Ref<Target>) { context.unlink(from: other) }
    func say(_ word: String) { journal.add(word) }
    func spend(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
}

/// Ends with whom it is linked with.
private actor Plain: ProcessActor {
    let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }
    func link<Target>(_ other: Ref<Target>) { context.link(with: other) }
    func tell(_ watcher: Ref<Watcher>, _ word: String) throws { try watcher.cast { $0.say(word) } }
    func leave(_ reason: ExitReason) throws { throw Exit(reason) }
}

@Suite("Links and monitors") struct LinkConformanceTests {
    private func withProcesses(
        _ body: @escaping @Sendable (Runtime, Ref<Watcher>, [Ref<Plain>], Journal) async throws -> Void
    ) {
        simulate(seeds: 0..<20) { simulation in
            let journal = Journal()
            let root = try await simulation.runtime.start(
                Supervisor {
                    Worker("watcher", restart: .temporary) { Watcher(journal, $0) }
                    for id in 0..<4 { Worker(ChildID(id), restart: .temporary) { Plain($0) } }
                }
            )
            let watcher = try root.child("watcher", as: Watcher.self)
            let plain = try (0..<4).map { try root.child(ChildID($0), as: Plain.self) }
            try await body(simulation.runtime, watcher, plain, journal)
        }
    }

    @Test("A process ends with the reason of the one it is linked with, down a whole chain (cases 215, 235)")
    func chain() {
        withProcesses { runtime, _, plain, _ in
            for (one, next) in zip(plain, plain.dropFirst()) { try await one.call { $0.link(next) } }
            plain[0].kill()
            try await runtime.quiet()
            for process in plain { #expect("\(await process.exitReason())" == "killed") }
        }
    }

    @Test("A normal end does not touch those that are linked (case 216)")
    func normal() {
        withProcesses { runtime, _, plain, _ in
            try await plain[0].call { $0.link(plain[1]) }
            await plain[1].stop(.normal)
            try await runtime.quiet()
            #expect(!plain[0].isDead)
        }
    }

    @Test("A process that handles signals is told of a linked one's end, a normal one included, and lives (case 217)")
    func trapping() {
        withProcesses { runtime, watcher, plain, journal in
            try await watcher.call { $0.link(plain[0]) }
            try await watcher.call { $0.link(plain[1]) }
            await plain[0].stop(.normal)
            plain[1].kill()
            try await runtime.quiet()
            #expect(journal.all == ["exit normal", "exit killed"])
            #expect(!watcher.isDead)
        }
    }

    @Test("Linking twice gives one notice, monitoring twice gives two (cases 225, 226)")
    func twice() {
        withProcesses { runtime, watcher, plain, journal in
            for _ in 0..<2 {
                try await watcher.call { $0.link(plain[0]) }
                _ = try await watcher.call { $0.monitor(plain[0]) }
            }
            plain[0].kill()
            try await runtime.quiet()
            #expect(journal.all.sorted() == ["down killed", "down killed", "exit killed"])
        }
    }

    @Test("After unlinking or taking a monitor back no notice comes, even one that was under way (cases 227, 231)")
    func takenBack() {
        withProcesses { runtime, watcher, plain, journal in
            try await watcher.call { $0.link(plain[0]) }
            let monitor = try await watcher.call { $0.monitor(plain[0]) }
            try watcher.cast { watcher in
                try await watcher.spend(.seconds(1))
                watcher.unlink(plain[0])
                watcher.demonitor(monitor, plain[0])
            }
            try await runtime.quiet()
            plain[0].kill()
            try await runtime.sleep(for: .seconds(5))
            #expect(journal.all.isEmpty)
        }
    }

    @Test("Monitoring the dead gives a notice at once, linking with it an exit (case 229)")
    func dead() {
        withProcesses { runtime, watcher, plain, journal in
            plain[0].kill()
            _ = try await watcher.call { $0.monitor(plain[0]) }
            try await runtime.quiet()
            #expect(journal.take() == ["down no process"])
            try await watcher.call { $0.link(plain[0]) }
            try await runtime.quiet()
            #expect(journal.take() == ["exit no process"])
            try await plain[1].call { $0.link(plain[0]) }
            try await runtime.quiet()
            #expect(plain[1].isDead)
        }
    }

    @Test("What a process sent before it ended arrives before the notice of its end (case 232)")
    func afterItsMessages() {
        withProcesses { runtime, watcher, plain, journal in
            _ = try await watcher.call { $0.monitor(plain[0]) }
            try plain[0].cast { process in
                for word in ["one", "two", "three"] { try process.tell(watcher, word) }
                try process.leave(.shutdown)
            }
            try await runtime.quiet()
            #expect(journal.all == ["one", "two", "three", "down shutdown"])
        }
    }

    @Test("Of two reasons to end the first counts (case 224)")
    func firstReason() {
        withProcesses { _, _, plain, _ in
            let slow = try await plain[0].call { $0.context }
            _ = slow
            try plain[0].cast { process in try await process.context.runtime.sleep(for: .seconds(1)) }
            try await plain[1].call { _ in }
            async let first = plain[0].stop(.shutdown)
            try await plain[1].call { _ in }
            let second = await plain[0].stop(.normal)
            #expect("\(await first)" == "\(second)")
        }
    }

    @Test("A monitor of a process that has ended itself leaves nothing behind in the one it watched")
    func watcherEnds() {
        withProcesses { runtime, watcher, plain, journal in
            _ = try await watcher.call { $0.monitor(plain[0]) }
            watcher.kill()
            plain[0].kill()
            try await runtime.quiet()
            #expect(journal.all.isEmpty)
        }
    }
}
