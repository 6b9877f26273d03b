import Mangrove

@testable import MangroveStore

/// Watches a subscription machine at work, and says what it did wrong.
///
/// Keeps one flat list of events and looks through all of it for every question: slow, and simple enough to be believed. Of
/// the machine it uses what goes in and what comes out.
struct SubscriptionReferee {
    enum Status: Equatable {
        case unread
        case ready
        case underWay(UInt64, UInt64)
        case waiting(RuntimeInstant)
        case settled
    }

    struct Entry {
        var key: String?
        var matches: Bool
        var status = Status.unread
        var failures = 0
        var isReplay = false
    }

    var log: [Entry] = []
    var parked: Set<Int> = []
    var windows: [UInt64: Int] = [:]
    var nextToRead = 0
    var isStopped = false
    var delivered: [UInt64] = []
    private(set) var problems: [String] = []

    mutating func blame(_ problem: String) { problems.append(problem) }

    func places(_ matching: (Entry) -> Bool) -> [Int] { log.indices.filter { matching(log[$0]) } }

    func used(_ consumer: UInt64) -> Int {
        log.count { if case .underWay(_, consumer) = $0.status { true } else { false } }
    }

    func place(of number: UInt64) -> Int? {
        log.firstIndex { if case .underWay(number, _) = $0.status { true } else { false } }
    }

    var underWay: [UInt64] {
        log.compactMap { if case .underWay(let number, _) = $0.status { number } else { nil } }
    }

    /// What stands before an event of the same key: under way elsewhere, or to be handled first.
    private func obstacle(to place: Int, for consumer: UInt64) -> String? {
        guard let key = log[place].key else { return nil }
        for other in log.indices where other != place && log[other].key == key {
            switch log[other].status {
            case .underWay(_, let holder) where holder != consumer: return "\(other) is under way at \(holder)"
            case .waiting where other < place: return "\(other) waits"
            case .ready where other < place: return "\(other) is ready"
            default: continue
            }
        }
        return nil
    }

    mutating func apply(_ effects: [SubscriptionMachine.Effect]) {
        for effect in effects { apply(effect) }
    }

    private mutating func apply(_ effect: SubscriptionMachine.Effect) {
        switch effect {
        case .deliver(let place, let number, _, let consumer):
            if log[place].status != .ready { blame("\(place) delivered while \(log[place].status)") }
            if isStopped { blame("\(place) delivered while stopped") }
            if delivered.contains(number) { blame("number \(number) used twice") }
            if used(consumer) >= windows[consumer] ?? 0 { blame("\(consumer) was given more than it takes") }
            if let obstacle = obstacle(to: place, for: consumer) { blame("\(place) delivered while \(obstacle)") }
            delivered.append(number)
            log[place].status = .underWay(number, consumer)
        case .takeBack(let number, let consumer):
            guard let place = place(of: number), case .underWay(_, consumer) = log[place].status else {
                return blame("took back \(number), which is not at \(consumer)")
            }
            log[place].status = .ready
        case .park(let place, _, _):
            parked.insert(place)
        case .forget(let place):
            if [.ready, .settled].contains(log[place].status) { break }
            if log[place].status != .unread { blame("\(place) forgotten while \(log[place].status)") }
        case .stopped: isStopped = true
        case .caughtUp, .fellBehind: break
        }
    }

    /// What must hold after every step.
    mutating func check(_ machine: SubscriptionMachine) {
        checkNothingIdles()
        let unsettled = log.indices.filter { $0 < nextToRead && log[$0].status != .settled && !log[$0].isReplay }
        let checkpoint = unsettled.first { log[$0].matches } ?? nextToRead
        if machine.checkpoint != checkpoint { blame("checkpoint \(machine.checkpoint), expected \(checkpoint)") }
        for place in log.indices where log[place].key != nil {
            if case .underWay = log[place].status,
                log.indices.contains(where: {
                    if case .waiting = log[$0].status { $0 < place && log[$0].key == log[place].key } else { false }
                })
            {
                blame("\(place) is under way while an earlier one of its key waits")
            }
        }
        checkProgress(machine.progress)
    }

    /// An event that could go out has gone out.
    private mutating func checkNothingIdles() {
        guard !isStopped else { return }
        for place in log.indices where log[place].status == .ready {
            for (consumer, window) in windows where used(consumer) < window {
                if obstacle(to: place, for: consumer) == nil { blame("\(place) could go to \(consumer)") }
            }
        }
    }

    /// Whoever goes on from there handles exactly what is not settled.
    private mutating func checkProgress(_ progress: SubscriptionProgress) {
        for (place, entry) in log.enumerated() where entry.matches && entry.status != .unread {
            let listed = progress.unsettled.first { $0.place == place }
            let comesAgain = listed != nil || place >= progress.next
            if comesAgain == (entry.status == .settled) { blame("\(place) is \(entry.status), progress \(progress)") }
            if let listed, listed.failures != entry.failures || listed.isReplay != entry.isReplay {
                blame("\(place): progress has \(listed)")
            }
            if listed == nil, entry.status != .settled, entry.failures > 0 { blame("\(place): its failures are lost") }
        }
        let places = progress.unsettled.map(\.place)
        if places != Array(Set(places)).sorted() { blame("progress is out of order: \(places)") }
    }
}
