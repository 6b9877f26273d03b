import Mangrove
import MangroveTesting
import Testing

/// Writes down the signals it receives, and the words it is sent, in the order of their turns.
actor Trapper: ProcessActor, SignalHandling {
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

    func say(_ word: String) { journal.add(word) }
    func spend(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
    func leave(_ reason: ExitReason) throws { throw Exit(reason) }
}

/// Ends with whom it is linked with.
actor Plain: ProcessActor {
    let context: ProcessContext
    init(_ context: ProcessContext) { self.context = context }
    func link<Target>(_ other: Ref<Target>) { context.link(with: other) }
    func unlink<Target>(_ other: Ref<Target>) { context.unlink(from: other) }
    func exit<Target>(_ reason: ExitReason, _ other: Ref<Target>) { context.sendExit(reason, to: other) }
    func tell(_ watcher: Ref<Trapper>, _ word: String) throws { try watcher.cast { $0.say(word) } }
    func leave(_ reason: ExitReason) throws { throw Exit(reason) }
    func spend(_ time: Duration) async throws { try await context.runtime.sleep(for: time) }
}

/// Runs `body` with one process that handles signals and several that do not, under several seeds.
func withLinked(
    _ count: Int = 4,
    seeds: Range<UInt64> = 0..<20,
    _ body: @escaping @Sendable (Runtime, Ref<Trapper>, [Ref<Plain>], Journal) async throws -> Void
) {
    simulate(seeds: seeds) { simulation in
        let journal = Journal()
        let root = try await simulation.runtime.start(
            Supervisor {
                Worker("watcher", restart: .temporary) { Trapper(journal, $0) }
                for id in 0..<count {
                    Worker(ChildID(id), name: ProcessName("plain \(id)"), restart: .temporary) { Plain($0) }
                }
            }
        )
        let watcher = try root.child("watcher", as: Trapper.self)
        let plain = try (0..<count).map { try root.child(ChildID($0), as: Plain.self) }
        try await body(simulation.runtime, watcher, plain, journal)
    }
}
