import Mangrove
import MangroveTesting
import Testing

// The code of the guides and the README, compiled. `GuideTests` finds each of their Swift blocks in a file like this one.

private struct Order: Sendable {
    var total: Int
}

private struct OutOfStock: Error {}

private actor Stock: ProcessActor {
    private var left = 10

    func take(_ count: Int) throws {
        guard count <= left else { throw OutOfStock() }
        left -= count
    }
}

private actor Orders: ProcessActor {
    private let stock: Address<Stock>
    private var placed: [Order] = []

    init(_ context: ProcessContext) {
        stock = context.runtime.address("stock", of: Stock.self)
    }

    func place(_ order: Order) async throws -> Int {
        try await stock.call { try $0.take(1) }
        placed.append(order)
        return placed.count
    }
}

private actor Pool: ProcessActor {}

private actor Session: ProcessActor {
    let user: String

    init(user: String) { self.user = user }

    func greet() -> String { "hello, \(user)" }
}

private actor Poller: ProcessActor, LongRunning {
    private let runtime: Runtime
    private(set) var polls = 0

    init(_ context: ProcessContext) {
        runtime = context.runtime
    }

    func run() async throws {
        while true {
            try await runtime.sleep(for: .seconds(30))
            polls += 1
        }
    }
}

private actor Ledger: ProcessActor, Terminating {
    private var lines: [String] = []
    private let save: @Sendable ([String]) async -> Void

    init(save: @escaping @Sendable ([String]) async -> Void) {
        self.save = save
    }

    func write(_ line: String) { lines.append(line) }

    func terminate(reason: ExitReason) async {
        await save(lines)
    }
}

private actor Watcher: ProcessActor, SignalHandling {
    private let context: ProcessContext
    private(set) var seen: [String] = []

    init(_ context: ProcessContext) {
        self.context = context
    }

    func watch(_ session: Ref<Session>) {
        context.monitor(session)
    }

    func handle(_ signal: Signal) async throws {
        if case .down(let down) = signal { seen.append("\(down.reason)") }
    }
}

private let shop = Supervisor("shop", strategy: .restForOne, intensity: RestartIntensity(3, within: .seconds(5))) {
    Worker("stock", name: "stock") { Stock() }
    Worker("orders", name: "orders") { context in Orders(context) }
    DynamicSupervisor("sessions", name: "sessions", maxChildren: 10_000)
    PartitionSupervisor("pool", name: "pool", partitions: 8) { _ in Worker("pool") { Pool() } }
}

@Suite struct SnippetTests {
    @Test("The shop of the guides works as they say")
    func shopWorks() throws {
        try Simulation(seed: 1).run { simulation in
            let runtime = simulation.runtime
            try await runtime.start(shop)
            let orders = runtime.address("orders", of: Orders.self)
            let number = try await orders.call { try await $0.place(Order(total: 12)) }
            #expect(number == 1)

            let stock = runtime.address("stock", of: Stock.self)
            do {
                try await stock.call { try $0.take(1_000) }
            } catch is OutOfStock {
                // The process told us; it lives on.
            }
            try await stock.call { try $0.take(1) }

            let sessions = runtime.address("sessions", of: DynamicSupervisorProcess.self)
            let session = try await sessions.startChild(
                Worker("session", restart: .temporary) { Session(user: "ada") },
                as: Session.self
            )
            #expect(try await session?.call { $0.greet() } == "hello, ada")

            let pool = runtime.address("pool", of: SupervisorProcess.self)
            let worker = try pool.partition(for: "ada", as: Pool.self)
            #expect(worker == (try pool.partition(for: "ada", as: Pool.self)))

            let crashed = try stock.resolve()
            try stock.cast { try $0.take(1_000) }
            let fresh = try await stock.resolve(after: crashed)
            #expect(fresh != crashed)

            let tree = runtime.tree()
            #expect(tree.text.contains("stock"))
            await runtime.shutdown()
        }
    }

    @Test("The processes of the guides do what is said of them")
    func processes() throws {
        try Simulation(seed: 2).run { simulation in
            let runtime = simulation.runtime
            let saved = Lock<[String]>([])
            let root = try await runtime.start(
                Supervisor {
                    Worker("poller", name: "poller") { Poller($0) }
                    Worker("journal", name: "journal") {
                        Ledger { lines in saved.withLock { $0 = lines } }
                    }
                    Worker("watcher", name: "watcher") { Watcher($0) }
                    Worker("session", name: "session", restart: .temporary) { Session(user: "ada") }
                }
            )
            try await runtime.sleep(for: .seconds(61))
            #expect(try await runtime.address("poller", of: Poller.self).call { $0.polls } == 2)

            let watcher = runtime.address("watcher", of: Watcher.self)
            let session = try runtime.address("session", of: Session.self).resolve()
            try await watcher.call { $0.watch(session) }
            await session.stop()
            #expect(try await watcher.call { $0.seen } == ["normal"])

            let journal = runtime.address("journal", of: Ledger.self)
            try journal.cast { $0.write("one") }
            try journal.cast { $0.write("two") }
            // A call comes after the casts; what waits when a process is told to stop is not done.
            try await journal.call { _ in }
            #expect(try root.childCounts().active == 3)
            await runtime.shutdown()
            #expect(saved.withLock { $0 } == ["one", "two"])
        }
    }

    @Test(arguments: Seeds(200)) func survives(seed: UInt64) throws {
        try Simulation(seed: seed).run { simulation in
            let root = try await simulation.runtime.start(shop)
            try await simulation.runtime.sleep(for: .seconds(3_600))  // takes no time
            #expect(try root.childCounts().active == 4)
        }
    }
}
