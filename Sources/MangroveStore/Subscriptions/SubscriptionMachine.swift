import Mangrove

/// Decides which consumer of a durable subscription gets which event, and what is settled.
///
/// Events are known by their place: the position in the store, or the version in the one stream that is followed. Each
/// event that was looked at and matches is held here from then on until it is settled.
///
/// ```
///             ┌────────── taken back: its consumer is gone, or an earlier event of its key is tried again
///             ▼                     │
///  offered ─▶ ready ──deliver──▶ under way ──ack, skip, park──▶ settled: forgotten here
///             ▲                     │
///             └──time is over── waiting ◀──retry
/// ```
///
/// Events of one key go out in the order of their places, and are never under way at two consumers: several may be at one,
/// and then the later ones are taken back when an earlier one is to be tried again. An event without a key has no order.
struct SubscriptionMachine: Sendable {
    typealias Consumer = UInt64

    /// An event that matches.
    struct Offer: Sendable, Equatable {
        var place: Int
        /// Events of one key stay in order; nil for an event that needs none.
        var key: String?
    }

    /// What is to be done, in this order.
    enum Effect: Sendable, Equatable {
        /// Hand the event to the consumer; what comes back about it names `number`.
        case deliver(place: Int, number: UInt64, attempt: Int, to: Consumer)
        /// The consumer need not handle it any more, and its answer will not count.
        case takeBack(number: UInt64, from: Consumer)
        /// Keep the event aside.
        case park(place: Int, reason: String, failures: Int)
        /// It is settled, or to be read again: its content is not needed any more.
        case forget(place: Int)
        /// The consumer has been given all that there is.
        case caughtUp(Consumer)
        /// There is again more than the consumer can be given at once.
        case fellBehind(Consumer)
        /// Nothing goes out any more.
        case stopped(String)
    }

    enum State: Sendable, Equatable {
        case ready
        case underWay(number: UInt64, at: Consumer)
        case waiting(until: RuntimeInstant)
    }

    struct Held: Sendable {
        var key: String?
        var state = State.ready
        var failures = 0
        var deliveries = 0
        /// Whether it was parked before: it does not count for the checkpoint, which has passed it.
        var isReplay = false
    }

    struct KeyState: Sendable {
        var underWay = 0
        var owner: Consumer = 0
        /// The places of its events that wait, ascending.
        var waiting: [Int] = []
    }

    struct Room: Sendable {
        var window: Int
        var used = 0
    }

    /// How many events are held at most, where nothing else is said.
    static let usualCapacity = 1_024

    /// How often an event is tried again before it is parked.
    var maximumRetries: Int
    /// How many events are held at most, replayed ones aside.
    let capacity: Int
    var held: [Int: Held] = [:]
    /// The places of all that is held, ascending.
    var order: [Int] = []
    /// The places of what is ready, ascending.
    var ready: [Int] = []
    var keys: [String: KeyState] = [:]
    var consumers: [Consumer: Room] = [:]
    var numbers: [UInt64: Int] = [:]
    var lastNumber: UInt64 = 0
    /// The first place that was not looked at.
    var nextToRead: Int
    /// Behind the last place that was settled or is to be tried again, replays aside.
    var horizon: Int
    var atEnd = false
    var isLive = false
    var stopReason: String?

    /// Goes on from where the subscription was.
    ///
    /// - Parameter unsettled: the key of each unsettled event, as `progress` has them.
    init(
        from progress: SubscriptionProgress,
        keys unsettled: [Int: String] = [:],
        capacity: Int = usualCapacity,
        maximumRetries: Int = 10
    ) {
        self.capacity = capacity
        self.maximumRetries = maximumRetries
        nextToRead = progress.next
        horizon = progress.next
        stopReason = progress.stopped
        for event in progress.unsettled {
            insert(
                event.place,
                Held(
                    key: unsettled[event.place],
                    failures: event.failures,
                    deliveries: event.failures,
                    isReplay: event.isReplay
                )
            )
        }
    }

    // MARK: What is known

    /// Whether more should be looked at: somebody is there for it, and there is room.
    var wantsMore: Bool { stopReason == nil && !consumers.isEmpty && order.count < capacity }

    /// How many more events may be offered at once.
    var room: Int { max(0, capacity - order.count) }

    /// Everything before it is settled, parked events included.
    var checkpoint: Int { order.first { held[$0]?.isReplay == false } ?? nextToRead }

    /// How many events are at consumers.
    var underWayCount: Int { numbers.count }

    /// When the next event is to be tried again.
    var nextRetry: RuntimeInstant? {
        held.values.lazy.compactMap { held -> RuntimeInstant? in
            if case .waiting(let until) = held.state { until } else { nil }
        }.min()
    }

    /// What must be known to go on from here.
    var progress: SubscriptionProgress {
        let next = order.first { $0 >= horizon && held[$0]?.isReplay == false } ?? nextToRead
        let unsettled = order.compactMap { place -> SubscriptionProgress.Unsettled? in
            guard let event = held[place], event.isReplay || place < next else { return nil }
            return .init(place: place, failures: event.failures, isReplay: event.isReplay)
        }
        return SubscriptionProgress(next: next, unsettled: unsettled, stopped: stopReason)
    }

    // MARK: Events

    /// Everything before `next` was looked at; `offers` are what matches, ascending.
    /// - Parameter end: whether that was all there is.
    mutating func looked(upTo next: Int, _ offers: [Offer], end: Bool) -> [Effect] {
        guard next >= nextToRead else { return [] }
        for offer in offers where offer.place >= nextToRead { insert(offer.place, Held(key: offer.key)) }
        nextToRead = next
        atEnd = end
        return dispatched([])
    }

    /// A consumer came, and takes up to `window` events at a time.
    mutating func connected(_ consumer: Consumer, window: Int) -> [Effect] {
        let wasLive = isLive
        consumers[consumer] = Room(window: max(1, window))
        let effects = dispatched([])
        return wasLive && isLive ? effects + [.caughtUp(consumer)] : effects
    }

    /// A consumer is gone: what it had goes out again, to others, in order.
    ///
    /// With the last one goes all that nobody was given: it is read again when somebody comes.
    mutating func disconnected(_ consumer: Consumer) -> [Effect] {
        guard consumers.removeValue(forKey: consumer) != nil else { return [] }
        for (number, place) in numbers {
            guard case .underWay(_, consumer) = held[place]?.state else { continue }
            numbers[number] = nil
            release(place, to: .ready)
        }
        guard consumers.isEmpty else { return dispatched([]) }
        let next = progress.next
        let unread = order.filter { $0 >= next && held[$0]?.isReplay == false }
        for place in unread { remove(place) }
        (nextToRead, atEnd, isLive) = (next, false, false)
        return unread.map { .forget(place: $0) }
    }

    /// What a consumer says about a delivery.
    /// - Returns: nil if it was taken back, or answered already.
    mutating func settle(_ number: UInt64, _ answer: Answer, now: RuntimeInstant) -> [Effect]? {
        guard let place = numbers[number], let event = held[place] else { return nil }
        numbers[number] = nil
        switch answer {
        case .ack, .skip:
            return dispatched(finish(place))
        case .park(let reason):
            return dispatched([.park(place: place, reason: reason, failures: event.failures)] + finish(place))
        case .retry(let delay):
            let failures = event.failures + 1
            held[place]?.failures = failures
            if !event.isReplay { horizon = max(horizon, place + 1) }
            guard failures <= maximumRetries else {
                let reason = "not handled after \(failures) attempts"
                return dispatched([.park(place: place, reason: reason, failures: failures)] + finish(place))
            }
            release(place, to: .waiting(until: now.advanced(by: delay)))
            return dispatched(takeBack(after: place, event.key))
        case .stop(let reason):
            release(place, to: .ready)
            return stop(reason)
        }
    }

    /// What somebody other than its consumer says about an event that is with one, or waits to be tried again.
    /// - Returns: nil if it is neither.
    mutating func settle(place: Int, _ answer: Answer, now: RuntimeInstant) -> [Effect]? {
        guard let event = held[place] else { return nil }
        var effects: [Effect] = []
        switch event.state {
        case .underWay(let number, let consumer):
            effects = [.takeBack(number: number, from: consumer)]
        case .waiting:
            makeReady(place)
            fallthrough
        case .ready:
            guard event.deliveries > 0 || event.isReplay else { return nil }
            // As if somebody had it, for the answer is the same.
            ready.removeSorted(place)
            lastNumber += 1
            numbers[lastNumber] = place
            held[place]?.state = .underWay(number: lastNumber, at: 0)
            if let key = event.key { keys[key, default: KeyState()].underWay += 1 }
        }
        guard case .underWay(let number, _)? = held[place]?.state else { return nil }
        return settle(number, answer, now: now).map { effects + $0 }
    }

    /// Gives out again what has waited long enough.
    mutating func tick(now: RuntimeInstant) -> [Effect] {
        for place in order {
            if case .waiting(let until)? = held[place]?.state, until <= now { makeReady(place) }
        }
        return dispatched([])
    }

    /// Parked events are to be handled after all.
    mutating func replay(_ offers: [Offer]) -> [Effect] {
        for offer in offers where held[offer.place] == nil {
            insert(offer.place, Held(key: offer.key, isReplay: true))
        }
        return dispatched([])
    }

    /// Goes on from another place: nothing of what is held counts any more, but for replays that do not come again.
    mutating func reset(to place: Int) -> [Effect] {
        var effects = recall(order)
        for dropped in order where held[dropped]?.isReplay == false || dropped >= place {
            if case .waiting? = held[dropped]?.state { makeReady(dropped) }
            remove(dropped)
            effects.append(.forget(place: dropped))
        }
        (nextToRead, horizon, atEnd, isLive) = (place, place, false, false)
        return dispatched(effects)
    }

    /// Gives nothing out any more.
    mutating func stop(_ reason: String) -> [Effect] {
        stopReason = reason
        return recall(order) + [.stopped(reason)]
    }

    /// Goes on after a stop.
    mutating func resume() -> [Effect] {
        stopReason = nil
        return dispatched([])
    }
}
