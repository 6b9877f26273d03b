import Mangrove
import MangroveStore

/// `grove demo`: a tour of the whole system, on real events, with faults on purpose. Ends by itself.
///
/// What the stores hold at the end is read by a fresh process and compared with what the clients heard, never with what
/// the node believed.
func runDemo(_ options: DemoOptions, _ console: Console) async throws -> ExitCode {
    let runtime = Runtime(.system(disk: POSIXDisk(), logs: SilentLogSink()))
    let events: DemoEvents
    if let file = options.events {
        events = try DemoEvents(file: file, console)
    } else {
        events = try await DemoEvents(historyIn: runtime)
    }
    let directory = try System.makeTemporaryDirectory("mangrove-demo-")
    let demo = Demo(runtime, DemoPrinter(console), directory)
    let sound = try await demo.run(events)
    await runtime.shutdown()
    if sound { try await runtime.environment.blocking.run { try removeTree(directory, POSIXDisk()) } }
    return sound ? .done : .failure
}

/// One run of the tour.
final class Demo {
    static let stores = ["history", "mirror"]

    let runtime: Runtime
    let print: DemoPrinter
    let directory: String
    let ledger = DemoLedger()
    private var subscriber: DemoSubscriber?

    init(_ runtime: Runtime, _ print: DemoPrinter, _ directory: String) {
        self.runtime = runtime
        self.print = print
        self.directory = directory
    }

    /// - Returns: whether all that was acknowledged is there.
    func run(_ events: DemoEvents) async throws -> Bool {
        print.title("Mangrove: supervised stores that survive being killed")
        print.fact("node", "process \(System.processID), data in \(directory)")
        print.events(events)

        var settings = NodeSettings(dataDirectory: directory, owner: "\(System.processID)")
        settings.allowsFaults = true
        let node = try await Node.open(settings, in: runtime)
        try await load(events, into: node.gateway)
        let intact = try await breakThings(node.gateway)
        await node.close()
        try await killNode()
        let sound = try await audit()
        print.verdict(sound && intact && ledger.failures.isEmpty, ledger.failures, directory)
        return sound && intact && ledger.failures.isEmpty
    }

    // MARK: Filling the stores

    private func load(_ events: DemoEvents, into gateway: LocalGateway) async throws {
        print.step("Two stores, created while the node runs, filled by concurrent writers")
        let writers = 8
        let randomness = runtime.environment.randomness
        for store in Self.stores { try await gateway.createStore(store) }
        let subscriber = DemoSubscriber(try gateway.subscribe(to: "history", .all), runtime)
        self.subscriber = subscriber

        let total = events.lines.count * Self.stores.count
        let began = runtime.clock.now()
        let working = Lock<Int>(Self.stores.count * writers)
        let (ledger, runtime) = (ledger, runtime)
        var tasks: [Task<Void, Never>] = []
        for store in Self.stores {
            let shares = try events.shares(for: store, writers: writers) {
                EventID(randomHigh: randomness.next(), low: randomness.next())
            }
            for share in shares {
                tasks.append(
                    runtime.spawn { @Sendable in
                        await Self.append(share, to: store, gateway, ledger, runtime)
                        working.withLock { $0 -= 1 }
                    }
                )
            }
        }
        while working.withLock({ $0 }) > 0 {
            let done = Self.stores.reduce(0) { $0 + ledger.acknowledged($1) }
            print.progress(done, of: total, "\(Quantity.count(done)) events acknowledged")
            try await runtime.sleep(for: .milliseconds(20))
        }
        for task in tasks { await task.value }
        print.endProgress()
        let seconds = began.duration(to: runtime.clock.now())
        for info in try await gateway.stores() {
            print.filled(info, after: seconds)
        }
        let caughtUp = try await subscriber.wait(for: ledger.acknowledged("history"))
        print.fact("subscriber", "followed 'history' live: \(Quantity.count(caughtUp)) events, no gap, none twice")
        print.step("The live supervision tree")
        print.tree(runtime.tree())
    }

    private static func append(
        _ share: [StreamBatch],
        to store: String,
        _ gateway: any Gateway,
        _ ledger: DemoLedger,
        _ runtime: Runtime
    ) async {
        for batch in share {
            let began = runtime.clock.now()
            do {
                let result = try await gateway.append(to: store, stream: batch.stream, expecting: .any, batch.events)
                ledger.acknowledge(store, batch.events, result, after: began.duration(to: runtime.clock.now()))
            } catch {
                ledger.fail(store, error)
            }
        }
    }

    // MARK: Faults

    private func breakThings(_ gateway: LocalGateway) async throws -> Bool {
        print.step("Faults on purpose in 'history', while clients go on appending to both stores")
        let load = DemoLoad(runtime, ledger, gateway)
        for store in Self.stores { load.start(store, clients: 4, name: "client") }
        try await runtime.sleep(for: .milliseconds(300))
        let others = Self.processes(of: "node/stores/mirror", in: runtime.tree())
        let faults = [
            DemoFault("a stream's writer crashes", "core/persistence/streams/writers", finding: "client-0"),
            DemoFault("a partition of the readers crashes", "core/persistence/streams/readers/1"),
            DemoFault("the leader worker crashes", "core/notification/leader/worker"),
            DemoFault("the log engine crashes", "core/storage/engine"),
            DemoFault("the whole subtree of the store is killed", "", kill: true),
        ]
        for fault in faults {
            ledger.resetLatency()
            let before = runtime.tree()
            guard let path = fault.path(under: "node/stores/history", in: before) else { continue }
            let began = runtime.clock.now()
            try await gateway.crash(path, kill: fault.kill)
            let difference = try await recovery(from: before, at: path)
            let took = began.duration(to: runtime.clock.now())
            let now = runtime.clock.now()
            print.recovered(fault, path, difference, began: began, now: now, took: took)
            try await runtime.sleep(for: .milliseconds(300))
            print.load(history: ledger.slowest("history"), mirror: ledger.slowest("mirror"))
        }
        await load.stop()
        let noticed = Self.processes(of: "node/stores/mirror", in: runtime.tree()) != others
        let followed = try await subscriber?.wait(for: ledger.acknowledged("history")) ?? 0
        print.fact("subscriber", "followed through all of it: \(Quantity.count(followed)) events, no gap, none twice")
        print.fact("'mirror'", noticed ? "was disturbed" : "never noticed: not one of its processes was restarted")
        subscriber?.cancel()
        return !noticed
    }

    /// The fixed processes of a store; writers and emitters come and go.
    private static func processes(of path: String, in tree: ProcessTree) -> [ProcessID?] {
        guard let node = tree.node(at: path) else { return [] }
        return node.subtree.filter { !DemoFault.comesAndGoes($0.path) }.map(\.process)
    }

    /// Waits until everything that was there is there again.
    private func recovery(from before: ProcessTree, at path: String) async throws -> TreeDifference {
        let deadline = runtime.clock.now().advanced(by: .seconds(20))
        while true {
            let difference = TreeDifference(from: before, to: runtime.tree()) { other in
                other != path && DemoFault.comesAndGoes(other)
            }
            if difference.isWhole, !difference.restarted.isEmpty { return difference }
            guard runtime.clock.now() < deadline else {
                throw Failure(.failure, "\(path) was not running again after 20 s")
            }
            try await runtime.sleep(for: .microseconds(100))
        }
    }
}

/// A fault the demo injects.
struct DemoFault {
    let title: String
    let kill: Bool
    private let place: String
    private let finding: String?

    /// - Parameters:
    ///   - place: the process's path within its store.
    ///   - finding: the id of the process below that path, wherever it is.
    init(_ title: String, _ place: String, finding: String? = nil, kill: Bool = false) {
        self.title = title
        self.place = place
        self.finding = finding
        self.kill = kill
    }

    func path(under store: String, in tree: ProcessTree) -> String? {
        let root = place.isEmpty ? store : store + "/" + place
        guard let node = tree.node(at: root) else { return nil }
        guard let finding else { return node.path }
        return node.subtree.first { $0.id.text == finding }?.path
    }

    /// Whether what stands at a path ends by itself, and is not brought back by a supervisor.
    static func comesAndGoes(_ path: String) -> Bool {
        let parts = path.split(separator: "/")
        return parts.contains("emitters") && parts.last != "emitters"
            || parts.firstIndex(of: "writers").map { parts.count > $0 + 2 } ?? false
    }
}

/// Follows a store and checks that its events come once each, in order.
final class DemoSubscriber: Sendable {
    private let runtime: Runtime
    private let state = Lock<(count: Int, problem: String?)>((0, nil))
    private let task: Lock<Task<Void, Never>?> = Lock(nil)

    init(_ subscription: EventSubscription, _ runtime: Runtime) {
        self.runtime = runtime
        let started = runtime.spawn { [state] in
            do {
                for try await event in subscription {
                    state.withLock { state in
                        if event.position != state.count { state.problem = "position \(event.position) out of turn" }
                        state.count += 1
                    }
                }
            } catch {
                state.withLock { $0.problem = "\(error)" }
            }
        }
        task.withLock { $0 = started }
    }

    /// Waits until `count` events have come.
    func wait(for count: Int) async throws -> Int {
        let deadline = runtime.clock.now().advanced(by: .seconds(30))
        while true {
            let (received, problem) = state.withLock { $0 }
            if let problem { throw Failure(.failure, "the subscriber: \(problem)") }
            if received >= count { return received }
            guard runtime.clock.now() < deadline else {
                throw Failure(.failure, "the subscriber has \(received) of \(count) events after 30 s")
            }
            try await runtime.sleep(for: .milliseconds(1))
        }
    }

    func cancel() {
        task.withLock { $0 }?.cancel()
    }
}

/// Removes a directory with all that is in it.
private func removeTree(_ path: String, _ disk: any Disk) throws {
    for name in try disk.list(path) {
        let entry = path + "/" + name
        if try disk.kind(of: entry) == .directory {
            try removeTree(entry, disk)
        } else {
            try disk.removeFile(entry)
        }
    }
    try disk.removeDirectory(path)
}
