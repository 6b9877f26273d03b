import Benchmark
import Mangrove
import MangroveStore
import StoreWorld
import World

func registerAppends() {
    Benchmark("durable append, one client", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            for number in 0..<50 as Range<UInt64> { try await bench.append("warm", 1, number) }
            // Each by itself: what is compared is the middle one, and the slow ones.
            for number in 0..<1_000 as Range<UInt64> {
                try await watch.time { try await bench.append("stream", 2, number) }
            }
        }
    }

    Benchmark("durable append, 64 clients", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            let each = 300
            try await watch.time(operations: 64 * each) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<64 as Range<UInt64> {
                        group.addTask {
                            for number in 0..<UInt64(each) {
                                try await bench.append("stream-\(client)", client, number)
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    Benchmark("event of a batch of 100, 16 clients", configuration: settings(repetitions: 5)) { benchmark in
        try await benchmark.runStore { bench, watch in
            let each = 20_000
            try await watch.time(operations: 16 * each) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 1...16 as ClosedRange<UInt64> {
                        group.addTask { try await bench.fill(each, client: client) }
                    }
                    try await group.waitForAll()
                }
            }
        }
    }

    for (name, size) in sizes {
        let once = settings(.start, .stop, repetitions: 1, warmup: 0)
        Benchmark("beside \(name) events", configuration: once) { benchmark in
            try await benchmark.runStore { bench, watch in
                try await bench.fill(size)
                // To a new stream, and to the end of one that holds as many events as there are in the store.
                try await bench.gateway.appendMany(size, to: "long")
                let unheard = Stopwatch()
                for number in 0..<550 as Range<UInt64> {
                    // The first of them are for warmth.
                    let heard = number < 50 ? unheard : watch
                    try await heard.time(.start) { try await bench.append("new-\(number)", 3, number) }
                    try await heard.time(.stop) { try await bench.append("long", 4, number) }
                }
            }
        }
    }
}

/// How many events stand beside those that are measured.
let sizes = [("1e3", 1_000), ("1e4", 10_000), ("1e5", 100_000), ("1e6", 1_000_000)]

extension LocalGateway {
    /// Fills one stream.
    fileprivate func appendMany(_ count: Int, to stream: String) async throws {
        for start in stride(from: 0, to: count, by: 1_000) {
            let events = (start..<min(start + 1_000, count)).map { event(5, UInt64($0)) }
            _ = try await append(to: Bench.store, stream: stream, expecting: .any, events)
        }
    }
}
