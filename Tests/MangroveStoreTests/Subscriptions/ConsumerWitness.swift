import Mangrove
import MangroveStore

/// What the consumers of one subscription saw and were told, over all lives of its node: what the subscription is judged by.
///
/// Shares nothing with the code under test.
final class ConsumerWitness: Sendable {
    private struct State {
        var delivered: Set<Int> = []
        /// Answers that came back as done: the event is settled for good.
        var settled: Set<Int> = []
        /// Answers that were given, whatever became of them: the event has been handled.
        var handled: Set<Int> = []
        var keys: [Int: String] = [:]
        var problems: [String] = []
        var retries = 0
        var stop = false
        var running = 0
    }

    private let state = Lock(State())

    var problems: [String] { state.withLock { $0.problems } }
    var settledCount: Int { state.withLock { $0.settled.count } }
    var retries: Int { state.withLock { $0.retries } }

    /// The events among these that were never delivered.
    func missing(of positions: [Int]) -> [Int] {
        state.withLock { state in positions.filter { !state.delivered.contains($0) } }
    }

    func blame(_ problem: String) {
        state.withLock { $0.problems.append(problem) }
    }

    private func received(_ event: RecordedEvent) {
        state.withLock { state in
            state.delivered.insert(event.position)
            state.keys[event.position] = event.stream
            if state.settled.contains(event.position) {
                state.problems.append("\(event.position) was delivered after its answer had returned")
            }
        }
    }

    private func answered(_ event: RecordedEvent, _ outcome: Outcome) {
        state.withLock { state in
            switch outcome {
            case .settled:
                for (other, key) in state.keys where key == event.stream && other < event.position {
                    if !state.handled.contains(other) {
                        state.problems.append("\(event.position) of \(key) was settled before \(other) was handled")
                    }
                }
                state.settled.insert(event.position)
            case .retried: state.retries += 1
            }
        }
    }

    /// A checkpoint that somebody was told.
    func saw(checkpoint: Int, of matching: (Int) -> Bool) {
        state.withLock { state in
            for position in 0..<max(0, checkpoint)
            where matching(position) && !state.handled.contains(position) {
                state.problems.append("the checkpoint \(checkpoint) passes \(position)")
            }
        }
    }

    /// Starts a consumer that handles events as they come, now and then badly, and gives up at some point, when the next
    /// one takes its place.
    func consume(_ name: String, of store: String, _ gateway: any Gateway, in runtime: Runtime) {
        state.withLock { $0.running += 1 }
        runtime.spawn { [self] in
            while !state.withLock({ $0.stop }) {
                do {
                    try await consume(name, store, gateway, runtime)
                } catch StoreError.unavailable {
                    try? await runtime.sleep(for: .milliseconds(3))
                } catch {
                    blame("a consumer: \(error)")
                    break
                }
            }
            state.withLock { $0.running -= 1 }
        }
    }

    private func consume(_ name: String, _ store: String, _ gateway: any Gateway, _ runtime: Runtime) async throws {
        func below(_ bound: UInt64) -> Int { Int(runtime.environment.randomness.next() % bound) }
        let consumer = try await gateway.consume(name, of: store, window: 1 + below(8))
        var left = 1 + below(40)
        for try await delivery in consumer {
            received(delivery.event)
            left -= 1
            // It dies with this event and perhaps others in its hands.
            if left == 0 || state.withLock({ $0.stop }) { return }
            if below(4) == 0 { try? await runtime.sleep(for: .milliseconds(below(4))) }
            do {
                let choice = below(12)
                if choice == 0 {
                    try await delivery.nack(.retry(after: .milliseconds(below(6))))
                    answered(delivery.event, .retried)
                    continue
                }
                handled(delivery.event)
                switch choice {
                case 1: try await delivery.nack(.park("odd"))
                case 2: try await delivery.nack(.skip)
                default: try await delivery.ack()
                }
                answered(delivery.event, .settled)
            } catch StoreError.deliveryLost, StoreError.outcomeUnknown {
                continue
            }
        }
    }

    func stop() {
        state.withLock { $0.stop = true }
    }

    func goOn() {
        state.withLock { ($0.stop, $0.running) = (false, 0) }
    }

    /// Handles what is left, one event after the other.
    func drain(_ name: String, of store: String, _ gateway: any Gateway) async throws {
        for try await element in try await gateway.consume(name, of: store).elements {
            switch element {
            case .caughtUp: return
            case .fellBehind: continue
            case .delivery(let delivery):
                received(delivery.event)
                handled(delivery.event)
                try await delivery.ack()
                answered(delivery.event, .settled)
            }
        }
    }

    private enum Outcome {
        case settled
        case retried
    }

    /// A consumer is done with an event, and about to say so.
    private func handled(_ event: RecordedEvent) {
        state.withLock { _ = $0.handled.insert(event.position) }
    }
}
