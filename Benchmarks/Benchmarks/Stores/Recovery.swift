import Benchmark
import Foundation
import Mangrove
import MangroveStore
import World

/// The time from nothing to the first answer, of a store that was given up in the middle of its work, with the stalest
/// checkpoint that it can have.
func registerRecovery() {
    for (name, size) in sizes.dropFirst(2) {
        Benchmark("reopen after \(name) events", configuration: settings(repetitions: 3, warmup: 0)) { benchmark in
            try await benchmark.runDirectory { directory, watch in
                try await fill(directory, size)
                // What a killed program leaves: no checkpoint of its end, and the log as it was.
                let copy = directory + "/copy"
                let runtime = makeRuntime()
                try await watch.time {
                    let node = try await Node.open(NodeSettings(dataDirectory: copy, owner: "benchmark"), in: runtime)
                    blackHole(try await node.gateway.version(of: "filled-0", in: Bench.store))
                }
                await runtime.shutdown()
            }
        }
    }
}

/// Fills a store and copies its directory while it is open, as a kill would leave it.
private func fill(_ directory: String, _ size: Int) async throws {
    let runtime = makeRuntime()
    let original = directory + "/original"
    let node = try await Node.open(NodeSettings(dataDirectory: original, owner: "benchmark"), in: runtime)
    try await node.gateway.createStore(Bench.store)
    try await Bench(node: node).fill(size)
    try FileManager.default.copyItem(atPath: original, toPath: directory + "/copy")
    try? FileManager.default.removeItem(atPath: directory + "/copy/lock")
    await node.close()
    await runtime.shutdown()
}
