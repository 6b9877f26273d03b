/// Elements in the order in which they came, each with an owner: what an owner has in the list is found and removed without
/// walking past what others have.
///
/// Removed elements leave gaps, which are swept up when they are more than half of the list, so that every operation costs
/// a constant number of steps per element it touches, over time.
struct OwnedList<Owner: Hashable & Sendable, Element: Sendable>: Sendable {
    private var slots: [(owner: Owner, element: Element)?] = []
    private var places: [Owner: [Int]] = [:]
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    /// All elements, in order.
    var all: [Element] { slots.compactMap { $0?.element } }

    /// The elements of one owner, in order.
    func elements(of owner: Owner) -> [Element] {
        (places[owner] ?? []).compactMap { slots[$0]?.element }
    }

    mutating func append(_ element: Element, of owner: Owner) {
        places[owner, default: []].append(slots.count)
        slots.append((owner, element))
        count += 1
    }

    /// Removes what the owner added last.
    mutating func removeLast(of owner: Owner) -> Element? {
        guard let place = places[owner]?.popLast() else { return nil }
        if places[owner]?.isEmpty ?? false { places[owner] = nil }
        defer { sweep() }
        return vacate(place)
    }

    /// Removes what the owner has that is `unwanted`.
    /// - Returns: what was removed, in order.
    @discardableResult
    mutating func removeAll(of owner: Owner, where unwanted: (Element) -> Bool = { _ in true }) -> [Element] {
        guard let own = places.removeValue(forKey: owner) else { return [] }
        var removed: [Element] = []
        var kept: [Int] = []
        for place in own {
            guard let element = slots[place]?.element, unwanted(element) else {
                kept.append(place)
                continue
            }
            if let element = vacate(place) { removed.append(element) }
        }
        if !kept.isEmpty { places[owner] = kept }
        sweep()
        return removed
    }

    /// Changes every element of the owner.
    mutating func update(of owner: Owner, _ change: (inout Element) -> Void) {
        for place in places[owner] ?? [] {
            if let slot = slots[place] {
                var element = slot.element
                change(&element)
                slots[place] = (owner, element)
            }
        }
    }

    private mutating func vacate(_ place: Int) -> Element? {
        let element = slots[place]?.element
        slots[place] = nil
        count -= 1
        return element
    }

    private mutating func sweep() {
        guard slots.count > 2 * count + 16 else { return }
        slots = slots.filter { $0 != nil }
        places.removeAll(keepingCapacity: true)
        for (place, slot) in slots.enumerated() {
            if let slot { places[slot.owner, default: []].append(place) }
        }
    }
}
