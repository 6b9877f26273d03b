/// A first-in, first-out queue in a ring that grows by doubling.
///
/// Its places are 32 bits wide, so that an empty one is two words: every process has some.
struct RingQueue<Element> {
    private var slots: ContiguousArray<Element?> = []
    private var head: UInt32 = 0
    private var filled: UInt32 = 0

    var count: Int { Int(filled) }

    var isEmpty: Bool { filled == 0 }

    var first: Element? { filled == 0 ? nil : slots[Int(head)] }

    private func place(_ offset: UInt32) -> Int {
        Int((head &+ offset) & (UInt32(truncatingIfNeeded: slots.count) &- 1))
    }

    /// The element `offset` places behind the first; the offset must be less than ``count``.
    subscript(offset: Int) -> Element? {
        get { slots[place(UInt32(offset))] }
        set { slots[place(UInt32(offset))] = newValue }
    }

    mutating func append(_ element: Element) {
        if count == slots.count { grow() }
        slots[place(filled)] = element
        filled += 1
    }

    mutating func popFirst() -> Element? {
        guard filled > 0 else { return nil }
        let element = slots[Int(head)].take()
        head = UInt32(place(1))
        filled -= 1
        // An idle queue gives its memory back, so that a burst long ago does not cost for ever.
        if filled == 0, slots.count > 1_024 { removeAll() }
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
        filled = 0
    }

    private mutating func grow() {
        let capacity = max(4, slots.count * 2)
        var larger: ContiguousArray<Element?> = []
        larger.reserveCapacity(capacity)
        for offset in 0..<filled { larger.append(slots[place(offset)]) }
        larger.append(contentsOf: repeatElement(nil, count: capacity - count))
        slots = larger
        head = 0
    }
}

extension RingQueue: Sendable where Element: Sendable {}
