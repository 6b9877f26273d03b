import Benchmark
import Mangrove
import MangroveStore
import StoreWorld
import World

private let events = 200_000

func registerReads() {
    Benchmark("read of an event, all in order", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            try await bench.fill(events)
            try await watch.time(operations: events) {
                var next = 0
                while next < events {
                    let page = try await bench.gateway.readAll(from: Bench.store, start: next, count: 1_000)
                    next += page.count
                    blackHole(page)
                }
            }
        }
    }

    Benchmark("read of an event, streams of 100", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            try await bench.fill(100_000)
            try await watch.time(operations: 100_000) {
                for stream in 0..<1_000 {
                    blackHole(
                        try await bench.gateway.read(
                            from: Bench.store,
                            stream: "filled-\(stream)",
                            start: 0,
                            count: 100,
                            direction: .forward
                        )
                    )
                }
            }
        }
    }
}
