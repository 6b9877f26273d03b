import Mangrove
import MangroveTesting
import Testing

/// Keeps the notices it receives.
private actor Observer: ProcessActor, SignalHandling {
    let context: ProcessContext
    private(set) var notices: [Down] = []

    init(_ context: ProcessContext) { self.context = context }

    func handle(_ signal: Signal) {
        if case .down(let down) = signal { notices.append(down) }
    }
}

@Suite("Monitors") struct MonitorConformanceTests {
    private func withObserver(
        _ body: @escaping @Sendable (Runtime, Ref<Observer>, [Ref<Plain>]) async throws -> Void
    ) {
        withLinked { runtime, _, plain, _ in
            let root = try await runtime.start(Supervisor("observing") { Worker("observer") { Observer($0) } })
            try await body(runtime, try root.child("observer", as: Observer.self), plain)
        }
    }

    @Test("Two monitors on one process give two notices, each with its own monitor (case 226)")
    func twice() {
        withObserver { runtime, observer, plain in
            let monitors = try await observer.call { observer in
                (0..<2).map { _ in observer.context.monitor(plain[0]) }
            }
            #expect(Set(monitors).count == 2)
            plain[0].kill()
            try await runtime.quiet()
            let notices = try await observer.call { $0.notices }
            #expect(notices.map(\.monitor) == monitors)
        }
    }

    @Test("Monitoring the dead, or a name that nobody has, gives a notice at once and no error (case 229)")
    func dead() {
        withObserver { runtime, observer, plain in
            plain[0].kill()
            let (dead, nobody) = try await observer.call { observer in
                (
                    observer.context.monitor(plain[0]),
                    observer.context.monitor(runtime.address("nobody", of: Plain.self))
                )
            }
            try await runtime.quiet()
            let notices = try await observer.call { $0.notices }
            #expect(notices.map(\.monitor) == [dead, nobody])
            #expect(notices.map { "\($0.reason)" } == ["no process", "no process"])
            #expect(notices.first?.process == plain[0].id)
            #expect(notices.last?.name == "nobody")
            #expect(runtime.clock.now().nanoseconds == 1)
        }
    }

    @Test("A notice says whose monitor it is, who ended, by what name it was known, and why (case 230)")
    func contents() {
        withObserver { runtime, observer, plain in
            let monitors = try await observer.call { observer in
                [
                    observer.context.monitor(plain[0]),
                    observer.context.monitor(runtime.address("plain 1", of: Plain.self)),
                ]
            }
            try plain[0].cast { try $0.leave(.crash(Boom())) }
            try await runtime.quiet()
            await plain[1].stop(.shutdown)
            try await runtime.quiet()
            let notices = try await observer.call { $0.notices }
            #expect(notices.map(\.monitor) == monitors)
            #expect(notices.map(\.process) == [plain[0].id, plain[1].id])
            #expect(notices.map(\.name) == [nil, "plain 1"])
            #expect(notices.map { "\($0.reason)" } == ["crash: Boom()", "shutdown"])
            #expect(!observer.isDead)
        }
    }

    @Test("After a monitor was taken back no notice comes, not even one that was under way (case 231)")
    func takenBack() {
        for isUnderWay in [false, true] {
            withObserver { runtime, observer, plain in
                let (first, second, third) = try await observer.call { observer in
                    (
                        observer.context.monitor(plain[0]),
                        observer.context.monitor(runtime.address("plain 0", of: Plain.self)),
                        observer.context.monitor(plain[0])
                    )
                }
                try observer.cast { observer in
                    if isUnderWay { try await runtime.sleep(for: .seconds(1)) }
                    observer.context.demonitor(first, of: plain[0])
                    observer.context.demonitor(second)
                }
                try await runtime.quiet()
                plain[0].kill()
                try await runtime.sleep(for: .seconds(5))
                #expect(try await observer.call { $0.notices.map(\.monitor) } == [third])
            }
        }
    }

    @Test("What a process sent before it ended arrives before the notice of its end, by ref or by name (case 232)")
    func afterItsMessages() {
        withLinked { runtime, watcher, plain, journal in
            try await watcher.call { watcher in
                watcher.context.monitor(plain[0])
                watcher.context.monitor(runtime.address("plain 0", of: Plain.self))
                watcher.context.link(with: plain[0])
            }
            try plain[0].cast { process in
                for word in ["one", "two", "three"] { try process.tell(watcher, word) }
                try process.leave(.shutdown)
            }
            try await runtime.quiet()
            #expect(
                journal.all == ["one", "two", "three", "down shutdown", "down shutdown", "exit shutdown"]
            )
        }
    }

    @Test("A monitor is used up by its notice: who takes the name later is not watched")
    func once() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("observer") { Observer($0) }
                    Worker("plain", name: "plain") { Plain($0) }
                }
            )
            let observer = try root.child("observer", as: Observer.self)
            let name = runtime.address("plain", of: Plain.self)
            try await observer.call { _ = $0.context.monitor(name) }
            for _ in 0..<2 {
                try name.resolve().kill()
                try await runtime.quiet()
            }
            #expect(try await observer.call { $0.notices.count } == 1)
        }
    }

    @Test("A monitor of a process that has ended itself leaves nothing behind in the one it watched")
    func watcherEnds() {
        withLinked { runtime, watcher, plain, journal in
            try await watcher.call { _ = $0.context.monitor(plain[0]) }
            watcher.kill()
            plain[0].kill()
            try await runtime.quiet()
            #expect(journal.all.isEmpty)
        }
    }
}
