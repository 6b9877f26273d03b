import Benchmark
import Foundation
import Mangrove
import MangroveStore
import StoreWorld
import World

/// What a store costs by how many there are, and what one that crashes again and again costs another.
func registerManyStores() {
    for count in [1, 10, 100, 1_000] {
        Benchmark("a store of \(count)", configuration: settings(.start, .stop, repetitions: 1, warmup: 0)) {
            benchmark in
            try await benchmark.runDirectory { directory, watch in
                try await openNode(directory, stores: count) { _ in }
                let runtime = makeRuntime()
                var node: Node?
                try await watch.time(.start, operations: count) {
                    node = try await Node.open(NodeSettings(dataDirectory: directory, owner: "benchmark"), in: runtime)
                }
                await watch.time(.stop, operations: count) { await node?.close() }
                await runtime.shutdown()
            }
        }
        guard count > 1 else { continue }
        for isCrashing in [false, true] {
            let beside = isCrashing ? "beside one that crashes in a loop" : "that have nothing to do"
            let once = settings(repetitions: 1, warmup: 0)
            Benchmark("append among \(count) stores \(beside)", configuration: once) { benchmark in
                try await benchmark.runDirectory { directory, watch in
                    try await openNode(directory, stores: count) { gateway in
                        let crashes = Task.detached {
                            while isCrashing, !Task.isCancelled {
                                try? await gateway.crash("node/stores/store-1/core/storage/engine", kill: false)
                                try await Task.sleep(for: .milliseconds(10))
                            }
                        }
                        let unheard = Stopwatch()
                        // For warmth; and a store that crashes in a loop has done so for some seconds, in which the pauses before
                        // it is started again have grown.
                        let before: UInt64 = isCrashing ? 25_000 : 50
                        for number in 0..<before + 20_000 {
                            try await (number < before ? unheard : watch).time {
                                _ = try await gateway.append(
                                    to: "store-0",
                                    stream: "measured",
                                    expecting: .any,
                                    [event(1, number)]
                                )
                            }
                        }
                        crashes.cancel()
                    }
                }
            }
        }
    }
}

/// Opens a node with so many stores, which are made if they are not there, for as long as `work` takes.
private func openNode(
    _ directory: String,
    stores count: Int,
    _ work: (LocalGateway) async throws -> Void
) async throws {
    raiseDescriptorLimit()
    var settings = NodeSettings(dataDirectory: directory, owner: "benchmark")
    settings.allowsFaults = true
    for number in 0..<count { settings.stores["store-\(number)"] = StoreConfiguration() }
    let runtime = makeRuntime()
    let node = try await Node.open(settings, in: runtime)
    try await work(node.gateway)
    await node.close()
    await runtime.shutdown()
}
