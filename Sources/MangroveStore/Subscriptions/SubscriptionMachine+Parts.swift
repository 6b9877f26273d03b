/// The steps that events have in common.
extension SubscriptionMachine {
    mutating func insert(_ place: Int, _ event: Held) {
        held[place] = event
        order.insertSorted(place)
        ready.insertSorted(place)
    }

    mutating func remove(_ place: Int) {
        held[place] = nil
        order.removeSorted(place)
        ready.removeSorted(place)
    }

    /// An event that was under way is settled.
    mutating func finish(_ place: Int) -> [Effect] {
        release(place, to: .ready)
        if held[place]?.isReplay == false { horizon = max(horizon, place + 1) }
        remove(place)
        return [.forget(place: place)]
    }

    /// An event is not under way any more.
    mutating func release(_ place: Int, to state: State) {
        guard let event = held[place], case .underWay(_, let consumer) = event.state else { return }
        consumers[consumer]?.used -= 1
        held[place]?.state = state
        if let key = event.key {
            keys[key]?.underWay -= 1
            if case .waiting = state { keys[key]?.waiting.insertSorted(place) }
            tidy(key)
        }
        if state == .ready { ready.insertSorted(place) }
    }

    mutating func makeReady(_ place: Int) {
        held[place]?.state = .ready
        ready.insertSorted(place)
        guard let key = held[place]?.key else { return }
        keys[key]?.waiting.removeSorted(place)
        tidy(key)
    }

    mutating func tidy(_ key: String) {
        if let state = keys[key], state.underWay == 0, state.waiting.isEmpty { keys[key] = nil }
    }

    /// Takes back what is under way of a key behind a place.
    mutating func takeBack(after place: Int, _ key: String?) -> [Effect] {
        guard let key, let state = keys[key], state.underWay > 0 else { return [] }
        let later = order.filter { $0 > place && held[$0]?.key == key }
        return recall(later)
    }

    mutating func recall(_ places: [Int]) -> [Effect] {
        var effects: [Effect] = []
        for place in places {
            guard case .underWay(let number, let consumer)? = held[place]?.state else { continue }
            numbers[number] = nil
            release(place, to: .ready)
            effects.append(.takeBack(number: number, from: consumer))
        }
        return effects
    }

    /// Gives out what can be given out, behind `effects`, and says whether that is all there is.
    mutating func dispatched(_ effects: [Effect]) -> [Effect] {
        var effects = effects
        guard stopReason == nil else { return effects }
        dispatch(&effects)
        let isNowLive = isLive ? atEnd && order.count < capacity : atEnd && ready.isEmpty
        if isNowLive != isLive {
            isLive = isNowLive
            effects += consumers.keys.sorted().map { isNowLive ? .caughtUp($0) : .fellBehind($0) }
        }
        return effects
    }
}
