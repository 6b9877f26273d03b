import Benchmark
import Mangrove
import MangroveStore
import StoreWorld
import Synchronization
import World

func registerSubscribers() {
    Benchmark("live delivery, append to receipt", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            let (arrivals, arrived) = AsyncStream.makeStream(of: Int.self)
            let subscription = try bench.gateway.subscribe(to: Bench.store, .stream("live"))
            let reader = Task.detached {
                for try await event in subscription { arrived.yield(event.version) }
            }
            var arrival = arrivals.makeAsyncIterator()
            for number in 0..<500 as Range<UInt64> {
                try await watch.time {
                    try await bench.append("live", 6, number)
                    while let version = await arrival.next(), version < Int(number) {}
                }
            }
            reader.cancel()
        }
    }

    for subscribers in [0, 1_000] {
        Benchmark("append beside \(subscribers) subscribers", configuration: settings(repetitions: 3)) { benchmark in
            try await benchmark.runStore { bench, watch in
                let readers = try (0..<subscribers).map { _ in
                    let subscription = try bench.gateway.subscribe(to: Bench.store, .stream("watched"))
                    return Task.detached { for try await event in subscription { blackHole(event) } }
                }
                // All have heard of something before it counts.
                try await bench.append("watched", 7, 0)
                for number in 1..<300 as Range<UInt64> {
                    try await watch.time { try await bench.append("watched", 7, number) }
                }
                for reader in readers { reader.cancel() }
            }
        }
    }
}
