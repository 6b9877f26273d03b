import Mangrove
import MangroveTesting
import Testing

struct Boom: Error {}

/// What happened, in order, over a whole run.
final class Journal: Sendable {
    private let lines = Lock<[String]>([])

    func add(_ line: String) { lines.withLock { $0.append(line) } }

    var all: [String] { lines.withLock { $0 } }

    /// The lines since the last look.
    func take() -> [String] {
        lines.withLock { lines in
            defer { lines = [] }
            return lines
        }
    }
}

/// A process that does as its script says, and writes down its starts and stops.
actor Scripted: ProcessActor, Terminating {
    enum Start: Sendable {
        case works
        case fails
        case ignores
        case takes(Duration)
        /// Fails, and so does every attempt after it.
        case failsForEver
        /// Never returns, unless cancelled.
        case hangs
    }

    let id: String
    private let journal: Journal
    private let runtime: Runtime
    private let terminating: Duration?
    private(set) var state = 0

    init(_ id: String, _ journal: Journal, _ runtime: Runtime, terminating: Duration?) {
        self.id = id
        self.journal = journal
        self.runtime = runtime
        self.terminating = terminating
    }

    func terminate(reason: ExitReason) async {
        // Time to finish that cancellation does not cut short.
        if let terminating {
            await runtime.spawn { [runtime] in try? await runtime.sleep(for: terminating) }.value
        }
        journal.add("stop \(id) \(reason)")
    }

    func set(_ value: Int) { state = value }
    func crash() throws { throw Boom() }
    func leave(_ reason: ExitReason) throws { throw Exit(reason) }
}

/// A child that runs a ``Scripted`` process.
func scripted(
    _ id: ChildID,
    _ journal: Journal,
    name: ProcessName? = nil,
    restart: RestartType = .permanent,
    shutdown: ShutdownPolicy = .within(.seconds(5)),
    isSignificant: Bool = false,
    mailboxLimit: Int = 100_000,
    starts: [Scripted.Start] = [],
    terminating: Duration? = nil
) -> Worker {
    let attempts = Lock(0)
    return Worker(
        id,
        name: name,
        restart: restart,
        shutdown: shutdown,
        isSignificant: isSignificant,
        mailboxLimit: mailboxLimit
    ) { context in
        let attempt = attempts.withLock { attempts -> Int in
            attempts += 1
            return attempts - 1
        }
        let runtime = context.runtime
        var start = starts.indices.contains(attempt) ? starts[attempt] : .works
        if attempt >= starts.count, case .failsForEver? = starts.last { start = .fails }
        switch start {
        case .works: break
        case .fails, .failsForEver:
            journal.add("fail \(id)")
            throw Boom()
        case .ignores:
            journal.add("ignore \(id)")
            throw IgnoreStart()
        case .takes(let time):
            try await runtime.sleep(for: time)
        case .hangs:
            journal.add("hang \(id)")
            try await runtime.sleep(for: .seconds(1_000_000))
        }
        journal.add("start \(id)")
        return Scripted(id.text, journal, runtime, terminating: terminating)
    }
}

/// Runs `body` under several seeds, then stops everything and checks that nothing is left: no process, no timer.
/// - Parameter leavingTimers: whether the test's own processes sleep on after they were killed.
func simulate(
    seeds: Range<UInt64> = 0..<8,
    leavingTimers: Bool = false,
    location: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (Simulation) async throws -> Void
) {
    for seed in seeds {
        let simulation = Simulation(seed: seed, stepLimit: 100_000)
        do {
            try simulation.run { simulation in
                try await body(simulation)
                await simulation.runtime.shutdown()
            }
            simulation.settle()
            #expect(simulation.runtime.processCount == 0, "seed \(seed): processes left", sourceLocation: location)
            #expect(
                leavingTimers || simulation.clock.timerCount == 0,
                "seed \(seed): timers left",
                sourceLocation: location
            )
        } catch {
            Issue.record("seed \(seed): \(error)", sourceLocation: location)
        }
    }
}

extension Runtime {
    /// Waits until everything that can happen without time passing has happened.
    func quiet() async throws {
        try await sleep(for: .nanoseconds(1))
    }

    /// Makes the child at a path below the root crash, and waits for what follows.
    func crash(_ path: String) async throws {
        #expect(crash(at: "supervisor/" + path, with: Boom()), "nobody at \(path)")
        try await quiet()
    }

    /// Makes it end with a reason of its own.
    func end(_ path: String, _ reason: ExitReason) async throws {
        let node = tree().node(at: "supervisor/" + path)
        #expect(node?.process != nil, "nobody at \(path)")
        if case .killed = reason {
            _ = crash(at: "supervisor/" + path, with: Boom(), kill: true)
        } else {
            _ = crash(at: "supervisor/" + path, with: Exit(reason))
        }
        try await quiet()
    }

    func process(_ path: String) -> ProcessID? {
        tree().node(at: "supervisor/" + path)?.process
    }
}
