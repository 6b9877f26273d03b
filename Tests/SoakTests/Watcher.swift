import Mangrove
import MangroveTesting

/// A process that monitors others, and says of whose end it was not told.
actor Watcher: ProcessActor, SignalHandling {
    private let context: ProcessContext
    private var watched: Set<ProcessID> = []

    init(_ context: ProcessContext) { self.context = context }

    func watch(_ ledger: Ref<Ledger>) {
        if watched.insert(ledger.id).inserted { context.monitor(ledger) }
    }

    /// Those whose ends it still waits for.
    func awaited() -> Set<ProcessID> { watched }

    func handle(_ signal: Signal) async throws {
        if case .down(let down) = signal { watched.remove(down.process) }
    }
}

extension World {
    /// Has the machine's watcher watch its ledger, and looks whether it was told of the ends of those before.
    func lookAtWatcher() async {
        guard machine.isOn else { return }
        let runtime = machine.runtime
        let watcher = runtime.address("watcher", of: Watcher.self)
        if let ledger = try? runtime.address("ledger", of: Ledger.self).resolve() {
            _ = try? await watcher.call { $0.watch(ledger) }
        }
        // Asked after these ends: whatever there is to be told of them is in its mailbox before.
        let dead = deadProcesses
        guard let awaited = try? await watcher.call({ $0.awaited() }) else { return }
        if let forgotten = awaited.first(where: dead.contains) {
            complain("the watcher was not told of the end of \(forgotten)")
        }
    }
}
