import Benchmark
import Foundation
import Mangrove
import MangroveStore
import StoreWorld
import World

/// The time from nothing to the first answer, of a store that was given up in the middle of its work, by what is in it.
func registerStoreReopening() {
    for (name, size) in [("1e4", 10_000), ("1e5", 100_000), ("1e6", 1_000_000)] {
        Benchmark("reopen after \(name) events", configuration: settings(repetitions: 1, warmup: 0)) { benchmark in
            try await benchmark.runDirectory { directory, watch in
                let killed = directory + "/killed"
                try await leaveKilled(killed, size)
                try await reopenCopy(of: killed, Stopwatch())
                for _ in 0..<5 { try await reopenCopy(of: killed, watch) }
            }
        }
    }
}

/// Leaves a directory as a kill would: no checkpoint of the end, and the log as it was after the last append.
private func leaveKilled(_ directory: String, _ size: Int) async throws {
    let runtime = makeRuntime()
    let original = directory + "-original"
    let node = try await Node.open(NodeSettings(dataDirectory: original, owner: "benchmark"), in: runtime)
    try await node.gateway.createStore(Bench.store)
    try await Bench(node: node).fill(size)
    try FileManager.default.copyItem(atPath: original, toPath: directory)
    try? FileManager.default.removeItem(atPath: directory + "/lock")
    await node.close()
    await runtime.shutdown()
    try FileManager.default.removeItem(atPath: original)
}

/// Opens a copy, so that what opening makes better is not there the next time.
private func reopenCopy(of killed: String, _ watch: Stopwatch) async throws {
    let copy = killed + "-copy"
    try FileManager.default.copyItem(atPath: killed, toPath: copy)
    let runtime = makeRuntime()
    var opened: Node?
    try await watch.time {
        let node = try await Node.open(NodeSettings(dataDirectory: copy, owner: "benchmark"), in: runtime)
        blackHole(try await node.gateway.version(of: "filled-0", in: Bench.store))
        opened = node
    }
    await opened?.close()
    await runtime.shutdown()
    try FileManager.default.removeItem(atPath: copy)
}
