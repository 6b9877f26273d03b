import Mangrove
import MangroveTesting
import Testing

@testable import MangroveStore

@Suite struct SubscriptionMachineTests {
    @Test(
        "Whatever happens in whatever order, each event is with one consumer, in order within its key, until it is settled"
    )
    func histories() {
        for seed in Seeds(1_500) {
            var history = SubscriptionHistory(seed: seed)
            history.run(steps: 80)
            let problems = history.referee.problems
            #expect(problems.isEmpty, "seed \(seed): \(problems)\n\(history.steps.suffix(12).joined(separator: "\n"))")
            if !problems.isEmpty { return }
        }
    }

    private static let start = RuntimeInstant(nanoseconds: 0)

    private func machine(_ keys: [String?], window: Int = 10, consumers: Int = 1) -> SubscriptionMachine {
        var machine = SubscriptionMachine(from: SubscriptionProgress(next: 0))
        for consumer in 1...consumers { _ = machine.connected(UInt64(consumer), window: window) }
        _ = machine.looked(
            upTo: keys.count,
            keys.enumerated().map { .init(place: $0, key: $1) },
            end: true
        )
        return machine
    }

    @Test("An event that is to be tried again takes those of its key behind it back, and no others")
    func retryTakesBack() {
        var machine = machine(["a", "b", "a", nil])
        let effects = machine.settle(1, .retry(after: .seconds(1)), now: Self.start)
        #expect(effects == [.takeBack(number: 3, from: 1)])
        #expect(machine.settle(3, .ack, now: Self.start) == nil)
        #expect(machine.settle(2, .ack, now: Self.start) == [.forget(place: 1)])
        #expect(machine.tick(now: Self.start.advanced(by: .milliseconds(999))) == [])
        #expect(
            machine.tick(now: Self.start.advanced(by: .seconds(1))) == [
                .deliver(place: 0, number: 5, attempt: 2, to: 1), .deliver(place: 2, number: 6, attempt: 2, to: 1),
            ]
        )
    }

    @Test("What a dead consumer had goes to another one in order, before what comes after it")
    func deadConsumer() {
        var machine = machine(["a", "a", "a", "a"], window: 2, consumers: 2)
        #expect(machine.underWayCount == 2)
        #expect(
            machine.disconnected(1) == [
                .deliver(place: 0, number: 3, attempt: 2, to: 2), .deliver(place: 1, number: 4, attempt: 2, to: 2),
            ]
        )
    }

    @Test("An event that fails too often is parked with what it failed of, and the next one comes")
    func parksAfterRetries() {
        var machine = machine(["a", "a"])
        machine.maximumRetries = 1
        _ = machine.settle(1, .retry(after: .zero), now: Self.start)
        _ = machine.tick(now: Self.start)
        let effects = machine.settle(3, .retry(after: .zero), now: Self.start)
        #expect(
            effects == [
                .park(place: 0, reason: "not handled after 2 attempts", failures: 2), .forget(place: 0),
            ]
        )
        #expect(machine.checkpoint == 1)
    }

    @Test("A consumer hears when it has been given everything, and when there is more than it can be given at once")
    func caughtUpAndFellBehind() {
        var machine = SubscriptionMachine(from: SubscriptionProgress(next: 0), capacity: 3)
        _ = machine.connected(1, window: 2)
        #expect(machine.looked(upTo: 0, [], end: true) == [.caughtUp(1)])
        #expect(machine.looked(upTo: 1, [.init(place: 0, key: nil)], end: true).count == 1)
        let behind = machine.looked(upTo: 3, [.init(place: 1, key: nil), .init(place: 2, key: nil)], end: false)
        #expect(behind.last == .fellBehind(1))
        #expect(!machine.wantsMore)
        _ = machine.settle(1, .ack, now: Self.start)
        _ = machine.settle(2, .ack, now: Self.start)
        #expect(machine.looked(upTo: 3, [], end: true) == [.caughtUp(1)])
        #expect(machine.connected(2, window: 1) == [.caughtUp(2)])
    }

    @Test("A stop gives nothing out any more, and the event that caused it comes first when it is over")
    func stopAndResume() {
        var machine = machine([nil, nil])
        let effects = machine.settle(1, .stop("no"), now: Self.start)
        #expect(effects == [.takeBack(number: 2, from: 1), .stopped("no")])
        #expect(machine.looked(upTo: 3, [.init(place: 2, key: nil)], end: true) == [])
        #expect(machine.resume().first == .deliver(place: 0, number: 3, attempt: 2, to: 1))
    }
}
