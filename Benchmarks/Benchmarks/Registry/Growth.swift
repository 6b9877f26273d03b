import Benchmark
import Mangrove
import World

private let lookups = 100_000
private let registrations = 20_000
private let repetitions = 7

/// What a lookup, and a registration with its end, cost beside a number of other keys.
func registerGrowth() {
    for (name, keys) in [("1e2", 100), ("1e4", 10_000), ("1e6", 1_000_000)] {
        Benchmark(
            "beside \(name) keys",
            configuration: settings(.lookup, .registration, repetitions: 1, warmup: 0)
        ) { benchmark in
            try await benchmark.run { watch in try await workBeside(keys, watch) }
        }
    }
}

private func workBeside(_ keys: Int, _ watch: Stopwatch) async throws {
    let names = Registry<Int, Void>()
    let runtime = makeRuntime()
    try await runtime.start(
        Supervisor {
            Worker("owner", name: "owner") { context in Holder(names, context) }
            Worker("changing", name: "changing") { context in Holder(names, context) }
        }
    )
    let owner = try runtime.address("owner", of: Holder.self).resolve()
    let changing = try runtime.address("changing", of: Holder.self).resolve()
    try await owner.call { try $0.take(0..<keys) }
    for repetition in 0...repetitions {
        // The first is for warmth.
        let watch = repetition == 0 ? Stopwatch() : watch
        await watch.time(.lookup, operations: lookups) {
            // Far apart, as keys are that different callers ask for.
            for number in 0..<lookups { blackHole(names.find(number &* 7_919 % keys, as: Holder.self)) }
        }
        try await watch.time(.registration, operations: registrations) {
            try await changing.call { try $0.takeAndGiveBack(keys..<keys + registrations) }
        }
    }
    await runtime.shutdown()
}

/// A process that registers keys for itself.
private actor Holder: ProcessActor {
    private let names: Registry<Int, Void>
    private let context: ProcessContext

    init(_ names: Registry<Int, Void>, _ context: ProcessContext) {
        self.names = names
        self.context = context
    }

    func take(_ keys: Range<Int>) throws {
        for key in keys { try names.register(key, for: context) }
    }

    func takeAndGiveBack(_ keys: Range<Int>) throws {
        for key in keys {
            try names.register(key, for: context)
            names.unregister(key, for: context)
        }
    }
}
