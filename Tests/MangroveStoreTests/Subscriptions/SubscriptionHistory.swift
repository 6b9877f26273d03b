import Mangrove
import MangroveTesting

@testable import MangroveStore

/// One generated life of a subscription: appends, consumers that come and go, every kind of answer, time, crashes.
struct SubscriptionHistory {
    private var random: SeededGenerator
    private(set) var machine: SubscriptionMachine
    private(set) var referee = SubscriptionReferee()
    private(set) var steps: [String] = []
    private var now = RuntimeInstant(nanoseconds: 0)
    private var lastConsumer: UInt64 = 0
    private let capacity: Int
    private let retries: Int
    private let keyCount: Int

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        capacity = 1 + Int(random.next() % 12)
        retries = Int(random.next() % 4)
        keyCount = 1 + Int(random.next() % 4)
        machine = SubscriptionMachine(
            from: SubscriptionProgress(next: 0),
            capacity: capacity,
            maximumRetries: retries
        )
    }

    private mutating func below(_ bound: Int) -> Int { Int(random.next() % UInt64(max(1, bound))) }

    /// Steps at random, and then everything is handled to the end.
    mutating func run(steps count: Int) {
        for _ in 0..<count where referee.problems.isEmpty { step() }
        if referee.problems.isEmpty { drain() }
    }

    private mutating func step() {
        switch below(20) {
        case 0..<3: append()
        case 3..<7: look()
        case 7..<9: connect()
        case 9: disconnect()
        case 10..<16: settle()
        case 16: pass(.milliseconds(below(30)))
        case 17: below(2) == 0 ? replay() : settleFromOutside()
        case 18: crash()
        default: below(3) == 0 ? rare() : settle()
        }
        referee.check(machine)
    }

    private mutating func take(_ step: String, _ effects: [SubscriptionMachine.Effect]) {
        steps.append("\(step) → \(effects)")
        referee.apply(effects)
    }

    private mutating func append() {
        for _ in 0...below(5) {
            let key = below(5) == 0 ? nil : "k\(below(keyCount))"
            referee.log.append(.init(key: key, matches: below(4) > 0))
        }
    }

    private mutating func look() {
        guard machine.wantsMore else { return }
        let start = referee.nextToRead
        var next = start
        var offers: [SubscriptionMachine.Offer] = []
        while next < referee.log.count, offers.count < min(machine.room, 1 + below(6)) {
            if referee.log[next].matches {
                offers.append(.init(place: next, key: referee.log[next].key))
                referee.log[next].status = .ready
            }
            next += 1
        }
        referee.nextToRead = next
        if offers.count > machine.room { referee.blame("offered more than there is room for") }
        take("look \(start)..<\(next)", machine.looked(upTo: next, offers, end: next == referee.log.count))
    }

    private mutating func connect() {
        guard referee.windows.count < 4 else { return }
        lastConsumer += 1
        let window = 1 + below(4)
        referee.windows[lastConsumer] = window
        take("connect \(lastConsumer), \(window)", machine.connected(lastConsumer, window: window))
    }

    private mutating func disconnect() {
        let consumers = referee.windows.keys.sorted()
        guard !consumers.isEmpty else { return }
        let consumer = consumers[below(consumers.count)]
        referee.windows[consumer] = nil
        for place in referee.log.indices {
            if case .underWay(_, consumer) = referee.log[place].status { referee.log[place].status = .ready }
        }
        take("disconnect \(consumer)", machine.disconnected(consumer))
        if referee.windows.isEmpty { rewind() }
    }

    /// Nobody is there: the machine may forget what nobody was given, and reads it again.
    private mutating func rewind() {
        referee.nextToRead = machine.nextToRead
        for place in referee.log.indices where place >= referee.nextToRead && !referee.log[place].isReplay {
            if referee.log[place].status == .settled { referee.blame("\(place) is read again, though settled") }
            referee.log[place].status = .unread
        }
    }

    private mutating func settle() {
        let underWay = referee.underWay
        // Now and then an answer that does not count any more.
        let stale = below(8) == 0 && !referee.delivered.isEmpty
        let number = stale ? referee.delivered[below(referee.delivered.count)] : underWay.first { _ in below(2) == 0 }
        guard let number else { return }
        let settlement: Answer =
            switch below(9) {
            case 0, 1: .retry(after: .milliseconds(below(20)))
            case 2: .park("bad")
            case 3: .skip
            default: .ack
            }
        let place = referee.place(of: number)
        if let place {
            if case .retry(let delay) = settlement, referee.log[place].failures < retries {
                referee.log[place].status = .waiting(now.advanced(by: delay))
            } else {
                referee.log[place].status = .settled
            }
            if case .retry = settlement { referee.log[place].failures += 1 }
        }
        let effects = machine.settle(number, settlement, now: now)
        if (effects == nil) != (place == nil) {
            referee.blame("answer to \(number) \(effects == nil ? "lost" : "taken")")
        }
        take("settle \(number) \(settlement)", effects ?? [])
        if let place, referee.log[place].status == .settled { finishReplay(place) }
    }

    /// Somebody who is not its consumer answers for an event.
    private mutating func settleFromOutside() {
        guard !referee.log.isEmpty else { return }
        let place = below(referee.log.count)
        let before = referee.log[place].status
        let effects = machine.settle(place: place, .ack, now: now)
        switch before {
        case .underWay, .waiting:
            if effects == nil { referee.blame("\(place) was \(before) and could not be answered for") }
        case .unread, .settled:
            if effects != nil { referee.blame("\(place) was \(before) and was answered for") }
        case .ready: break
        }
        guard let effects else { return }
        referee.log[place].status = .settled
        take(
            "settle \(place) from outside",
            effects.filter { if case .takeBack = $0 { false } else { true } }
        )
        finishReplay(place)
    }

    private mutating func finishReplay(_ place: Int) {
        referee.log[place].isReplay = false
    }

    private mutating func pass(_ time: Duration) {
        now = now.advanced(by: time)
        for place in referee.log.indices {
            if case .waiting(let until) = referee.log[place].status, until <= now {
                referee.log[place].status = .ready
            }
        }
        take("tick", machine.tick(now: now))
        if let next = machine.nextRetry, next <= now { referee.blame("a retry is overdue") }
    }

    private mutating func replay() {
        // What is parked is settled; what was reset since is read again anyway.
        let places = referee.parked.sorted().filter { referee.log[$0].status == .settled }
        guard !places.isEmpty else { return }
        let offers = places.map { SubscriptionMachine.Offer(place: $0, key: referee.log[$0].key) }
        for place in places {
            referee.parked.remove(place)
            referee.log[place].status = .ready
            referee.log[place].failures = 0
            referee.log[place].isReplay = true
        }
        take("replay \(places)", machine.replay(offers))
    }

    private mutating func crash() {
        let progress = machine.progress
        steps.append("crash at \(progress)")
        let keys = progress.unsettled.compactMap { event in referee.log[event.place].key.map { (event.place, $0) } }
        machine = SubscriptionMachine(
            from: progress,
            keys: Dictionary(uniqueKeysWithValues: keys),
            capacity: capacity,
            maximumRetries: retries
        )
        referee.windows = [:]
        for place in referee.log.indices where ![.settled, .unread].contains(referee.log[place].status) {
            referee.log[place].status = .ready
        }
        // The numbers of a life mean nothing in the next.
        referee.delivered = []
        rewind()
    }

    private mutating func rare() {
        if referee.isStopped {
            referee.isStopped = false
            return take("resume", machine.resume())
        }
        if below(2) == 0 { return take("stop", machine.stop("enough")) }
        let place = below(referee.log.count + 1)
        for index in referee.log.indices {
            if referee.log[index].isReplay, index < place {
                if case .underWay = referee.log[index].status { referee.log[index].status = .ready }
                continue
            }
            referee.log[index].status = index < place ? .settled : .unread
            referee.log[index].failures = 0
            referee.log[index].isReplay = false
        }
        referee.nextToRead = place
        let effects = machine.reset(to: place)
        // What was under way is taken back from its consumers, of which the log above knows nothing any more.
        take(
            "reset to \(place)",
            effects.filter { if case .takeBack = $0 { false } else { true } }
        )
    }

    /// Lets one consumer handle all that is left.
    private mutating func drain() {
        if referee.isStopped {
            referee.isStopped = false
            take("resume", machine.resume())
        }
        lastConsumer += 1
        referee.windows[lastConsumer] = 3
        take("last consumer", machine.connected(lastConsumer, window: 3))
        for _ in 0..<referee.log.count * 4 + 8 {
            look()
            pass(.seconds(1))
            for number in referee.underWay {
                guard let place = referee.place(of: number) else { continue }
                referee.log[place].status = .settled
                take("ack \(number)", machine.settle(number, .ack, now: now) ?? [])
                finishReplay(place)
            }
            referee.check(machine)
        }
        let left = referee.places { $0.matches && $0.status != .settled }
        if !left.isEmpty { referee.blame("never handled: \(left)") }
        if machine.checkpoint != referee.log.count { referee.blame("the checkpoint ends at \(machine.checkpoint)") }
    }
}
