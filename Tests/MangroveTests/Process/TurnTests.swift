import Mangrove
import MangroveTesting
import Testing

/// Notices when two turns overlap, and keeps what it was sent in order of arrival.
private actor Ledger: ProcessActor, Terminating {
    private let runtime: Runtime
    private var inside = 0
    private(set) var overlaps = 0
    private(set) var entries: [String] = []

    init(_ runtime: Runtime) { self.runtime = runtime }

    func quick(_ entry: String) {
        if inside != 0 { overlaps += 1 }
        entries.append(entry)
    }

    func slow(_ entry: String, _ time: Duration) async {
        if inside != 0 { overlaps += 1 }
        inside += 1
        for _ in 0..<3 { try? await runtime.sleep(for: time) }
        inside -= 1
        entries.append(entry)
    }

    func terminate(reason: ExitReason) async {
        if inside != 0 { overlaps += 1 }
    }
}

@Suite("Turns: one at a time, in each sender's order") struct TurnTests {
    @Test("Whatever senders do, turns never overlap and each sender's messages keep their order")
    func mixedSenders() {
        simulate(seeds: 0..<300) { simulation in
            let runtime = simulation.runtime
            try await runtime.start(Supervisor { Worker("ledger", name: "ledger") { Ledger($0.runtime) } })
            let ledger = runtime.address("ledger", of: Ledger.self)
            var senders: [Task<Void, Never>] = []
            for sender in 0..<5 {
                var chance = SeededGenerator(seed: simulation.seed &* 31 &+ UInt64(sender))
                let choices = (0..<12).map { _ in Int(chance.next() % 5) }
                let pause = Duration.microseconds(Int(chance.next() % 40))
                senders.append(
                    runtime.spawn {
                        for (number, choice) in choices.enumerated() {
                            let entry = "\(sender) \(number)"
                            do {
                                switch choice {
                                case 0: try ledger.cast { $0.quick(entry) }
                                case 1: try ledger.cast { await $0.slow(entry, pause) }
                                case 2: try await ledger.call { $0.quick(entry) }
                                case 3: try await ledger.call { await $0.slow(entry, pause) }
                                default:
                                    try await runtime.sleep(for: pause)
                                    try await ledger.call { $0.quick(entry) }
                                }
                            } catch { Issue.record("seed \(simulation.seed): \(error)") }
                        }
                    }
                )
            }
            for sender in senders { await sender.value }
            let (entries, overlaps) = try await ledger.call { ($0.entries, $0.overlaps) }
            #expect(overlaps == 0, "seed \(simulation.seed)")
            for sender in 0..<5 {
                let own = entries.filter { $0.hasPrefix("\(sender) ") }
                #expect(own == (0..<12).map { "\(sender) \($0)" }, "seed \(simulation.seed)")
            }
        }
    }

    @Test("A call never overtakes the casts that its caller sent before, suspending ones included")
    func callAfterCasts() {
        simulate(seeds: 0..<200) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { Worker("ledger") { Ledger($0.runtime) } })
            let ledger = try root.child("ledger", as: Ledger.self)
            try ledger.cast { await $0.slow("a", .milliseconds(1)) }
            try ledger.cast { $0.quick("b") }
            let seen = try await ledger.call { $0.entries }
            #expect(seen == ["a", "b"])
        }
    }

    @Test("A caller that is cancelled while it waits is freed, and its work is not done")
    func cancelledInQueue() {
        simulate(seeds: 0..<100) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { Worker("ledger") { Ledger($0.runtime) } })
            let ledger = try root.child("ledger", as: Ledger.self)
            try ledger.cast { await $0.slow("a", .seconds(1)) }
            let journal = Journal()
            let caller = runtime.spawn {
                do {
                    try await ledger.call { $0.quick("never") }
                } catch is CancellationError { journal.add("cancelled") } catch { journal.add("\(error)") }
            }
            try await runtime.quiet()
            caller.cancel()
            await caller.value
            #expect(journal.all == ["cancelled"])
            #expect(runtime.clock.now().nanoseconds < 1_000_000_000)
            let entries = try await ledger.call { $0.entries }
            #expect(entries == ["a"])
        }
    }

    @Test("Cancelling a caller cancels its own turn and no other, and not the process's end")
    func cancelledTurn() {
        simulate(seeds: 0..<200) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(Supervisor { Worker("ledger") { Ledger($0.runtime) } })
            let ledger = try root.child("ledger", as: Ledger.self)
            let journal = Journal()
            let caller = runtime.spawn {
                do {
                    try await ledger.call { _ in
                        do { try await runtime.sleep(for: .seconds(100)) } catch { journal.add("turn cancelled") }
                    }
                } catch { journal.add("caller freed") }
            }
            try await runtime.quiet()
            try ledger.cast { _ in
                do {
                    try await runtime.sleep(for: .seconds(1))
                    journal.add("next turn done")
                } catch { journal.add("next turn cancelled") }
            }
            caller.cancel()
            await caller.value
            try await runtime.sleep(for: .seconds(5))
            #expect(Set(journal.all) == ["turn cancelled", "caller freed", "next turn done"], "\(journal.all)")
            #expect(journal.all.count == 3)
        }
    }

    @Test("Senders who give up on a stuck process leave room for others, and no memory behind")
    func abandonedCallsDoNotCount() {
        simulate(seeds: 0..<10) { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor { Worker("ledger", name: "ledger", mailboxLimit: 4) { Ledger($0.runtime) } }
            )
            let ledger = try root.child("ledger", as: Ledger.self)
            try ledger.cast { await $0.slow("a", .seconds(1_000)) }
            try await runtime.quiet()
            for _ in 0..<200 {
                do {
                    try await ledger.call(timeout: .seconds(1)) { $0.quick("never") }
                } catch CallError.timedOut { continue }
            }
            #expect((runtime.tree().node(at: "supervisor/ledger")?.mailbox ?? 0) < 100)
            for _ in 0..<4 { try ledger.cast { $0.quick("b") } }
            #expect(throws: CallError.self) { try ledger.cast { $0.quick("c") } }
            await #expect {
                try await ledger.call { $0.entries }
            } throws: { error in
                if case CallError.mailboxFull(limit: 4) = error { true } else { false }
            }
        }
    }
}
