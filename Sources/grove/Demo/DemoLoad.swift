import Mangrove
import MangroveStore

/// Clients that go on appending while things break: one event at a time, each to a stream of its own.
///
/// An append whose outcome is open is made again with the same id until it is answered: that is what ids are for.
final class DemoLoad: Sendable {
    private let runtime: Runtime
    private let ledger: DemoLedger
    private let gateway: Lock<(any Gateway)?>
    private let stopped = Lock(false)
    private let tasks = Lock<[Task<Void, Never>]>([])

    init(_ runtime: Runtime, _ ledger: DemoLedger, _ gateway: any Gateway) {
        self.runtime = runtime
        self.ledger = ledger
        self.gateway = Lock(gateway)
    }

    /// Has the clients go on with another way to the stores, or wait while there is none.
    func use(_ gateway: (any Gateway)?) {
        self.gateway.withLock { $0 = gateway }
    }

    /// Starts clients for a store.
    func start(_ store: String, clients: Int, name: String) {
        for client in 0..<clients {
            let task = runtime.spawn { [self] in await work(store, "\(name)-\(client)") }
            tasks.withLock { $0.append(task) }
        }
    }

    /// Lets every client finish what it is doing.
    func stop() async {
        stopped.withLock { $0 = true }
        for task in tasks.withLock({ $0 }) { await task.value }
    }

    private func work(_ store: String, _ stream: String) async {
        let randomness = runtime.environment.randomness
        var number = 0
        while !stopped.withLock({ $0 }) {
            let id = EventID(randomHigh: randomness.next(), low: randomness.next())
            let data = JSONLine().with("client", stream).with("number", number)
            let event = NewEvent(id: id, type: "ticked", data: data.json)
            number += 1
            await append(event, to: stream, of: store)
            try? await runtime.sleep(for: .milliseconds(1))
        }
    }

    /// Appends until it is answered.
    private func append(_ event: NewEvent, to stream: String, of store: String) async {
        let began = runtime.clock.now()
        while true {
            do {
                guard let gateway = gateway.withLock({ $0 }) else {
                    throw StoreError.unavailable(store: store, why: "nobody serves it")
                }
                let result = try await gateway.append(to: store, stream: stream, expecting: .any, [event])
                let latency = began.duration(to: runtime.clock.now())
                return ledger.acknowledge(store, [event], result, after: latency)
            } catch StoreError.unavailable, StoreError.outcomeUnknown {
                ledger.retry(store)
                try? await runtime.sleep(for: .milliseconds(5))
            } catch {
                return ledger.fail(store, error)
            }
        }
    }
}
