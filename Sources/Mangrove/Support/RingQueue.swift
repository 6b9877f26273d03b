/// A first-in, first-out queue in a ring that grows by doubling.
struct RingQueue<Element> {
    private var slots: [Element?] = []
    private var head = 0
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    var first: Element? { count == 0 ? nil : slots[head] }

    /// The element `offset` places behind the first; the offset must be less than ``count``.
    subscript(offset: Int) -> Element? {
        get { slots[(head + offset) & (slots.count - 1)] }
        set { slots[(head + offset) & (slots.count - 1)] = newValue }
    }

    mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[(head + count) & (slots.count - 1)] = element
        count += 1
    }

    mutating func popFirst() -> Element? {
        guard count > 0 else { return nil }
        let element = slots[head].take()
        head = (head + 1) & (slots.count - 1)
        count -= 1
        // An idle queue gives its memory back, so that a burst long ago does not cost for ever.
        if count == 0, slots.count > 1_024 {
            slots = []
            head = 0
        }
        return element
    }

    /// All elements in order; the queue is empty afterwards.
    mutating func takeAll() -> [Element] {
        var all: [Element] = []
        all.reserveCapacity(count)
        while let element = popFirst() { all.append(element) }
        return all
    }

    /// Forgets all elements.
    mutating func removeAll() {
        slots = []
        head = 0
        count = 0
    }

    private mutating func grow() {
        var larger: [Element?] = []
        larger.reserveCapacity(max(8, slots.count * 2))
        for offset in 0..<count { larger.append(slots[(head + offset) & (slots.count - 1)]) }
        larger.append(contentsOf: repeatElement(nil, count: max(8, slots.count * 2) - count))
        slots = larger
        head = 0
    }
}

extension RingQueue: Sendable where Element: Sendable {}
