import Mangrove
import MangroveStore
import MangroveTesting

@testable import Mangrove

/// One run of the soak: a machine with two stores, its clients, and the models that they are held to.
final class World: Sendable {
    private struct State {
        var node: Node?
        var isStopped = false
        var problem: String?
        var tree = TreeModel()
        var seen = 0
        var nextEvent: UInt64 = 0
        /// Stores with a damage that was done on purpose.
        var damaged: Set<String> = []
        var followed = 0
        var happened: [SoakFault: Int] = [:]
        /// How many more requests clients make before the next thing goes wrong.
        var allowance = 0
        /// The first event of each store, of every transaction that was tried.
        var transactions: [[UInt64]] = []
    }

    static let stores = ["east", "west"]

    let simulation: Simulation
    let machine: SimulatedNode
    let models: [String: StoreModel]
    private let state = Lock(State())

    init(_ simulation: Simulation) {
        self.simulation = simulation
        let skew = ClockSkew(
            offset: .seconds(Int(simulation.seed % 7) - 3),
            drift: Int(simulation.seed % 5) * 100 - 200
        )
        machine = simulation.node("n", skew: skew)
        models = Dictionary(uniqueKeysWithValues: Self.stores.map { ($0, StoreModel($0)) })
        simulation.invariant("clients are told the truth") { [self] in state.withLock { $0.problem } }
        simulation.invariant("processes keep to the rules of their tree") { [self] in lookAtTree() }
    }

    // MARK: What must hold

    /// Notes what a client found wrong.
    func complain(_ problem: String?) {
        guard let problem else { return }
        state.withLock { state in
            if state.problem == nil { state.problem = problem }
        }
    }

    private func lookAtTree() -> String? {
        let new = simulation.events(after: state.withLock { $0.seen })
        guard !new.isEmpty else { return nil }
        var hasDied = false
        let problem = state.withLock { state -> String? in
            state.seen += new.count
            for event in new {
                if case .ended = event.kind { hasDied = true }
                if let problem = state.tree.take(event) { return problem }
            }
            return nil
        }
        return problem ?? (hasDied ? lookUpEveryone() : nil)
    }

    private func lookUpEveryone() -> String? {
        let dead = state.withLock { $0.tree.dead }
        for entry in machine.runtime.names.entries where dead.contains(entry.process.id) {
            return "the name \(entry.key) leads to \(entry.process.id), which is dead"
        }
        return nil
    }

    // MARK: State

    var deadProcesses: Set<ProcessID> { state.withLock { $0.tree.dead } }

    var restarts: Int { state.withLock { $0.tree.restarts } }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    func stop() { state.withLock { $0.isStopped = true } }

    var gateway: LocalGateway? { machine.isOn ? state.withLock { $0.node?.gateway } : nil }

    func isDamaged(_ store: String) -> Bool { state.withLock { $0.damaged.contains(store) } }

    var hasDamage: Bool { state.withLock { !$0.damaged.isEmpty } }

    func noteDamage(_ store: String) { state.withLock { _ = $0.damaged.insert(store) } }

    var hasFlippedCheckpoint: Bool { state.withLock { $0.happened[.flippedCheckpointByte] != nil } }

    /// Lets clients make requests: much time may pass until something else goes wrong, and they are not to fill it.
    func allow(_ requests: Int) { state.withLock { $0.allowance = requests } }

    /// Whether a client may make one more request.
    func isAllowed() -> Bool {
        state.withLock { state in
            state.allowance -= 1
            return state.allowance >= 0
        }
    }

    func noteTransaction(_ first: [UInt64]) { state.withLock { $0.transactions.append(first) } }

    var transactions: [[UInt64]] { state.withLock { $0.transactions } }

    func note(_ fault: SoakFault) { state.withLock { $0.happened[fault, default: 0] += 1 } }

    var happened: [SoakFault: Int] { state.withLock { $0.happened } }

    var followed: Int { state.withLock { $0.followed } }

    func follow(to position: Int) { state.withLock { $0.followed = position } }

    func sleep(_ milliseconds: Int) async { try? await simulation.runtime.sleep(for: .milliseconds(milliseconds)) }

    /// New events, whose data nobody else's are.
    func newEvents(_ count: Int, size: Int) -> [NewEvent] {
        let first = state.withLock { state in
            defer { state.nextEvent += UInt64(count) }
            return state.nextEvent
        }
        return (first..<first + UInt64(count)).map { number in
            NewEvent(
                id: EventID(high: 7, low: number),
                type: "soaked",
                data: Array("{\"event\":\(1_000_000 + number),\"x\":\"\(String(repeating: "x", count: size))\"}".utf8)
            )
        }
    }

    // MARK: The operator's work

    static var settings: NodeSettings {
        var settings = NodeSettings(dataDirectory: "/data", owner: "soak")
        settings.keepsConfiguration = true
        settings.store.segmentBytes = 4 << 10
        settings.store.partitions = 1
        settings.store.gatewayWorkers = 1
        settings.store.writerIdle = .milliseconds(40)
        settings.store.checkpointInterval = .milliseconds(25)
        settings.store.checkpointEvents = 6
        settings.store.monitorInterval = .seconds(1)
        settings.store.lowDiskBytes = 0
        settings.store.retryLimit = .milliseconds(300)
        return settings
    }

    /// Has the machine run, with its node and its ledger, whatever became of them.
    func operate() async {
        for attempt in 0..<200 {
            if !machine.isOn { machine.powerOn() }
            let runtime = machine.runtime
            let roots = Set(runtime.tree().roots.map(\.path))
            if !roots.contains("soak") { _ = try? await runtime.start(Ledger.tree()) }
            if roots.contains("node"), state.withLock({ $0.node != nil }) { return }
            await close()
            do {
                let before = Self.stores.map { ($0, logSize($0), recoveries($0)) }
                let node = try await Node.open(Self.settings, in: runtime)
                for (store, size, count) in before where logSize(store) < size && recoveries(store) == count {
                    complain(
                        "\(store) was opened with \(logSize(store)) bytes of log instead of \(size), and nothing says so"
                    )
                }
                state.withLock { $0.node = node }
                continue
            } catch {
                // What stands in the way may go on doing so: the operator mends it.
                if attempt > 3 { mend() }
                await sleep(5)
            }
        }
        complain("the node cannot be opened any more")
    }

    /// The bytes of a store's log, as the machine sees them, but for the zeros that are prepared behind its records.
    private func logSize(_ store: String) -> Int {
        let directory = "/data/\(store)/raft_logs"
        return ((try? machine.disk.list(directory)) ?? []).reduce(0) { sum, name in
            let bytes = (try? machine.disk.contents(directory + "/" + name, limit: .max)) ?? []
            return sum + (bytes.lastIndex { $0 != 0 } ?? -1) + 1
        }
    }

    /// How often it was reported that a store had something to mend.
    private func recoveries(_ store: String) -> Int {
        simulation.logs.events(named: "store.recovered").count { $0["store"]?.description == store }
    }

    /// Closes the node in good order.
    func close() async {
        let node = state.withLock { $0.node.take() }
        await node?.close()
    }

    /// The machine lost its power, or is about to: nobody uses its node any more.
    func forgetNode() { state.withLock { $0.node = nil } }

    func mend() {
        simulation.faults.revokeAll()
        machine.disk.mend()
        machine.threads.slowDown(next: 0, by: .zero)
    }
}
