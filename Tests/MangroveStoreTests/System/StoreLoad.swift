import Mangrove
import MangroveStore

/// Clients of a node under test, and the acknowledgements they got: what the stores are judged by.
///
/// Shares nothing with the code under test but the gateway it calls.
final class StoreLoad: Sendable {
    struct Acknowledged: Sendable, Hashable {
        var stream: String
        var version: Int
        var position: Int
        var id: EventID
    }

    private struct State {
        var acknowledged: [String: [Acknowledged]] = [:]
        var failures: [String] = []
        var stopped = false
        var running = 0
    }

    private let gateway: any Gateway
    private let runtime: Runtime
    private let state = Lock(State())

    init(_ gateway: any Gateway, _ runtime: Runtime) {
        self.gateway = gateway
        self.runtime = runtime
    }

    /// Starts clients that append one to three events at a time, some expecting a version.
    ///
    /// A client whose append has no certain outcome makes it again with the same ids until it has.
    func start(_ store: String, clients: Int, generation: Int = 0) {
        for client in 0..<clients {
            state.withLock { $0.running += 1 }
            runtime.spawn { [self] in
                await work(store, client, generation)
                state.withLock { $0.running -= 1 }
            }
        }
    }

    private func work(_ store: String, _ client: Int, _ generation: Int) async {
        let stream = "client-\(client % 3)"
        var number = 0
        while !state.withLock({ $0.stopped }) {
            let count = 1 + number % 3
            let events = (0..<count).map { offset in
                NewEvent(
                    id: EventID(high: UInt64(generation) << 32 | UInt64(client), low: UInt64(number + offset)),
                    type: "ticked",
                    data: Array("{\"client\":\(client),\"number\":\(number + offset)}".utf8)
                )
            }
            number += count
            await append(events, to: stream, of: store)
            let pause = Int(runtime.environment.randomness.next() % 3)
            try? await runtime.sleep(for: .milliseconds(pause))
        }
    }

    private func append(_ events: [NewEvent], to stream: String, of store: String) async {
        while !state.withLock({ $0.stopped }) {
            do {
                let result = try await gateway.append(to: store, stream: stream, expecting: .any, events)
                return acknowledge(store, events, result)
            } catch StoreError.unavailable, StoreError.outcomeUnknown {
                try? await runtime.sleep(for: .milliseconds(5))
            } catch {
                state.withLock { $0.failures.append("\(store): \(error)") }
                return
            }
        }
    }

    private func acknowledge(_ store: String, _ events: [NewEvent], _ result: AppendResult) {
        guard let last = result.position else { return }
        state.withLock { state in
            for (offset, event) in events.reversed().enumerated() {
                state.acknowledged[store, default: []].append(
                    Acknowledged(
                        stream: result.stream,
                        version: result.version - offset,
                        position: last - offset,
                        id: event.id
                    )
                )
            }
        }
    }

    func stop() async throws {
        state.withLock { $0.stopped = true }
        while state.withLock({ $0.running }) > 0 { try await runtime.sleep(for: .milliseconds(1)) }
    }

    func acknowledged(_ store: String) -> [Acknowledged] { state.withLock { $0.acknowledged[store] ?? [] } }

    var failures: [String] { state.withLock { $0.failures } }
}

/// What is wrong with a store, given what was acknowledged: each problem in words, none if it is sound.
func problems(
    of store: String,
    in gateway: any Gateway,
    acknowledged: [StoreLoad.Acknowledged]
) async throws -> [String] {
    var problems: [String] = []
    var found: [StoreLoad.Acknowledged: Int] = [:]
    var versions: [String: Int] = [:]
    var next = 0
    while true {
        let page = try await gateway.readAll(from: store, start: next, count: 500)
        if page.isEmpty { break }
        for event in page {
            if event.position != next { problems.append("position \(event.position) where \(next) should be") }
            next += 1
            let expected = (versions[event.stream] ?? -1) + 1
            if event.version != expected {
                problems.append("\(event.stream): version \(event.version) where \(expected) should be")
            }
            versions[event.stream] = event.version
            let key = StoreLoad.Acknowledged(
                stream: event.stream,
                version: event.version,
                position: event.position,
                id: event.id
            )
            found[key, default: 0] += 1
        }
    }
    for entry in acknowledged where found[entry] != 1 {
        problems.append("acknowledged \(entry) is there \(found[entry] ?? 0) times")
    }
    let ids = Dictionary(grouping: found.keys) { "\($0.stream) \($0.id)" }
    for (id, events) in ids where events.count > 1 { problems.append("event \(id) is there \(events.count) times") }
    return problems
}
