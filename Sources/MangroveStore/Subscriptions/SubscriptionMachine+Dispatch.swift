extension SubscriptionMachine {
    /// Goes through what is ready in the order of the places, and hands each event to a consumer that may have it.
    ///
    /// Where an event stays behind, so do the later ones of its key, for the same reason.
    mutating func dispatch(_ effects: inout [Effect]) {
        var room = consumers.values.reduce(0) { $0 + $1.window - $1.used }
        guard room > 0, !ready.isEmpty else { return }
        var left: [Int] = []
        var index = 0
        while index < ready.count, room > 0 {
            let place = ready[index]
            index += 1
            guard let consumer = taker(of: place) else {
                left.append(place)
                continue
            }
            effects.append(deliver(place, to: consumer))
            room -= 1
        }
        ready = left + ready[index...]
    }

    /// Who may have the event now.
    private func taker(of place: Int) -> Consumer? {
        guard let key = held[place]?.key, let state = keys[key] else { return freest }
        if let waiting = state.waiting.first, waiting < place { return nil }
        guard state.underWay > 0 else { return freest }
        return consumers[state.owner].flatMap { $0.used < $0.window ? state.owner : nil }
    }

    /// The consumer with most room; of several, the one that came first.
    private var freest: Consumer? {
        var best: (consumer: Consumer, room: Int)?
        for (consumer, room) in consumers where room.used < room.window {
            let free = room.window - room.used
            if let best, best.room > free || best.room == free && best.consumer < consumer { continue }
            best = (consumer, free)
        }
        return best?.consumer
    }

    private mutating func deliver(_ place: Int, to consumer: Consumer) -> Effect {
        lastNumber += 1
        numbers[lastNumber] = place
        consumers[consumer]?.used += 1
        held[place]?.state = .underWay(number: lastNumber, at: consumer)
        held[place]?.deliveries += 1
        if let key = held[place]?.key {
            keys[key, default: KeyState()].underWay += 1
            keys[key]?.owner = consumer
        }
        return .deliver(place: place, number: lastNumber, attempt: held[place]?.deliveries ?? 1, to: consumer)
    }
}

extension Array where Element: Comparable {
    /// Where `element` is, or would have to be, in an ascending array.
    private func sortedIndex(of element: Element) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < element { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Adds `element` to an ascending array, unless it is there.
    mutating func insertSorted(_ element: Element) {
        guard let last, element <= last else { return append(element) }
        let index = sortedIndex(of: element)
        if self[index] != element { insert(element, at: index) }
    }

    /// Takes `element` out of an ascending array, if it is there.
    mutating func removeSorted(_ element: Element) {
        let index = sortedIndex(of: element)
        if index < count, self[index] == element { remove(at: index) }
    }
}
