import Benchmark
import Mangrove
import MangroveStore
import StoreWorld
import World

private let requests = 5_000

/// What the way over the node's socket takes: a request that is answered from memory, one after the other.
func registerSockets() {
    Benchmark("request over the socket", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runDirectory { directory, watch in
            let runtime = makeRuntime()
            var settings = NodeSettings(dataDirectory: directory, owner: "benchmark")
            settings.listens = true
            let node = try await Node.open(settings, in: runtime)
            try await node.gateway.createStore(Bench.store)
            let gateway = try await SocketGateway.connect(dataDirectory: directory)
            for _ in 0..<100 { blackHole(try await gateway.version(of: "none", in: Bench.store)) }
            for _ in 0..<requests {
                try await watch.time { blackHole(try await gateway.version(of: "none", in: Bench.store)) }
            }
            gateway.close()
            await node.close()
            await runtime.shutdown()
        }
    }
}
