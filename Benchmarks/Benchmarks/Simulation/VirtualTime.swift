import Benchmark
import Mangrove
import MangroveTesting
import World

/// Beats ten times a second, as something with heartbeats does.
private actor Heart: ProcessActor, LongRunning {
    private let context: ProcessContext
    private(set) var beats = 0

    init(_ context: ProcessContext) { self.context = context }

    func run() async throws {
        while true {
            try await context.runtime.sleep(for: .milliseconds(100))
            try context.ref(as: Heart.self).cast { $0.beat() }
        }
    }

    func beat() { beats += 1 }
}

private let seconds = 600

/// The time of one virtual second, in which ten processes each have ten timers and take ten turns.
func registerVirtualTime() {
    Benchmark("virtual second of ten beating processes", configuration: settings()) { benchmark in
        try await benchmark.run { watch in
            try await watch.time(operations: seconds) {
                try Simulation(seed: 1).run { simulation in
                    let tree = Supervisor("body") { for number in 0..<10 { Worker(ChildID(number)) { Heart($0) } } }
                    try await simulation.runtime.start(tree)
                    try await simulation.runtime.sleep(for: .seconds(seconds))
                    await simulation.runtime.shutdown()
                }
            }
        }
    }
}
