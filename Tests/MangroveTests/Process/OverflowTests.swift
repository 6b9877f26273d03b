import Mangrove
import MangroveTesting
import Testing

/// Keeps what it was given, in order, and can be held up.
private actor Collector: ProcessActor, SignalHandling {
    private(set) var items: [Int] = []
    private let context: ProcessContext

    init(_ context: ProcessContext) { self.context = context }

    func add(_ item: Int) { items.append(item) }
    func hold(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
    func handle(_ signal: Signal) { items.append(-1) }
    func watch(_ other: Ref<Collector>) { context.monitor(other) }
    func remind(_ item: Int) { context.after(.zero, as: Collector.self) { $0.add(item) } }
    func sendOn(_ other: Ref<Collector>) async throws { try await other.send { $0.add(9) } }
    func callOn(_ other: Ref<Collector>) async throws { _ = try await other.call(timeout: nil) { $0.items } }
}

@Suite("What a full mailbox does") struct OverflowTests {
    /// A process with a mailbox of three that is held up for a second, and whose mailbox is empty.
    private func held(
        _ simulation: Simulation,
        _ overflow: MailboxOverflow,
        limit: Int = 3
    ) async throws -> Ref<Collector> {
        let root = try await simulation.runtime.start(
            Supervisor { Worker("a") { Collector($0) }.mailbox(limit: limit, overflow: overflow) }
        )
        let ref = try root.child("a", as: Collector.self)
        try ref.cast { try await $0.hold(.seconds(1)) }
        try await simulation.runtime.quiet()
        return ref
    }

    private func outcome(_ body: () async throws -> Void) async -> String {
        do {
            try await body()
            return "done"
        } catch { return "\(error)" }
    }

    @Test("By default a full mailbox refuses casts and calls, and what is in it is done")
    func fail() {
        simulate { simulation in
            let ref = try await held(simulation, .fail)
            for item in 1...3 { try ref.cast { $0.add(item) } }
            let refused = await outcome { try ref.cast { $0.add(4) } }
            #expect(refused == "the mailbox is full (3 messages)")
            #expect(await outcome { try await ref.call { $0.add(5) } } == refused)
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await ref.call { $0.items } == [1, 2, 3])
        }
    }

    @Test("Dropping the newest, casts return, calls learn of it, and a burst is counted and logged once")
    func dropNewest() {
        simulate { simulation in
            let ref = try await held(simulation, .dropNewest)
            for item in 1...6 { try ref.cast { $0.add(item) } }
            #expect(await outcome { try await ref.call { $0.add(7) } } == "the mailbox is full (3 messages)")
            #expect(simulation.runtime.tree().node(at: "supervisor/a")?.dropped == 4)
            #expect(simulation.runtime.tree().text.contains("4 dropped"))
            #expect(simulation.logs.events(named: "process.mailbox.dropping").count == 1)
            try await simulation.runtime.sleep(for: .seconds(2))
            #expect(try await ref.call { $0.items } == [1, 2, 3])
            try ref.cast { try await $0.hold(.seconds(1)) }
            try await simulation.runtime.quiet()
            for item in 1...4 { try ref.cast { $0.add(item) } }
            #expect(simulation.logs.events(named: "process.mailbox.dropping").count == 2)
        }
    }

    @Test("Dropping the oldest, the newest messages are done, and the caller of a dropped call learns of it")
    func dropOldest() {
        simulate { simulation in
            let ref = try await held(simulation, .dropOldest)
            let runtime = simulation.runtime
            let journal = Journal()
            let caller = runtime.spawn { journal.add(await outcome { try await ref.call { $0.add(0) } }) }
            try await runtime.quiet()
            for item in 1...6 { try ref.cast { $0.add(item) } }
            await caller.value
            #expect(journal.all == ["the mailbox is full (3 messages)"])
            #expect(runtime.clock.now() < RuntimeInstant(nanoseconds: 1_000_000_000))
            #expect(runtime.tree().node(at: "supervisor/a")?.dropped == 4)
            try await runtime.sleep(for: .seconds(2))
            #expect(try await ref.call { $0.items } == [4, 5, 6])
        }
    }

    @Test(
        "Signals and timers are neither dropped nor refused, and keep their place",
        arguments: MailboxOverflow.allCases
    )
    func signals(overflow: MailboxOverflow) {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    Worker("a") { Collector($0) }.mailbox(limit: 1, overflow: overflow)
                    for id in 0..<50 { Worker(ChildID(id), restart: .temporary) { Collector($0) } }
                }
            )
            let ref = try root.child("a", as: Collector.self)
            let others = try (0..<50).map { try root.child(ChildID($0), as: Collector.self) }
            for other in others { try await ref.call { $0.watch(other) } }
            try await ref.call { $0.remind(-2) }
            try await runtime.quiet()
            try ref.cast { try await $0.hold(.seconds(1)) }
            try await runtime.quiet()
            for (item, other) in others.enumerated() {
                // The notice comes first, and takes no room.
                other.kill()
                try? ref.cast { $0.add(item) }
            }
            try await runtime.sleep(for: .seconds(2))
            let items = try await ref.call { $0.items }
            #expect(items.count { $0 == -1 } == 50)
            #expect(items.first == -2)
            #expect(items.filter { $0 >= 0 } == [overflow == .dropOldest ? 49 : 0])
            #expect(items.dropFirst().firstIndex { $0 >= 0 } == (overflow == .dropOldest ? 51 : 2))
        }
    }

    @Test("Under suspend a call waits for room in turn, within its timeout, and casts are refused")
    func suspend() {
        simulate { simulation in
            let runtime = simulation.runtime
            let ref = try await held(simulation, .suspend, limit: 1)
            let journal = Journal()
            try ref.cast { $0.add(0) }
            var callers: [Task<Void, Never>] = []
            for item in 1...4 {
                callers.append(
                    runtime.spawn {
                        let limit = item == 2 ? Duration.milliseconds(500) : .seconds(5)
                        let said = await outcome { try await ref.call(timeout: limit) { $0.add(item) } }
                        journal.add("\(item) \(said)")
                    }
                )
                try await runtime.quiet()
            }
            #expect(await outcome { try ref.cast { $0.add(9) } } == "the mailbox is full (1 messages)")
            for caller in callers { await caller.value }
            #expect(journal.all.first?.hasPrefix("2 no answer within") == true)
            #expect(Set(journal.all.dropFirst()) == ["1 done", "3 done", "4 done"])
            #expect(try await ref.call { $0.items } == [0, 1, 3, 4])
        }
    }

    @Test(
        "A send waits for room whatever the policy; senders are let in first come first served, each in order",
        arguments: MailboxOverflow.allCases
    )
    func send(overflow: MailboxOverflow) {
        simulate(seeds: 0..<30) { simulation in
            let runtime = simulation.runtime
            let ref = try await held(simulation, overflow, limit: 2)
            let senders = (0..<5).map { sender in
                runtime.spawn {
                    for item in 0..<20 {
                        do { try await ref.send { $0.add(sender * 100 + item) } } catch { Issue.record(error) }
                        if item % 7 == 0 { await Task.yield() }
                    }
                }
            }
            try await runtime.sleep(for: .milliseconds(10))
            #expect(runtime.tree().node(at: "supervisor/a")?.mailbox == 2)
            for sender in senders { await sender.value }
            try await runtime.quiet()
            let items = try await ref.call { $0.items }
            #expect(items.count == 100)
            for sender in 0..<5 {
                #expect(items.filter { $0 / 100 == sender } == (0..<20).map { sender * 100 + $0 })
            }
            #expect(runtime.tree().node(at: "supervisor/a")?.dropped == 0)
        }
    }

    @Test(
        "A sender that is cancelled while it waits takes its message back; those who wait when the process dies learn it"
    )
    func cancelAndDeath() {
        simulate(seeds: 0..<30) { simulation in
            let runtime = simulation.runtime
            let ref = try await held(simulation, .fail, limit: 1)
            let journal = Journal()
            try ref.cast { $0.add(0) }
            var senders: [Task<Void, Never>] = []
            for item in 1...100 {
                senders.append(
                    runtime.spawn {
                        let said = await outcome { try await ref.send { $0.add(item) } }
                        journal.add("\(item) \(said)")
                    }
                )
                try await runtime.quiet()
            }
            for sender in senders[..<98] { sender.cancel() }
            for sender in senders[..<98] { await sender.value }
            #expect(journal.take().allSatisfy { $0.hasSuffix("CancellationError()") })
            if simulation.seed % 2 == 0 {
                ref.kill()
                for sender in senders { await sender.value }
                #expect(Set(journal.all) == ["99 the process exited: killed", "100 the process exited: killed"])
                #expect(await outcome { try await ref.send { $0.add(1) } }.hasPrefix("no process"))
            } else {
                for sender in senders { await sender.value }
                try await runtime.quiet()
                #expect(try await ref.call { $0.items } == [0, 99, 100])
            }
        }
    }

    @Test("A send that would wait for its own process is refused with the circle")
    func deadlock() {
        simulate { simulation in
            let runtime = simulation.runtime
            let root = try await runtime.start(
                Supervisor {
                    for id: ChildID in ["a", "b"] { Worker(id) { Collector($0) }.mailbox(limit: 1, overflow: .fail) }
                }
            )
            let (a, b) = (try root.child("a", as: Collector.self), try root.child("b", as: Collector.self))
            let said = await outcome {
                try await a.call {
                    try a.cast { $0.add(1) }
                    try await $0.sendOn(a)
                }
            }
            #expect(said.contains("would wait for itself"))
            let crossing = runtime.spawn {
                _ = try? await b.call {
                    try await $0.hold(.milliseconds(5))
                    try await $0.callOn(a)
                }
            }
            try await runtime.quiet()
            try b.cast { $0.add(1) }
            let circle = await outcome {
                try await a.call {
                    try await $0.hold(.milliseconds(10))
                    try await $0.sendOn(b)
                }
            }
            #expect(circle.contains("would wait for itself"))
            await crossing.value
        }
    }
}
