import Mangrove

actor Counter: ProcessActor {
    private var count = 0
    func increment() -> Int { count += 1; return count }
}

let runtime = Runtime()
let counter = runtime.address("counter", of: Counter.self)
try await runtime.start(Supervisor { Worker("counter", name: "counter") { Counter() } })
for _ in 1...3 { print(try await counter.call { $0.increment() }) }
let crashed = try counter.resolve()
try crashed.cast { _ in throw CancellationError() }  // nobody is there to receive the error: a crash
print(try await counter.resolve(after: crashed).call { $0.increment() })
